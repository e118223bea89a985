/** Writers: chunk by chunk into whatever takes them. */
import {
  type AsyncDisposes,
  checkOptions,
  done,
  FiberError,
  type Op,
  type Place,
  type Rules,
  shown,
  suspend,
  type Task,
  TEXT,
  wait,
  type WaitKind,
  WaitQueue,
} from "../core/index.js";
import { type AnyWritable, isWritable, WritableSink } from "./node-streams.js";
import type { Sink } from "./sink.js";
import { type AnyWritableStream, isWritableStream, StreamSink } from "./web-streams.js";

/** Options of `Writer.from`. */
export interface WriterOptions {
  /** For dumps and messages. */
  readonly name?: string | undefined;
}

const RULES: Rules<WriterOptions> = { name: TEXT };

/** What a writer can be made of: a stream of Node or of the Web. */
export type Writables<Chunk> = Writer<Chunk> | AnyWritable<Chunk> | AnyWritableStream<Chunk>;

/** The fibers whose chunks there is no room for yet. */
class Line extends WaitQueue<unknown> {
  private readonly writer: Writer<any>;

  constructor(writer: Writer<any>) {
    super("writer.write(…)");
    this.writer = writer;
  }

  override get what(): string {
    return `room in ${this.writer.toString()}`;
  }

  override get outside(): boolean {
    return true;
  }

  override calledOff(): void {
    this.writer._rest();
  }
}

const WRITE: WaitKind = {
  name: "writer.write(…)",
  begin: (task, { writer, chunk }: { writer: Writer<unknown>; chunk: unknown }) =>
    writer._begin(task, chunk),
};

/**
 * Writes chunks in the order of the calls, and waits while the other side has too much.
 *
 * A chunk is put when there is room for it, and not before: so it has been put when `write` returns, and has not
 * when that throws.
 *
 * ```ts
 * const seen: string[] = [];
 * const stream = new WritableStream<string>({ write: (chunk) => void seen.push(chunk) });
 * const writer = Writer.from(stream);
 * yield* writer.write("hello");
 * yield* writer.end();
 * seen; // ["hello"]
 * ```
 */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- what is merged is implemented
export class Writer<Chunk> {
  /** The name in dumps and messages. */
  readonly name: string;
  private readonly sink: Sink<Chunk>;
  /** Made when there is no room for the first time. */
  private line: Line | null;
  private stop: (() => void) | null;
  private chunks: number;
  private state: "open" | "ending" | "aborted";

  /** @internal */
  constructor(sink: Sink<Chunk>, name: string) {
    this.name = name;
    this.sink = sink;
    this.line = null;
    this.stop = null;
    this.chunks = 0;
    this.state = "open";
  }

  /**
   * Makes a writer of a stream of Node or of the Web; a writer stays what it is. A plain call. A Web stream is locked
   * by it. Throws TypeError for anything else.
   */
  static from<Chunk>(target: Writables<Chunk>, options: WriterOptions = {}): Writer<Chunk> {
    checkOptions("Writer.from", options, RULES);
    if (target instanceof Writer) return target;
    const { name = "" } = options;
    const what = name === "" ? "the stream" : `the stream "${name}"`;
    if (isWritable(target)) return new Writer<any>(new WritableSink(what, target), name);
    if (isWritableStream(target)) return new Writer<any>(new StreamSink(what, target), name);
    throw new TypeError(`Writer.from takes a stream to write to, not ${shown(target)}`);
  }

  /**
   * Writes a chunk. Suspends only while there is no room for it, not until it has arrived. Throws what has broken
   * the stream, FiberError of code `closed` after `end` or `abort`, `broken` when the other side closed it; and
   * Cancelled.
   */
  write(chunk: Chunk): Op<void> {
    return wait(WRITE, { writer: this, chunk });
  }

  /** Writes a chunk if there is room for it; answers whether it did. A plain call. Throws what `write` throws. */
  tryWrite(chunk: Chunk): boolean {
    if (this.state !== "open") throw this.isClosed();
    if (this.waiting > 0 || !this.sink.room()) return false;
    this.sink.put(chunk);
    this.chunks++;
    return true;
  }

