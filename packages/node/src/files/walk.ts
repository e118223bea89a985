/** What is in a folder and in those below it. */
import fs, { type BigIntStats, type Dirent } from "node:fs";
import { sep } from "node:path";
import type { Reader } from "fibril";
import {
  CALLBACK,
  checkOptions,
  FLAG,
  NOT_YET,
  readerOn,
  type Rules,
  type Source,
} from "fibril/extend";
import { COUNT } from "../net/options.js";
import { pathOf } from "./call.js";
import { SystemSource } from "./system-source.js";

/** Something that `walk` has found. */
export interface WalkEntry {
  /** Its path, which begins with the one that `walk` was given. */
  readonly path: string;
  /** Its name, the last part of its path. */
  readonly name: string;
  /** 1 for what is in the folder itself. */
  readonly depth: number;
  /** `link` for a symbolic link that is not followed, or leads nowhere. */
  readonly kind: "file" | "folder" | "link" | "other";
}

/** Options of `walk`. */
export interface WalkOptions {
  /** How deep it goes: 1 for the folder alone. Infinity by default. */
  readonly depth?: number | undefined;
  /** Whether symbolic links are followed: false by default. A link to a folder around it is not entered. */
  readonly follow?: boolean | undefined;
  /** Whether a folder is entered, and its content given: all are by default. The folder itself is given anyhow. */
  readonly enter?: ((folder: WalkEntry) => boolean) | undefined;
  /**
   * What becomes of a folder below that cannot be read: an error by default, nothing with `"skip"`; a function is called
   * with the error and the path, and goes on unless it throws.
   */
  readonly onError?: "throw" | "skip" | ((error: Error, path: string) => void) | undefined;
}

const RULES: Rules<WalkOptions> = {
  depth: COUNT,
  follow: FLAG,
  enter: CALLBACK,
  onError: {
    takes: '"throw", "skip" or a function',
    holds: (value) => value === "throw" || value === "skip" || typeof value === "function",
  },
};

/** A folder on the way: what is left of it, and which folder it is, where links are followed. */
interface Level {
  readonly path: string;
  readonly entries: Dirent[];
  at: number;
  readonly id: string;
}

class Walk extends SystemSource implements Source<WalkEntry> {
  readonly #root: string;
  readonly #depth: number;
  readonly #follow: boolean;
  readonly #enter: ((folder: WalkEntry) => boolean) | undefined;
  readonly #onError: NonNullable<WalkOptions["onError"]>;
  readonly #levels: Level[];
  #begun: boolean;
  /** What was found by a call of the system and not taken. */
  #found: WalkEntry | null;
  /** A folder that was given, and comes next if it is to be entered. */
  #given: WalkEntry | null;
  #asking: boolean;
  #failure: unknown;

  constructor(root: string, options: WalkOptions) {
    super(`the files of ${root}`);
    this.#root = root;
    this.#depth = options.depth ?? Number.POSITIVE_INFINITY;
    this.#follow = options.follow ?? false;
    this.#enter = options.enter;
    this.#onError = options.onError ?? "throw";
    this.#levels = [];
    this.#begun = this.#asking = false;
    this.#found = this.#given = null;
    this.#failure = undefined;
  }

  take(): WalkEntry | undefined | typeof NOT_YET {
    if (!this.#begun) {
      this.#begun = true;
      this.#list(this.#root);
    }
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      if (this.#asking) return NOT_YET;
      const given = this.#given;
      const found = this.#found;
      if (given !== null) {
        this.#given = null;
        if (given.depth < this.#depth && (this.#enter?.(given) ?? true)) this.#list(given.path);
      } else if (found !== null) {
        this.#found = null;
        return this.#give(found);
      } else {
        const level = this.#levels.at(-1);
        if (level === undefined) return undefined;
        const entry = level.entries[level.at++];
        if (entry === undefined) this.#levels.pop();
        else if (this.#follow && entry.isSymbolicLink()) this.#look(this.#entry(level, entry));
        else return this.#give(this.#entry(level, entry));
      }
    }
  }

  close(): undefined {
    this.#begun = true;
    this.#levels.length = 0;
    this.#found = this.#given = null;
  }

  #give(entry: WalkEntry): WalkEntry {
    if (entry.kind === "folder") this.#given = entry;
    return entry;
  }

  #entry({ path }: Level, entry: Dirent): WalkEntry {
    const { name } = entry;
    return { path: inside(path, name), name, depth: this.#levels.length, kind: kindOf(entry) };
  }

  /** What a link leads to. */
  #look(entry: WalkEntry): void {
    this.#asking = true;
    fs.stat(entry.path, (error, stats) => {
      // A link that leads nowhere is a link.
      this.#found = error === null ? { ...entry, kind: kindOf(stats) } : entry;
      this.#answered();
    });
  }

  #list(path: string): void {
    this.#asking = true;
    const read = (id: string): void => {
      fs.readdir(path, { withFileTypes: true }, (error, entries) => {
        if (error === null) {
          // The system's order is a different one on each machine.
          entries.sort((a, b) => (a.name < b.name ? -1 : 1));
          this.#levels.push({ path, entries, at: 0, id });
        } else this.#refused(error, path);
        this.#answered();
      });
    };
    if (!this.#follow) return read("");
    fs.stat(path, { bigint: true }, (error, stats) => {
      if (error === null) {
        const id = idOf(stats);
        if (!this.#levels.some((level) => level.id === id)) return read(id);
      } else this.#refused(error, path);
      this.#answered();
    });
  }

  #refused(error: Error, path: string): void {
    const policy = this.#onError;
    if (policy === "throw" || path === this.#root) this.#failure = error;
    else if (policy !== "skip") {
      try {
        policy(error, path);
      } catch (thrown) {
        this.#failure = thrown;
      }
    }
  }

  #answered(): void {
    this.#asking = false;
    this.tell();
  }
}

function kindOf(entry: Dirent | fs.Stats): WalkEntry["kind"] {
  if (entry.isFile()) return "file";
  if (entry.isDirectory()) return "folder";
  return entry.isSymbolicLink() ? "link" : "other";
}

/** Not by `join`, which would take `./` from the front of the path. */
function inside(path: string, name: string): string {
  return /[/\\]$/.test(path) ? path + name : path + sep + name;
}

function idOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/**
 * Walks through a folder and those below it: each folder comes before its content, and what is in a folder in the order
 * of the names. The folder itself is not given.
 *
 * A plain call, which gives a reader. No more than the list of one folder is read ahead, and nothing is open between two
 * reads. Reading throws Node's error for the folder itself, and for others as `onError` says; what `enter` throws; and
 * what `Reader.read` throws. The call throws TypeError and RangeError for an invalid path and options.
 *
 * ```ts
 * import { run } from "fibril";
 * import { tempDir, walk, writeFile } from "@fibril/node";
 *
 * const names: string[] = [];
 * await run(function* () {
 *   const folder = yield* tempDir();
 *   yield* writeFile(`${folder}/b`, "");
 *   yield* writeFile(`${folder}/a`, "");
 *   yield* walk(folder).each(({ name }) => void names.push(name));
 * });
 * names; // ["a", "b"]
 * ```
 */
export function walk(path: string | URL, options: WalkOptions = {}): Reader<WalkEntry> {
  const place = pathOf("walk", path);
  checkOptions("walk", options, RULES);
  return readerOn(new Walk(place, options), place);
}
