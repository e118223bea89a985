/** Files that stay open for as long as their scope. */
import fs, { type OpenMode, type Stats } from "node:fs";
import {
  type ByteReader,
  type Op,
  resource,
  type Routine,
  routine,
  until,
  type Writer,
} from "fibril";
import {
  bytesOn,
  checkOptions,
  checkScheduled,
  checkValue,
  type Rules,
  wholeFrom,
  writerOn,
} from "fibril/extend";
import type { Bytes } from "../net/connection.js";
import { acquired, BYTES, call, pathOf } from "./call.js";
import { Descriptor } from "./descriptor.js";
import { FileSink } from "./sink.js";
import { FileSource } from "./source.js";

/** Options of `open`. */
export interface OpenOptions {
  /** Node's flags: `"r"` by default, `"w"` makes or empties the file, `"a"` appends, `"r+"` reads and writes. */
  readonly flags?: OpenMode | undefined;
  /** The permissions of a file that is made: 0o666 by default, without what the process' umask takes away. */
  readonly mode?: number | undefined;
}

/** Options of `OpenFile.reader`. */
export interface FileReaderOptions {
  /** The position of the first byte: 0 if there is an `end`, otherwise the system's own, which moves on with each read. */
  readonly start?: number | undefined;
  /** Where to end, before that byte. The end of the file by default. */
  readonly end?: number | undefined;
}

/** Options of `OpenFile.writer`. */
export interface FileWriterOptions {
  /** The position of the first byte: by default the system's own, which is the end where the file is appended to. */
  readonly start?: number | undefined;
}

const POSITION = wholeFrom(0);
export const MODE = {
  takes: "permissions from 0 to 0o7777",
  holds: (value: unknown): boolean => POSITION.holds(value) && (value as number) <= 0o7777,
  number: true,
} as const;
const RULES: Rules<OpenOptions> = {
  flags: {
    takes: "Node's flags, as a text or a number",
    holds: (value) => typeof value === "string" || typeof value === "number",
  },
  mode: MODE,
};
const READER_RULES: Rules<FileReaderOptions> = { start: POSITION, end: POSITION };
const WRITER_RULES: Rules<FileWriterOptions> = { start: POSITION };

/** A file that `open` has opened. Any number of fibers may read and write at positions of their own. */
export class OpenFile {
  /** The path that it was opened by. */
  readonly path: string;
  readonly #file: Descriptor;
  /** What writes, or has not been told to have failed. */
  #sinks: FileSink[];

  /** @internal */
  constructor(file: Descriptor) {
    this.path = file.path;
    this.#file = file;
    this.#sinks = [];
  }