  /**
   * No more will be written: waits until all that was has arrived. What waits for room is written first. The other
   * direction of the stream stays open. When the wait is called off the end has been asked for all the same.
   * Suspends; throws as `write` does.
   */
  end(): Op<void> {
    return suspend(`the end of ${this.toString()}`, (wake, fail) => {
      if (this.state === "aborted") throw this.isClosed();
      if (this.state === "open") {
        this.state = "ending";
        if (this.waiting === 0) this.sink.end();
      }
      return this.watch(() => this.sink.over() && this.waiting === 0, wake, fail);
    });
  }

  /**
   * Waits until the stream breaks, and throws what broke it; returns when it has ended in order. For a fiber that has
   * to know while nothing is written.
   */
  broken(): Op<void> {
    return suspend(`the end of ${this.toString()}`, (wake, fail) =>
      this.watch(() => this.sink.over(), wake, fail),
    );
  }

  /**
   * Gives up what has not arrived: the stream is destroyed or aborted, with the reason if it is an error. A fiber that
   * waits gets an error. A plain call; a second one, or one after the end, does nothing.
   */
  abort(reason?: unknown): void {
    this.giveUp(reason)?.then(undefined, () => {});
  }

  /** Whether `end` or `abort` was called. */
  get closed(): boolean {
    return this.state !== "open";
  }

  /** What it has done, in numbers. A plain call. */
  stats(): { readonly chunks: number; readonly writing: number; readonly closed: boolean } {
    return { chunks: this.chunks, writing: this.waiting, closed: this.closed };
  }

  /** `writer "download"`. */
  toString(): string {
    return this.name === "" ? "a writer" : `writer "${this.name}"`;
  }

  /**
   * Aborts it unless it has ended, and waits for that: for `use` and `await using`.
   * @internal Declared below, for programs that know the symbol.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.giveUp(undefined);
  }

  /** @internal Waits for room. */
  _begin(task: Task, chunk: Chunk): Place<unknown> | null {
    if (this.tryWrite(chunk)) return done(undefined);
    this.stop ??= this.sink.listen(() => this.pump());
    return (this.line ??= new Line(this)).stand(task, chunk);
  }

  /** @internal Nobody may be left in the line. */
  _rest(): void {
    if (this.waiting > 0) return;
    this.stop?.();
    this.stop = null;
    if (this.state === "ending") this.sink.end();
  }

  private get waiting(): number {
    return this.line === null ? 0 : this.line.size;
  }

  /** There may be room. */
  private pump(): void {
    const { sink } = this;
    const line = this.line as Line;
    try {
      while (line.size > 0 && sink.room()) {
        sink.put(line.item as Chunk);
        this.chunks++;
        line.wake(undefined);
      }
    } catch (error) {
      while (line.fail(error));
    }
    this._rest();
  }

  private watch(
    over: () => boolean,
    wake: () => void,
    fail: (error: unknown) => void,
  ): (() => void) | undefined {
    if (over()) {
      wake();
      return undefined;
    }
    const stop = this.sink.listen(() => {
      try {
        if (!over()) return;
        stop();
        wake();
      } catch (error) {
        stop();
        fail(error);
      }
    });
    return stop;
  }

  private giveUp(reason: unknown): PromiseLike<unknown> | undefined {
    if (this.state === "aborted") return undefined;
    this.state = "aborted";
    const error = this.isClosed();
    while (this.line?.fail(error) === true);
    this._rest();
    return this.sink.abort(reason);
  }

  private isClosed(): FiberError {
    return new FiberError(
      "closed",
      `${this.toString()} was closed: nothing can be written any more`,
    );
  }
}

/** Aborts it unless it has ended, and waits for that: for `use` and `await using`. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- by the class, above
// oxlint-disable-next-line no-unused-vars -- a merged declaration has the same parameters
export interface Writer<Chunk> extends AsyncDisposes {}
