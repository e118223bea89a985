/** Where the items of `map`, `forEach` and `batches` come from: iterables, channels, readers. */
import {
  FiberError,
  hasMethod,
  kindOf,
  mayGoOn,
  type Op,
  type Routine,
  type Waitable,
} from "../core/index.js";
import { NOTHING } from "./immediate.js";
import { shield } from "../scope.js";
import { until } from "../until.js";

/** Items that are received one by one, until `receive` throws FiberError (`ended`): a channel. */
export interface Receivable<T> {
  /** The next item. Suspends until there is one. */
  receive(): Op<T>;
}

/** Items that are read one by one, until `read` results in undefined: a reader. */
export interface Legible<T> {
  /** The next item; undefined at the end. Suspends until there is one. */
  read(): Op<T | undefined>;
  /** The next item if there is one, otherwise `none`. A plain call. */
  tryRead<None>(none: None): T | undefined | None;
}

/** A list, a generator of values, an async iterable, a channel, or a reader. */
export type Items<T> = Iterable<T> | AsyncIterable<T> | Receivable<T> | Legible<T>;

/** After the last item. */
export const END: unique symbol = Symbol("fibril.end");
export type End = typeof END;

/** Items that come without waiting. */
export class Pulled<T> {
  readonly #iterator: Iterator<T>;
  #ended: boolean;

  constructor(items: Iterable<T>) {
    this.#iterator = items[Symbol.iterator]();
    this.#ended = false;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether it is told that nobody will ask for more. A list is not. */
  get closes(): boolean {
    return this.#iterator.return !== undefined;
  }

  pull(): T | End {
    if (this.#ended) return END;
    this.#ended = true; // also when it throws: then it is not to be closed
    const step = this.#iterator.next();
    if (step.done === true) return END;
    this.#ended = false;
    return step.value;
  }

  /** Nobody will ask for more. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#iterator.return?.();
  }
}

/** Items that have to be waited for. One fiber at a time takes. */
export interface Taken<T> {
  take(): Waitable<T | End, never, any>;
  /** Nobody will ask for more. */
  close(): Waitable<void, never, any>;
}

/** A promise that was asked for stays, so that a wait for it that is called off loses no item. */
class Awaited<T> implements Taken<T> {
  readonly #iterator: AsyncIterator<T>;
  #next: Promise<IteratorResult<T>> | undefined;
  #ended: boolean;

  constructor(items: AsyncIterable<T>) {
    this.#iterator = items[Symbol.asyncIterator]();
    this.#next = undefined;
    this.#ended = false;
  }

  *take(): Routine<T | End, never> {
    if (this.#ended) return END;
    this.#next ??= this.#ask();
    const step = yield* until(this.#next);
    this.#next = undefined;
    if (step.done !== true) return step.value;
    this.#ended = true;
    return END;
  }

  #ask(): Promise<IteratorResult<T>> {
    const next = this.#iterator.next();
    // One that has failed is not to be closed.
    next.then(undefined, () => {
      this.#ended = true;
    });
    return next;
  }

  *close(): Routine<void, never> {
    if (this.#ended) return;
    this.#ended = true;
    const closing = this.#iterator.return?.();
    if (closing === undefined) return;
    // A generator that still waits for its next item closes after it, which may be never.
    if (this.#next === undefined) yield* shield(() => until(closing));
    else closing.then(undefined, () => {});
  }
}

class Received<T> implements Taken<T> {
  readonly #channel: Receivable<T>;

  constructor(channel: Receivable<T>) {
    this.#channel = channel;
  }

  *take(): Routine<T | End, never> {
    try {
      return yield* this.#channel.receive();
    } catch (error) {
      if (hasEnded(error)) return END;
      throw error;
    }
  }

  /** It is its owner's, and may have other receivers. */
  close(): Waitable<void, never, any> {
    return NOTHING;
  }
}

/** What a reader answers that would have to wait. */
const NOT_YET: unique symbol = Symbol("fibril.not-yet");

class Read<T> implements Taken<T> {
  readonly #reader: Legible<T>;

  constructor(reader: Legible<T>) {
    this.#reader = reader;
  }

  *take(): Routine<T | End, never> {
    // Many lines come in one chunk: what is there costs no wait, within what a turn may do.
    const there = mayGoOn() ? this.#reader.tryRead<typeof NOT_YET>(NOT_YET) : NOT_YET;
    const item = there === NOT_YET ? yield* this.#reader.read() : there;
    return item === undefined ? END : item;
  }

  /** It is its owner's, who may read on. */
  close(): Waitable<void, never, any> {
    return NOTHING;
  }
}

/** It was closed, and nothing is left in it. */
function hasEnded(error: unknown): boolean {
  return error instanceof FiberError && error.code === "ended";
}

/** What gives the items. */
export function sourceOf<T>(what: string, items: Items<T>): Pulled<T> | Taken<T> {
  if (hasMethod(items, "receive")) return new Received(items as Receivable<T>);
  if (hasMethod(items, Symbol.asyncIterator)) return new Awaited(items as AsyncIterable<T>);
  if (hasMethod(items, Symbol.iterator)) return new Pulled(items as Iterable<T>);
  // Last, because streams of Node have both, and their `read` is another one.
  if (hasMethod(items, "read") && hasMethod(items, "tryRead")) return new Read(items as Legible<T>);
  throw new TypeError(
    `${what} takes an iterable, an async iterable, a channel or a reader, not ${kindOf(items)}`,
  );
}
