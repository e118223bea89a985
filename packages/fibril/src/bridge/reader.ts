/** Readers: chunk by chunk out of whatever gives them. */
import {
  type AsyncDisposes,
  checkNoOpInHand,
  checkOptions,
  currentTask,
  done,
  fail,
  FiberError,
  hasMethod,
  labelOf,
  mayGoOn,
  type Op,
  type Routine,
  routine,
  type Rules,
  schedulerOf,
  shown,
  type Task,
  TEXT,
  type Wait,
  wait,
  type WaitKind,
  wake,
  call,
  isDirect,
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

/** What a reader tries to take; null for the next chunk, which needs no closure. */
type Attempt = (() => unknown) | null;

const READ: WaitKind = {
  name: "reader.read()",
  begin: (task, reader: Reader<unknown>) => reader._begin(task, null),
};

const READ_AS: WaitKind = {
  name: "reader.read()",
  begin: (task, { reader, attempt }: { reader: Reader<unknown>; attempt: Attempt }) =>
    reader._begin(task, attempt),
};

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
  // One fiber reads at a time, so the reader itself is the wait: a reader that waits costs nothing more.
  /** @internal */
  since: number;
  private reading: Task | null;
  private attempt: Attempt;
  private missed: boolean;
  private open: boolean;
  private chunks: number;

  /** @internal */
  constructor(source: Source<Chunk>, name: string) {
    this.name = name;
    this._source = source;
    this.since = 0;
    this.reading = null;
    this.attempt = null;
    this.missed = false;
    this.open = true;
    this.chunks = 0;
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
    return wait(READ, this);
  }

  /**
   * Reads a chunk if one is there, and answers `none` if not; undefined at the end. A plain call. Throws what `read`
   * throws.
   */
  tryRead<None = undefined>(none?: None): Chunk | undefined | None {
    const chunk = this.take(null, false) as Chunk | undefined | typeof NOT_YET;
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
   * return. A fiber that is reading gets an error. A plain call; a second one does nothing.
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
    return wait(READ_AS, { reader: this, attempt });
  }

  /** @internal */
  _begin(task: Task, attempt: Attempt): Wait | null {
    let taken = this.take(attempt, false);
    checkNoOpInHand();
    if (taken !== NOT_YET) return done(taken);
    this.missed = false;
    this._source.listen(this);
    // A source may call back while it is being listened to, when there is no wait to end yet.
    if (this.missed) {
      try {
        taken = this.take(attempt, false);
      } catch (error) {
        this._source.unlisten(this);
        throw error;
      }
      if (taken !== NOT_YET) {
        this._source.unlisten(this);
        return done(taken);
      }
    }
    this.since = schedulerOf(task).time;
    this.attempt = attempt;
    this.reading = task;
    return this;
  }

  /** @internal The source may have another answer. */
  told(): void {
    const { reading } = this;
    if (reading === null) {
      this.missed = true;
      return;
    }
    let next: unknown;
    try {
      next = this.take(this.attempt, true);
    } catch (error) {
      this.undo();
      fail(reading, error);
      return;
    }
    if (next === NOT_YET) return;
    this.undo();
    wake(reading, next);
  }

  /** @internal The next chunk, without waiting. */
  _take(): Chunk | undefined | typeof NOT_YET {
    return this._source.take();
  }

  /** @internal For another reader on top of this one. */
  _stacked(): Source<Chunk> {
    return this._source;
  }

  /** @internal For dumps. */
  get what(): string {
    return `a chunk of ${this.toString()}`;
  }

  /** @internal */
  get outside(): boolean {
    return true;
  }

  /** @internal */
  undo(): void {
    this._source.unlisten(this);
    this.reading = this.attempt = null;
  }

  private take(attempt: Attempt, mine: boolean): unknown {
    if (!this.open) throw new FiberError("closed", `${this.toString()} was closed`);
    if (this.reading !== null && !mine) throw busy(this.toString(), this.reading);
    const taken = attempt === null ? this._take() : attempt();
    if (taken !== NOT_YET && taken !== undefined) this.chunks++;
    return taken;
  }

  private end(reason: unknown): PromiseLike<unknown> | undefined {
    if (!this.open) return undefined;
    this.open = false;
    const over = this._source.close(reason);
    if (this.reading !== null) this.told();
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
      const given = isDirect(body) ? call(body as never, chunk) : body(chunk);
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
