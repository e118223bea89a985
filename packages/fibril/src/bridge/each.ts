/** Async iterables, item by item. */
import {
  CALLBACK,
  checkValue,
  hasMethod,
  type Op,
  type Routine,
  routine,
  shown,
  type Waitable,
  call,
  isDirect,
} from "../core/index.js";
import type { EachBody } from "../channel/each.js";
import { shield } from "../scope.js";
import { checkpoint } from "../sleep.js";
import { until } from "../until.js";

/** What `each` takes: an iterable of either kind, or what has an `each` of its own (a channel, a reader). */
export type Each<T> = AsyncIterable<T> | Iterable<T> | { each(body: EachBody<T>): Op<unknown> };

type Body = (item: unknown) => Waitable<unknown> | undefined;
type AnyIterator = AsyncIterator<unknown> | Iterator<unknown>;

const run = routine("each", function* (iterator: AnyIterator, body: Body): Routine<void> {
  const at = new Position();
  try {
    for (;;) {
      const result = yield* at.next(iterator);
      if (result.done === true) return;
      const given = isDirect(body) ? call(body as never, result.value) : body(result.value);
      if (given !== undefined) yield* given;
    }
  } catch (error) {
    if (at.open) yield* at.close(iterator, true);
    throw error;
  } finally {
    // A kill, which no `catch` sees.
    if (at.open) yield* at.close(iterator, false);
  }
}) as (iterator: AnyIterator, body: Body) => Op<any>;

/** How far the iteration is. */
class Position {
  /** Whether the iterator has to be told that nobody asks any more. */
  open = true;
  private asking = false;

  *next(iterator: AnyIterator): Routine<IteratorResult<unknown>> {
    checkpoint(); // a fiber that was asked to end asks for no item
    this.asking = true;
    let answer: unknown;
    try {
      answer = iterator.next();
    } catch (error) {
      this.open = false;
      throw error;
    }
    if (hasMethod(answer, "then")) {
      answer = yield* until(
        "the next item",
        (answer as PromiseLike<unknown>).then(undefined, (error: unknown) => {
          // It has failed by itself.
          this.open = false;
          throw error;
        }),
      );
    }
    this.asking = false;
    if ((answer as IteratorResult<unknown>).done === true) this.open = false;
    return answer as IteratorResult<unknown>;
  }

  /** `failed`: an error is on its way, and what the iterator says besides is not told. */
  *close(iterator: AnyIterator, failed: boolean): Routine<void> {
    this.open = false;
    if (!hasMethod(iterator, "return")) return;
    try {
      const answer = iterator.return?.();
      if (!hasMethod(answer, "then")) return;
      const promise = answer as PromiseLike<unknown>;
      // An async generator answers only after the item that it is still making, which may never come.
      if (this.asking) promise.then(undefined, () => {});
      else yield* shield(() => until("the end of the iteration", promise));
    } catch (error) {
      if (!failed) throw error;
    }
  }
}

/**
 * Calls `body` with each item, one after the other: `for await` for routines. A body that is a routine, or
 * gives an op, is run before the next item is asked for.
 *
 * Suspends while the next item is awaited, and as the body does. Throws what either throws. However it is
 * left early, the iterable is told so by its `return`, which is awaited, where no cancelling reaches; but not
 * when the wait for an item was called off, because an async generator answers only after that item. `scope.cancel`
 * of a scope around it leaves it early on purpose. What has an `each` of its own is asked for that.
 *
 * ```ts
 * async function* letters() {
 *   yield "a";
 *   yield "b";
 * }
 * let all = "";
 * yield* each(letters(), function* (letter) {
 *   yield* sleep(1);
 *   all += letter;
 * });
 * all.length; // 2
 * ```
 */
export function each<T>(source: Each<T>, body: EachBody<T>): Op<void> {
  checkValue("each", body, CALLBACK);
  if (hasMethod(source, "each")) {
    return (source as { each(body: Body): Op<any> }).each(body as Body);
  }
  for (const key of [Symbol.asyncIterator, Symbol.iterator]) {
    if (hasMethod(source, key)) {
      return run(
        (source as Record<symbol, () => AnyIterator>)[key]?.() as AnyIterator,
        body as Body,
      );
    }
  }
  throw new TypeError(`each takes something iterable, not ${shown(source)}`);
}