  /** Makes a reader of its bytes, a chunk of 64 KiB at a time. A plain call. Throws TypeError or RangeError for invalid options. */
  reader(options: FileReaderOptions = {}): ByteReader {
    checkOptions("file.reader", options, READER_RULES);
    const { start = 0, end = Number.POSITIVE_INFINITY } = options;
    // Without a place, the system's own position is used, because a pipe or a device has no other.
    const position = options.start === undefined && options.end === undefined ? null : start;
    return bytesOn(new FileSource(this.#file, position, Math.max(0, end - start)), this.path);
  }

  /**
   * Makes a writer, which keeps 256 KiB at most. A plain call. `end` waits until the system has all of it; on a disk it
   * is after `sync`. The file stays open. Throws TypeError or RangeError for invalid options.
   */
  writer(options: FileWriterOptions = {}): Writer<Bytes> {
    checkOptions("file.writer", options, WRITER_RULES);
    const sink = new FileSink(this.#file, options.start ?? null);
    this.#sinks = [...this.#sinks.filter((each) => each.busy), sink];
    return writerOn<Bytes>(sink, this.path);
  }

  /**
   * Reads up to `length` bytes at a position; fewer at the end of the file, and none behind it. Suspends. Throws Node's
   * error, FiberError of code `closed` after `close`, and RangeError for an invalid position or length.
   */
  readAt(position: number, length: number): Op<Uint8Array> {
    checkValue("readAt", position, POSITION);
    checkValue("readAt", length, POSITION);
    const bytes = Buffer.allocUnsafeSlow(length);
    return call(`a read of ${this.path}`, (done) => {
      // Fewer bytes than were asked for are not yet the end.
      const goOn = (now: number): void => {
        if (now === length) return done(null, bytes);
        this.#file.read(bytes, now, length - now, position + now, (error, count) => {
          if (error !== null) done(error, bytes);
          else if (count === 0) done(null, bytes.subarray(0, now));
          else goOn(now + count);
        });
      };
      goOn(0);
    });
  }

  /**
   * Writes bytes, or text as UTF-8, at a position. Suspends; what was begun is written also if the wait is called off.
   * Throws Node's error, FiberError of code `closed` after `close`, and RangeError or TypeError for invalid arguments.
   */
  writeAt(position: number, bytes: Bytes): Op<void> {
    checkValue("writeAt", position, POSITION);
    checkValue("writeAt", bytes, BYTES);
    const given = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    return call<any>(`a write to ${this.path}`, (done) => this.#file.write(given, position, done));
  }

  /** What the system knows of it: its size, its times. Suspends. */
  stat(): Op<Stats> {
    return this.#call("the state", (fd, done) => fs.fstat(fd, done));
  }

  /**
   * Cuts it, or fills it up with zeros, to a size. Suspends. Throws Node's error, FiberError of code `closed` after
   * `close`, and RangeError for an invalid size.
   */
  truncate(size = 0): Op<void> {
    checkValue("truncate", size, POSITION);
    return this.#call("the truncation", (fd, done) => fs.ftruncate(fd, size, done as () => void));
  }

  /** Waits until the disk has all that was written. Suspends. */
  sync(): Op<void> {
    return this.#call("the disk", (fd, done) => fs.fsync(fd, done as () => void));
  }

  /** Closes it before its scope ends. Calls that are under way return first. A plain call; a second one does nothing. */
  close(): void {
    void this.#file.close();
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#file.closed;
  }

  /** Closes it and waits for that: for `use` and `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  /** @internal */
  *_finish(inOrder: boolean): Routine<void> {
    let closed: Promise<Error | null> | undefined;
    try {
      if (inOrder && !this.closed) for (const sink of this.#sinks) yield* sink.drained();
    } finally {
      closed = this.#file.close();
    }
    const failure = closed && (yield* until(`${this.path} to be closed`, closed));
    if (inOrder && failure instanceof Error) throw failure;
  }

  #call<T>(
    what: string,
    begin: (fd: number, done: (error: Error | null, value: T) => void) => void,
  ): Op<T> {
    return call<T>(`${what} of ${this.path}`, (done) => this.#file.call(begin, done));
  }
}

/**
 * Opens a file, which is closed when the innermost scope of the running fiber ends. When the block has returned, what
 * its writers still keep is written before.
 *
 * Suspends until it is open. Throws Node's error when it cannot be (`ENOENT`, `EACCES`), TypeError and RangeError for an invalid path
 * or options; and Cancelled. An opening that is called off goes on, and is then closed: so `"w"` may
 * make or empty the file a little later.
 *
 * ```ts
 * import { run } from "fibril";
 * import { open, tempDir } from "@fibril/node";
 *
 * const size = await run(function* () {
 *   const file = yield* open(`${yield* tempDir()}/log`, { flags: "a+" });
 *   const writer = file.writer();
 *   yield* writer.write("one\n");
 *   yield* writer.write("two\n");
 *   yield* writer.end();
 *   return (yield* file.stat()).size;
 * });
 * size; // 8
 * ```
 */
export function open(path: string | URL, options: OpenOptions = {}): Op<OpenFile> {
  const place = pathOf("open", path);
  checkOptions("open", options, RULES);
  checkScheduled("open");
  return opens(place, options);
}

const opens = routine("open", function* (place: string, options: OpenOptions) {
  const { flags = "r", mode = 0o666 } = options;
  return yield* resource(
    function* () {
      const file = yield* acquired<Descriptor>(
        `${place} to be opened`,
        (done) => Descriptor.open(place, flags, mode, done),
        (late) => void late.close(),
      );
      return new OpenFile(file);
    },
    (file, { ending }) => file._finish(ending === "returned"),
    { cancellable: true },
  );
});
