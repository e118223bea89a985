/** Readers: chunk by chunk out of whatever gives them. */
import {
  type AsyncDisposes,
  checkOptions,
  currentTask,
  FiberError,
  hasMethod,
  labelOf,
  mayGoOn,
  type Op,
  type Routine,
  routine,
  type Rules,
  shown,
  suspend,
  type Task,
  TEXT,
} from "../core/index.js";
import type { EachBody } from "../channel/each.js";
import { type AnyReadable, isReadable, ReadableSource } from "./node-streams.js";
import { NOT_YET, PulledSource, type Source } from "./source.js";
import { type AnyReadableStream, isReadableStream, streamSource } from "./web-streams.js";

/** Options of `Reader.from`. */
export interface ReaderOptions {
  /** For dumps and messages. */
  readonly name?: string | undefined;
}

const RULES: Rules<ReaderOptions> = { name: TEXT };

/** What a reader can be made of: a stream of Node or of the Web, or an iterable of either kind. */
export type Readables<Chunk> =
  | Reader<Chunk>
  | AnyReadable<Chunk>
  | AnyReadableStream<Chunk>
  | AsyncIterable<Chunk>
  | Iterable<Chunk>;

type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>;

/**
 * Reads chunks, one at a time, and no faster than they are asked for: nothing is asked of the source before
 * somebody reads.
 *
 * One fiber reads at a time. A chunk that has come when the wait for it is called off is the next reader's.
 *
 * ```ts
 * async function* source() {
 *   yield "one";
 *   yield "two";
 * }
 * const reader = Reader.from(source());
 * const first = yield* reader.read();
 * first; // "one"
 * reader.close();
 * ```
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- what is merged is implemented
export class Reader<Chunk> {
  /** The name in dumps and messages. */
  readonly name: string;
  /** @internal */
  readonly _source: Source<Chunk>;
  private readonly what: string;
  private reading: Task | null;
  private wakeUp: (() => void) | null;
  private chunks: number;
  private open: boolean;

  /** @internal */
  constructor(source: Source<Chunk>, name: string) {
    this.name = name;
    this.what = `a chunk of ${this.toString()}`;
    this._source = source;
    this.reading = null;
    this.wakeUp = null;
    this.chunks = 0;
    this.open = true;
  }

  /**
   * Makes a reader of a stream of Node or of the Web, or of an iterable of either kind; a reader stays what it is. A
   * plain call. A Web stream is locked by it; a stream of Node should be read by nobody else. Throws
   * TypeError for anything else.
   */
  static from<Chunk>(source: Readables<Chunk>, options: ReaderOptions = {}): Reader<Chunk> {
    checkOptions("Reader.from", options, RULES);
    if (source instanceof Reader) return source;
    return new Reader(sourceOf<Chunk>(source, options.name ?? ""), options.name ?? "");
  }

  /**
   * Reads the next chunk; undefined at the end, and from then on. Suspends until there is one. Throws what has broken
   * the source, each time; FiberError of code `broken` when the other side closed it before its end, `closed` after
   * `close`, `busy` when another fiber is reading; and Cancelled.
   */
  read(): Op<Chunk | undefined> {
    return this._wait(() => this._source.take());
  }

  /**
   * Reads a chunk if one is there, and answers `none` if not; undefined at the end. A plain call. Throws what `read`
   * throws.
   */
  tryRead<None = undefined>(none?: None): Chunk | undefined | None {
    const chunk = this.take(() => this._source.take());
    return chunk === NOT_YET ? none : chunk;
  }

  /**
   * Calls `body` with each chunk until the end. A body that is a routine, or gives an op, is run before the next chunk
   * is asked for. Suspends and throws as `read` and the body do; the source stays open.
   */
  each(body: EachBody<Chunk>): Op<void> {
    return eachOf(this, body as EachBody<unknown>);
  }

  /**
   * Gives the source up: a stream is destroyed or cancelled, with the reason if it is an error, an iterator told to
   * return. Who is reading is told so. A plain call; a second one does nothing.
   */
  close(reason?: unknown): void {
    this.end(reason)?.then(undefined, () => {});
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return !this.open;
  }

  /** What it has done, in numbers. A plain call. */
  stats(): { readonly chunks: number; readonly reading: number; readonly closed: boolean } {
    return { chunks: this.chunks, reading: this.reading === null ? 0 : 1, closed: !this.open };
  }

  /** `reader "upload"`. */
  toString(): string {
    return this.name === "" ? "a reader" : `reader "${this.name}"`;
  }

  /**
   * Closes it and waits until the source has ended: for `use` and `await using`.
   * @internal Declared below, for programs that know the symbol.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.end(undefined);
  }

  /** @internal Waits for what `attempt` takes. */
  _wait<T>(attempt: () => T | typeof NOT_YET): Op<T> {
    return suspend<T>(this.what, (wake, fail) => {
      const first = this.take(attempt);
      if (first !== NOT_YET) return wake(first);
      let stop: (() => void) | undefined;
      const leave = (): void => {
        stop?.();
        this.reading = this.wakeUp = null;
      };
      const told = (): void => {
        try {
          const next = this.take(attempt, true);
          if (next === NOT_YET) return;
          leave();
          wake(next);
        } catch (error) {
          leave();
          fail(error);
        }
      };
      this.reading = currentTask();
      this.wakeUp = told;
      stop = this._source.listen(told);
      return leave;
    });
  }

  private take<T>(attempt: () => T, mine = false): T {
    if (!this.open) throw new FiberError("closed", `${this.toString()} was closed`);
    if (this.reading !== null && !mine) throw busy(this.toString(), this.reading);
    const taken = attempt();
    if (taken !== NOT_YET && taken !== undefined) this.chunks++;
    return taken;
  }

  private end(reason: unknown): PromiseLike<unknown> | undefined {
    if (!this.open) return undefined;
    this.open = false;
    const over = this._source.close(reason);
    this.wakeUp?.();
    return over;
  }
}

