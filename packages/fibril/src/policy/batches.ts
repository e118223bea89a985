import {
  checkOptions,
  MILLISECONDS,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  wholeFrom,
  calling,
} from "../core/index.js";
import { moveOnAt, now } from "../deadline.js";
import { END, type Items, Pulled, sourceOf, type Taken } from "../combine/source.js";

/** Options of `batches`. */
export interface BatchesOptions {
  /** How many items a batch has at most. */
  readonly size: number;
  /** Milliseconds after its first item at which a batch is handed on, full or not: Infinity by default. */
  readonly ms?: number | undefined;
}

const RULES: Rules<BatchesOptions> = { size: wholeFrom(1), ms: MILLISECONDS };

/**
 * Hands the items of an iterable, an async iterable, a channel or a reader to a routine in batches, one after the
 * other: when there are `size` of them, or `ms` after the first.
 *
 * While the routine works nothing is taken, so a slow one slows the source down. Suspends until all have
 * been handed over. Throws what the source or the routine throws, after the source is closed; Cancelled.
 *
 * ```ts
 * const sums: number[] = [];
 * yield* batches([1, 2, 3, 4, 5], { size: 2 }, function* (numbers) {
 *   sums.push(numbers.reduce((a, b) => a + b));
 * });
 * assert.deepEqual(sums, [3, 7, 5]);
 * ```
 */
export function batches<T, Yields = never>(
  items: Items<T>,
  options: BatchesOptions,
  body: RoutineFunction<[batch: T[]], unknown, Yields, any> & NoYields<Yields>,
): Op<void> {
  checkOptions("batches", options, RULES);
  const { ms = Infinity, size } = options;
  if (size === undefined) throw new TypeError("batches has to be told a size: { size: 100 }");
  if (typeof body !== "function") throw new TypeError("batches takes a generator function");
  return batchesRoutine(items, size, ms, body as Body) as Op<void>;
}

type Body = RoutineFunction<[batch: unknown[]], unknown, any, any>;

const batchesRoutine = routine(
  "batches",
  function* (items: Items<unknown>, size: number, ms: number, body: Body): Routine<void> {
    const source = sourceOf("batches", items);
    try {
      if (source instanceof Pulled) yield* pull(source, size, body);
      else yield* take(source, size, ms, body);
    } finally {
      if (source instanceof Pulled) source.close();
      else yield* source.close();
    }
  },
);

/** Nothing is waited for between two items. */
function* pull(source: Pulled<unknown>, size: number, body: Body): Routine<void> {
  let batch: unknown[] = [];
  for (let item = source.pull(); item !== END; item = source.pull()) {
    if (batch.push(item) < size) continue;
    yield* calling(body, batch);
    batch = [];
  }
  if (batch.length > 0) yield* calling(body, batch);
}

function* take(source: Taken<unknown>, size: number, ms: number, body: Body): Routine<void> {
  let last: unknown;
  while (last !== END) {
    last = yield* source.take();
    if (last === END) return;
    const batch: unknown[] = [last];
    const fill = function* (): Routine<unknown> {
      while (batch.length < size) {
        const item = yield* source.take();
        if (item === END) return END;
        batch.push(item);
      }
      return undefined;
    };
    last = yield* ms === Infinity ? fill() : moveOnAt(now() + ms, fill);
    yield* calling(body, batch);
  }
}
