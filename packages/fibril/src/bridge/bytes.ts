/** Bytes, as many as are wanted or up to a mark. */
import {
  checkOptions,
  checkValue,
  FiberError,
  limitFrom,
  type Op,
  type Rules,
  wholeFrom,
} from "../core/index.js";
import { Reader, type Readables } from "./reader.js";
import { NOT_YET, type Source } from "./source.js";

/** Options of `readUntil`. */
export interface ReadUntilOptions {
  /** Bytes that may come before the mark at most: Infinity by default. Give one where a stranger sends them. */
  readonly limit?: number | undefined;
}

const COUNT = wholeFrom(1);
const RULES: Rules<ReadUntilOptions> = { limit: limitFrom(1, "bytes") };

interface AnyTextEncoder {
  encode(text: string): Uint8Array;
}

function encode(text: string): Uint8Array {
  const host = globalThis as unknown as { TextEncoder: new () => AnyTextEncoder };
  return new host.TextEncoder().encode(text);
}

const NOTHING = new Uint8Array(0);
/** Shared by all that keep nothing; never written to. */
const NONE: Uint8Array[] = [];

function indexOf(bytes: Uint8Array, mark: Uint8Array, from: number): number {
  const first = mark[0] as number;
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + mark.length > bytes.length) return -1;
    if (mark.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

/** A reader of bytes: see {@link bytes}. */
export class ByteReader extends Reader<Uint8Array> {
  // It keeps what has come and has not been taken. Only what lies in several chunks is copied.
  private parts: Uint8Array[];
  private size: number;
  private ended: boolean;

  /** @internal */
  constructor(source: Source<unknown>, name: string) {
    super(source as Source<Uint8Array>, name);
    this.parts = NONE;
    this.size = 0;
    this.ended = false;
  }

  /**
   * Reads what has come, at least a byte, or exactly `count` bytes. Undefined at the end. Suspends until they have come.
   * Throws what `Reader.read` throws, FiberError of code `ended` when the end comes after some of them, and RangeError
   * for an invalid count.
   */
  override read(count?: number): Op<Uint8Array | undefined> {
    if (count === undefined) return super.read();
    checkValue("read", count, COUNT);
    return this._wait(() => this.takeExactly(count));
  }

  /**
   * Reads up to a mark, with the mark: a text or bytes. Undefined at the end. Suspends until the mark has come. Throws
   * what `read` throws, and FiberError of code `overflow` when more than `limit` bytes come before it.
   */
  readUntil(mark: string | Uint8Array, options: ReadUntilOptions = {}): Op<Uint8Array | undefined> {
    checkOptions("readUntil", options, RULES);
    const wanted = typeof mark === "string" ? encode(mark) : mark;
    if (!(wanted instanceof Uint8Array) || wanted.length === 0) {
      throw new TypeError("readUntil takes a mark: a text or bytes, at least one");
    }
    const { limit = Number.POSITIVE_INFINITY } = options;
    return this._wait(() => this.takeUntil(wanted, limit));
  }

  /** @internal */
  override _take(): Uint8Array | undefined | typeof NOT_YET {
    // Nothing is kept: the chunk goes through as it came.
    if (this.size === 0) return this.ended ? undefined : this.pull();
    const bytes = this.parts.shift() as Uint8Array;
    this.size -= bytes.length;
    return bytes;
  }

  /** @internal */
  override _stacked(): Source<Uint8Array> {
    const source = this._source;
    return {
      what: source.what,
      take: () => this._take(),
      listen: (listener) => source.listen(listener),
      unlisten: (listener) => source.unlisten(listener),
      close: (reason) => source.close(reason),
    };
  }

  private takeExactly(count: number): Uint8Array | undefined | typeof NOT_YET {
    while (this.size < count) {
      if (this.ended) return this.atEnd(`after ${this.size} of ${count} bytes`);
      if (!this.more()) return NOT_YET;
    }
    return this.cut(count);
  }

  private takeUntil(mark: Uint8Array, limit: number): Uint8Array | undefined | typeof NOT_YET {
    let looked = 0;
    for (;;) {
      const at = indexOf(this.whole(), mark, looked);
      if ((at < 0 ? this.size - mark.length + 1 : at) > limit) {
        throw new FiberError("overflow", `${this._source.what} has no mark within ${limit} bytes`);
      }
      if (at >= 0) return this.cut(at + mark.length);
      if (this.ended) return this.atEnd(`before its mark, with ${this.size} bytes left`);
      looked = Math.max(0, this.size - mark.length + 1);
      if (!this.more()) return NOT_YET;
    }
  }

  /** The next chunk of the source that is not empty. */
  private pull(): Uint8Array | undefined | typeof NOT_YET {
    for (;;) {
      const chunk = this._source.take() as Uint8Array | string | undefined | typeof NOT_YET;
      if (chunk === undefined) this.ended = true;
      if (chunk === undefined || chunk === NOT_YET) return chunk;
      const bytes = typeof chunk === "string" ? encode(chunk) : chunk;
      if (bytes.length > 0) return bytes;
    }
  }

  /** False when there is nothing more yet. */
  private more(): boolean {
    const chunk = this.pull();
    if (chunk === NOT_YET) return false;
    if (chunk === undefined) return true;
    if (this.parts === NONE) this.parts = [];
    this.parts.push(chunk);
    this.size += chunk.length;
    return true;
  }

  private atEnd(how: string): undefined {
    if (this.size === 0) return undefined;
    throw new FiberError("ended", `${this._source.what} has ended ${how}`);
  }

  private whole(): Uint8Array {
    if (this.parts.length > 1) this.parts = [this.gather(this.size)];
    return this.parts[0] ?? NOTHING;
  }

  /** The first bytes: a view of the first chunk where they lie in it. */
  private gather(count: number): Uint8Array {
    const first = this.parts[0] as Uint8Array;
    if (first.length >= count) return first.subarray(0, count);
    const bytes = new Uint8Array(count);
    let at = 0;
    for (const chunk of this.parts) {
      const part = chunk.length > count - at ? chunk.subarray(0, count - at) : chunk;
      bytes.set(part, at);
      at += part.length;
      if (at === count) break;
    }
    return bytes;
  }

  private cut(count: number): Uint8Array {
    const bytes = this.gather(count);
    this.size -= count;
    let left = count;
    let whole = 0;
    while (left > 0 && (this.parts[whole] as Uint8Array).length <= left) {
      left -= (this.parts[whole++] as Uint8Array).length;
    }
    this.parts.splice(0, whole);
    if (left > 0) this.parts[0] = (this.parts[0] as Uint8Array).subarray(left);
    return bytes;
  }
}

/**
 * Reads bytes from what gives them in chunks of any size; text is taken as UTF-8. What is read lies in the memory of the
 * chunk that it came in, where it lies in one. A plain call: takes what `Reader.from` takes, and throws what it throws.
 *
 * ```ts
 * const wire = bytes(["\u0003ab", "cGET /", "\r\n"]);
 * const [length] = (yield* wire.read(1)) ?? [];
 * const message = new TextDecoder().decode(yield* wire.read(length));
 * message; // "abc"
 * const line = new TextDecoder().decode(yield* wire.readUntil("\r\n", { limit: 1_000 }));
 * line.length; // 7
 * ```
 */
export function bytes(from: Readables<Uint8Array | string>): ByteReader {
  const reader = Reader.from<unknown>(from);
  return new ByteReader(reader._stacked(), reader.name);
}
