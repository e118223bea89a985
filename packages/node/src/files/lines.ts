/** The lines of a file, faster than those of a stream. */
import { FiberError, type LinesOptions, type Reader, use } from "fibril";
import {
  checkOptions,
  checkScheduled,
  NOT_YET,
  readerOn,
  type Rules,
  type Source,
} from "fibril/extend";
import { COUNT } from "../net/options.js";
import { pathOf } from "./call.js";
import { Descriptor } from "./descriptor.js";
import { SystemSource } from "./system-source.js";

const RULES: Rules<LinesOptions> = { limit: COUNT };

/** Bytes that are asked for at a time. A call costs some ten microseconds, and so does a whole turn. */
const CHUNK = 262_144;
/** Bytes that are decoded at a time. V8 has a slower place for texts that are longer than twice that. */
const PIECE = 65_536;
const BREAK = 10;
const RETURN = 13;
const NONE: string[] = [];
const EMPTY = Buffer.alloc(0);
const MARK = Buffer.from("\uFEFF");

/**
 * Cuts whole pieces into lines: a chunk is decoded, piece by piece, up to its last line break, and each piece is split by
 * one call. What stands behind that break is moved to the front of a second buffer, into which the next chunk is read
 * meanwhile. So no character lies in two texts, and the lines are taken from an array.
 */
class FileLines extends SystemSource implements Source<string> {
  readonly #path: string;
  readonly #limit: number;
  #file: Descriptor | null;
  #state: "unopened" | "asked" | "come" | "ended";
  #failure: unknown;
  /** Lines of the present piece, and how many of them were taken. */
  #lines: string[];
  #taken: number;
  /** Whole lines that are still to be decoded: from `#from` to `#end` of `#full`. */
  #full: Buffer;
  #from: number;
  #end: number;
  /** Is being read into: `#kept` bytes of an unfinished line, and behind them what has come. */
  #filling: Buffer;
  #kept: number;
  #count: number;
  #begun: boolean;

  constructor(path: string, limit: number) {
    super(`the file ${path}`);
    this.#path = path;
    this.#limit = limit;
    this.#file = null;
    this.#state = "unopened";
    this.#failure = undefined;
    this.#lines = NONE;
    this.#taken = 0;
    this.#full = this.#filling = EMPTY;
    this.#from = this.#end = 0;
    this.#kept = this.#count = 0;
    this.#begun = false;
  }

