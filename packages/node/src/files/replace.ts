/** Files that change as a whole or not at all. */
import { randomBytes } from "node:crypto";
import fs, { type Stats } from "node:fs";
import { open as openFile, realpath, rename, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import {
  call as enter,
  type Op,
  type Routine,
  routine,
  shield,
  until,
  type Waitable,
  type Writer,
} from "fibril";
import { checkOptions, checkValue, type Rule, type Rules, writerOn } from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { acquired, call, ignored, pathOf } from "./call.js";
import { Descriptor } from "./descriptor.js";
import { MODE } from "./open.js";
import { FileSink } from "./sink.js";

/** What a file is to contain: bytes, a text, or a routine that writes it bit by bit. */
export type Content = Bytes | ((writer: Writer<Bytes>) => Waitable<unknown, any, any>);

/** Options of `replaceFile`. */
export interface ReplaceFileOptions {
  /** Its permissions: by default those of the file that is replaced, or of any new file. */
  readonly mode?: number | undefined;
}

const RULES: Rules<ReplaceFileOptions> = { mode: MODE };
const CONTENT: Rule = {
  takes: "bytes, a text, or a routine that writes",
  holds: (value) =>
    typeof value === "string" || value instanceof Uint8Array || typeof value === "function",
};

/** Beside the file, because a rename stays within a file system. */
class Replacement {
  readonly path: string;
  readonly temporary: string;
  #file: Descriptor | null;

  constructor(path: string) {
    this.path = path;
    const name = basename(path).slice(0, 50);
    this.temporary = join(dirname(path), `.${name}.${randomBytes(6).toString("hex")}.tmp`);
    this.#file = null;
  }

  *open(mode: number | undefined, before: Stats | null): Routine<Descriptor> {
    const { path, temporary } = this;
    const file = yield* acquired<Descriptor>(
      `a new ${path}`,
      (done) =>
        Descriptor.open(temporary, "wx", mode ?? 0o666, (error, file) => {
          // Whoever reads the error has never heard of the other name.
          if (error !== null) {
            error.message = error.message.replaceAll(temporary, () => path);
            (error as NodeJS.ErrnoException).path = path;
          } else this.#file = file;
          done(error, file);
        }),
      // What is dropped when the routine ends may not have been opened by then.
      () => void this.drop(),
    );
    // Only a privileged process may give a file away. That takes permissions from it, which are therefore set behind it.
    if (before !== null && process.geteuid?.() === 0) {
      const { uid, gid } = before;
      yield* call<void>(`the owner of ${path}`, (done) =>
        file.call((fd, told) => fs.fchown(fd, uid, gid, told as () => void), done),
      );
    }
    if (mode !== undefined) {
      yield* call<void>(`the permissions of ${path}`, (done) =>
        file.call((fd, told) => fs.fchmod(fd, mode, told as () => void), done),
      );
    }
    return file;
  }

  *write(file: Descriptor, content: Content): Routine<void> {
    if (typeof content === "function") {
      const writer = writerOn<Bytes>(new FileSink(file, null), this.path);
      yield* enter(content as (writer: Writer<Bytes>) => Op<unknown>, writer);
      // It throws if the routine has given the writer up.
      yield* writer.end();
    } else {
      const bytes = typeof content === "string" ? Buffer.from(content) : content;
      yield* call<number>(`a new ${this.path} to be written`, (done) =>
        file.write(bytes, null, done),
      );
    }
    yield* call<void>(`the disk, for a new ${this.path}`, (done) =>
      file.call((fd, told) => fs.fsync(fd, told as () => void), done),
    );
  }

  /** Nothing calls it off: what it has begun would come to an end later, when nobody expects it. */
  *take(file: Descriptor): Routine<void> {
    const failure = yield* until(`a new ${this.path} to be closed`, Promise.resolve(file.close()));
    if (failure instanceof Error) throw failure;
    yield* until(`a new ${this.path} to take its place`, rename(this.temporary, this.path));
    yield* until(`the folder of ${this.path}`, settle(dirname(this.path)));
  }

  /** A plain call, so that it begins also where a fiber may not wait any more. */
  drop(): Promise<void> {
    const closed = this.#file?.close() ?? Promise.resolve(null);
    return closed.then(() => unlink(this.temporary)).catch(ignored);
  }
}

/** The new name is on the disk when the folder is. Windows cannot open one. */
async function settle(folder: string): Promise<void> {
  try {
    const file = await openFile(folder, "r");
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch {
    // The file has its new content, whatever becomes of it when the machine stops now.
  }
}

/** A link is followed, so that what it leads to is replaced, and not the link. */
async function seek(path: string): Promise<{ target: string; before: Stats | null }> {
  try {
    const target = await realpath(path);
    return { target, before: await stat(target) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { target: path, before: null };
    throw error;
  }
}

const replace = routine(
  "replaceFile",
  function* (path: string, content: Content, mode: number | undefined): Routine<void> {
    const { target, before } = yield* until(`what ${path} is`, seek(path));
    if (before !== null && !before.isFile()) {
      throw new TypeError(`replaceFile replaces files, and ${path} is not a file`);
    }
    const replacement = new Replacement(target);
    const wanted = mode ?? (before === null ? undefined : before.mode & 0o7777);
    let taken = false;
    try {
      const file = yield* shield(() => replacement.open(wanted, before));
      yield* replacement.write(file, content);
      yield* shield(() => replacement.take(file));
      taken = true;
    } finally {
      if (!taken) {
        const dropped = replacement.drop();
        yield* shield(() => until(`the rest of ${path}`, dropped));
      }
    }
  },
) as unknown as (path: string, content: Content, mode: number | undefined) => Op<void>;

/**
 * Replaces the content of a file, or makes one: whoever reads the file sees the old content or the new one, also when the
 * machine stops meanwhile. The content is written to a file beside it, which takes its place when the disk has it. Its
 * permissions stay, and in a privileged process its owner; a symbolic link stays a link. Given a routine, it writes what
 * the routine writes to its writer.
 *
 * Suspends. Throws Node's error (`ENOENT`, `EACCES`, `ENOSPC`), what the routine throws, TypeError and RangeError for
 * invalid arguments; and Cancelled. Then the file is as it was, and the other one is gone.
 *
 * ```ts
 * import { run } from "fibril";
 * import { readFile, replaceFile, tempDir } from "@fibril/node";
 *
 * const text = await run(function* () {
 *   const path = `${yield* tempDir()}/state.json`;
 *   yield* replaceFile(path, JSON.stringify({ count: 1 }));
 *   yield* replaceFile(path, function* (writer) {
 *     yield* writer.write('{"count":');
 *     yield* writer.write("2}");
 *   });
 *   return yield* readFile(path, "utf8");
 * });
 * text; // '{"count":2}'
 * ```
 */
export function replaceFile(
  path: string | URL,
  content: Content,
  options: ReplaceFileOptions = {},
): Op<void> {
  const place = pathOf("replaceFile", path);
  checkValue("replaceFile", content, CONTENT);
  checkOptions("replaceFile", options, RULES);
  return replace(place, content, options.mode);
}
