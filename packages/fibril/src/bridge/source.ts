/** Where the chunks of a reader come from, without waiting. */
import { FiberError, hasMethod } from "../core/index.js";

/** The answer of a source that has nothing yet. */
export const NOT_YET: unique symbol = Symbol("fibril.not-yet");

/** What is called back: an object rather than a function, so that a reader that waits needs no closure. */
export interface Listener {
  /** The source may have another answer now. */
  told(): void;
}

/**
 * A source never waits: it answers what there is, and calls back when it may have another answer. So sources
 * can be put on top of each other (lines over bytes), and the wait is the reader's alone.
 */
export interface Source<Chunk> {
  /** The next chunk; undefined at the end, and from then on; NOT_YET. Throws what has broken it, each time. */
  take(): Chunk | undefined | typeof NOT_YET;
  /** Calls back whenever `take` may have another answer, until `unlisten`. One at a time listens. */
  listen(listener: Listener): void;
  /** Ends what `listen` began. */
  unlisten(listener: Listener): void;
  /** Nobody reads any more. Gives what is to be awaited until it is over, if anything. */
  close(reason: unknown): PromiseLike<unknown> | undefined;
  /** For dumps. */
  readonly what: string;
}

/** For a second reader of a source, such as the lines of a stream that is also read as it is. */
export function twoReaders(what: string): FiberError {
  return new FiberError(
    "busy",
    `two readers wait for ${what}: make one reader of it, and read in one fiber`,
  );
}

type Pulled = IteratorResult<unknown> | PromiseLike<IteratorResult<unknown>>;

/**
 * A source that is asked for each chunk and answers by a promise: an iterator, a Web stream. What has been asked for
 * stays asked for: when the wait is called off, the chunk is the next reader's.
 */
export class PulledSource implements Source<unknown> {
  readonly what: string;
  private readonly next: () => Pulled;
  private readonly end: (reason: unknown) => unknown;
  private listener: Listener | null;
  private answer: IteratorResult<unknown> | null;
  private failure: { readonly error: unknown } | null;
  private asking: boolean;
  private over: boolean;

  constructor(what: string, next: () => Pulled, end: (reason: unknown) => unknown) {
    this.what = what;
    this.next = next;
    this.end = end;
    this.listener = null;
    this.answer = null;
    this.failure = null;
    this.asking = false;
    this.over = false;
  }

  take(): unknown {
    if (this.answer === null && this.failure === null && !this.asking && !this.over) this.ask();
    if (this.failure !== null) throw this.failure.error;
    if (this.over) return undefined;
    const { answer } = this;
    if (answer === null) return NOT_YET;
    this.answer = null;
    if (answer.done !== true) return answer.value;
    this.over = true;
    return undefined;
  }

  listen(listener: Listener): void {
    if (this.listener !== null) throw twoReaders(this.what);
    this.listener = listener;
  }

  unlisten(): void {
    this.listener = null;
  }

  close(reason: unknown): PromiseLike<unknown> | undefined {
    if (this.over || this.failure !== null) return undefined;
    this.over = true;
    const answer = this.end(reason);
    if (!hasMethod(answer, "then")) return undefined;
    const promise = answer as PromiseLike<unknown>;
    // An async generator answers only after the item that it is still making, which may never come.
    if (!this.asking) return promise;
    promise.then(undefined, () => {});
    return undefined;
  }

  private ask(): void {
    try {
      const answer = this.next();
      if (!hasMethod(answer, "then")) {
        this.answer = answer as IteratorResult<unknown>;
        return;
      }
      this.asking = true;
      (answer as PromiseLike<IteratorResult<unknown>>).then(
        (result) => this.answered(result, null),
        (error: unknown) => this.answered(null, { error }),
      );
    } catch (error) {
      this.failure = { error };
    }
  }

  private answered(
    answer: IteratorResult<unknown> | null,
    failure: { error: unknown } | null,
  ): void {
    this.asking = false;
    this.answer = answer;
    if (!this.over) this.failure = failure;
    this.listener?.told();
  }
}