  take(): string | undefined | typeof NOT_YET {
    for (;;) {
      if (this.#taken < this.#lines.length) {
        const line = this.#lines[this.#taken++] as string;
        if (line.length > this.#limit) throw this.#tooLong();
        return line;
      }
      if (this.#from < this.#end) this.#split();
      else if (this.#failure !== undefined) throw this.#failure;
      else if (this.#state === "ended") return undefined;
      else if (this.#state === "come") this.#turn();
      else {
        if (this.#state === "unopened") this.#open();
        return NOT_YET;
      }
    }
  }

  close(): PromiseLike<unknown> | undefined {
    this.#state = "ended";
    this.#lines = NONE;
    this.#from = this.#end = 0;
    return this.#file?.close();
  }

  #open(): void {
    this.#state = "asked";
    Descriptor.open(this.#path, "r", 0, (error, file) => {
      if (this.#state === "ended") void file?.close();
      else if (error !== null) this.#fails(error);
      else {
        this.#file = file;
        this.#read();
      }
    });
  }

  #read(): void {
    const kept = this.#kept;
    if (this.#filling.length - kept < CHUNK / 2) this.#filling = longer(this.#filling, kept);
    const buffer = this.#filling;
    this.#state = "asked";
    this.#file!.read(buffer, kept, buffer.length - kept, null, (error, count) => {
      if (this.#state === "ended") return;
      if (error !== null) return this.#fails(error);
      this.#count = count;
      this.#state = "come";
      this.tell();
    });
  }

  /** What has come is to be decoded, up to its last line break; the next chunk is asked for. */
  #turn(): void {
    const buffer = this.#filling;
    const end = this.#kept + this.#count;
    if (this.#count === 0) {
      this.#state = "ended";
      void this.#file?.close();
      this.#decode(buffer, end);
      return;
    }
    // What was kept has no line break.
    const last = buffer.subarray(this.#kept, end).lastIndexOf(BREAK);
    if (last < 0) {
      this.#kept = end;
      // A character has three bytes of UTF-8 at most for each of its units.
      if (end > 3 * this.#limit) this.#stops(this.#tooLong());
      else this.#read();
      return;
    }
    const wholeLines = this.#kept + last + 1;
    const rest = end - wholeLines;
    this.#filling = this.#full.length > rest ? this.#full : longer(EMPTY, rest);
    buffer.copy(this.#filling, 0, wholeLines, end);
    this.#kept = rest;
    this.#decode(buffer, wholeLines);
    this.#read();
  }

  #decode(buffer: Buffer, end: number): void {
    this.#full = buffer;
    this.#from = !this.#begun && buffer.subarray(0, MARK.length).equals(MARK) ? MARK.length : 0;
    this.#end = end;
    this.#begun = true;
  }

  #split(): void {
    const buffer = this.#full;
    const from = this.#from;
    let to = this.#end;
    if (to - from > PIECE) {
      const last = buffer.lastIndexOf(BREAK, from + PIECE - 1) + 1;
      const next = last > from ? last : buffer.indexOf(BREAK, from) + 1;
      // Behind the end, there is what was read before.
      if (next > 0 && next < to) to = next;
    }
    this.#from = to;
    const text = buffer.toString("utf8", from, buffer[to - 1] === BREAK ? to - 1 : to);
    const lines = text.split("\n");
    if (text.includes("\r")) lines.forEach(withoutReturn);
    this.#lines = lines;
    this.#taken = 0;
  }

  #stops(error: unknown): void {
    this.#failure = error;
    this.#state = "ended";
    void this.#file?.close();
  }

  #fails(error: unknown): void {
    this.#stops(error);
    this.tell();
  }

  #tooLong(): FiberError {
    return new FiberError(
      "overflow",
      `a line of ${this.what} is longer than the ${this.#limit} characters that it may have`,
    );
  }
}

function withoutReturn(line: string, index: number, lines: string[]): void {
  if (line.charCodeAt(line.length - 1) === RETURN) lines[index] = line.slice(0, -1);
}

/** Room for twice what is kept, or for a chunk at least. */
function longer(buffer: Buffer, kept: number): Buffer {
  const made = Buffer.allocUnsafeSlow(Math.max(CHUNK, 2 * kept));
  buffer.copy(made, 0, 0, kept);
  return made;
}

/**
 * Reads the lines of a file of UTF-8, without their line breaks (`\n` or `\r\n`). What stands behind the last break is a
 * line too.
 *
 * A plain call: the reader opens the file when it is first read from, and closes it at its end or at that of the
 * innermost scope. It reads one chunk of 256 KiB ahead. Reading throws Node's error (`ENOENT`, `EISDIR`); FiberError of
 * code `overflow` for a line that is longer than `limit` characters, after which it goes on unless that line is longer
 * than what was read at a time; and what `Reader.read` throws. The call throws TypeError and RangeError for an invalid path
 * and options.
 *
 * A line that is kept keeps the 64 KiB in memory that it came with, as V8's parts of texts do.
 *
 * ```ts
 * import { run } from "fibril";
 * import { lines, tempDir, writeFile } from "@fibril/node";
 *
 * let longest = 0;
 * await run(function* () {
 *   const path = `${yield* tempDir()}/text`;
 *   yield* writeFile(path, "one\nthree\r\ntwo");
 *   yield* lines(path).each((line) => void (longest = Math.max(longest, line.length)));
 * });
 * longest; // 5
 * ```
 */
export function lines(path: string | URL, options: LinesOptions = {}): Reader<string> {
  const place = pathOf("lines", path);
  checkOptions("lines", options, RULES);
  checkScheduled("lines");
  return use(readerOn(new FileLines(place, options.limit ?? Number.POSITIVE_INFINITY), place));
}