/** Closes it and waits until the source has ended: for `use` and `await using`. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- by the class, above
// oxlint-disable-next-line no-unused-vars -- a merged declaration has the same parameters
export interface Reader<Chunk> extends AsyncDisposes {}

function busy(reader: string, reading: Task): FiberError {
  const task = currentTask();
  const who = task === null ? "plain code" : labelOf(task);
  return new FiberError(
    "busy",
    `${who} cannot read from ${reader} while ${labelOf(reading)} waits for a chunk of it: ` +
      `let one fiber read, and hand on what it has read through a channel`,
  );
}

const eachOf = routine(
  "each",
  function* (reader: Reader<unknown>, body: EachBody<unknown>): Routine<void> {
    for (;;) {
      // What is there costs no wait, within what a turn may do.
      const there = mayGoOn() ? reader.tryRead<typeof NOT_YET>(NOT_YET) : NOT_YET;
      const chunk = there === NOT_YET ? yield* reader.read() : there;
      if (chunk === undefined) return;
      const given = body(chunk);
      if (given !== undefined) yield* given;
    }
  },
) as (reader: Reader<unknown>, body: EachBody<unknown>) => Op<any>;

function sourceOf<Chunk>(
  from: Exclude<Readables<Chunk>, Reader<Chunk>>,
  name: string,
): Source<Chunk> {
  const what = name === "" ? "the stream" : `the stream "${name}"`;
  if (isReadable(from)) return new ReadableSource(what, from) as Source<any>;
  if (isReadableStream(from)) return streamSource(what, from) as Source<any>;
  for (const key of [Symbol.asyncIterator, Symbol.iterator]) {
    if (typeof from === "string" || !hasMethod(from, key)) continue;
    const iterator = (from as unknown as Record<symbol, () => AnyIterator>)[key]?.() as AnyIterator;
    return new PulledSource(
      what,
      () => iterator.next(),
      () => iterator.return?.(),
    ) as Source<any>;
  }
  throw new TypeError(`Reader.from takes a stream or something iterable, not ${shown(from)}`);
}
