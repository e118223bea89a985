/**
 * Something done to each of many items, so many at once. A fixed number of workers takes the items one by
 * one, because a fiber for each would cost more than what most of them do.
 */
import {
  checkOptions,
  FLAG,
  having,
  limitFrom,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  type Waitable,
} from "../core/index.js";
import { type Items, sourceOf } from "./source.js";
import { type Emit, Workers } from "./workers.js";

/** Options of `forEach`. */
export interface EachOptions {
  /** So many items at once; Infinity for all. No more than that are taken from the source ahead. */
  readonly concurrency: number;
}

/** Where results go that are not to be kept. */
export interface Sink<T> {
  /** Takes a result. Suspends while there is no room for it. */
  send(value: T): Waitable<unknown, never, any>;
}

/** Options of `map`. */
export interface MapOptions extends EachOptions {
  /** Whether results come in the order of the items, or as they are done: true by default. */
  readonly ordered?: boolean | undefined;
}

/** Options of `map` when it sends its results to a channel. */
export interface MapIntoOptions<Result> extends MapOptions {
  /**
   * A channel that each result is sent into; then `map` keeps none. What is done and not sent yet counts
   * as being worked on: so a slow receiver slows the source down.
   */
  readonly into: Sink<Result>;
}

const CONCURRENCY = limitFrom(1);

const EACH_RULES: Rules<EachOptions> = { concurrency: CONCURRENCY };
const MAP_RULES: Rules<MapIntoOptions<unknown>> = {
  concurrency: CONCURRENCY,
  ordered: FLAG,
  into: having("a channel", "send"),
};

type Work<T, Result> = RoutineFunction<[item: T, index: number], Result, any, any>;

/**
 * Does something to each item, so many at once, and results in the list of the results.
 *
 * The items come from an iterable, an async iterable, a channel or a reader, and are taken when a worker is free. The
 * first failure cancels what is being done and closes the source. Suspends until all is done. Throws what
 * fails, and Cancelled; TypeError or RangeError at once for invalid arguments.
 *
 * ```ts
 * const squares = yield* map(
 *   [1, 2, 3],
 *   function* (n) {
 *     yield* sleep(4 - n);
 *     return n * n;
 *   },
 *   { concurrency: 2 },
 * );
 * squares.join(); // "1,4,9"
 * ```
 */
export function map<T, Result, Yields = never>(
  items: Items<T>,
  work: RoutineFunction<[item: T, index: number], Result, Yields, any> & NoYields<Yields>,
  options: MapIntoOptions<Result>,
): Op<void>;
export function map<T, Result, Yields = never>(
  items: Items<T>,
  work: RoutineFunction<[item: T, index: number], Result, Yields, any> & NoYields<Yields>,
  options: MapOptions,
): Op<Result[]>;
export function map(
  items: Items<unknown>,
  work: Work<unknown, unknown>,
  options: MapOptions & { readonly into?: Sink<unknown> },
): Op<any> {
  check("map", work, options, MAP_RULES);
  const { into, ordered = true } = options;
  if (into !== undefined) {
    const emit: Emit = (value) => into.send(value);
    return workRoutine("map", items, work, options, emit, false, ordered) as Op<any>;
  }
  return workRoutine("map", items, work, options, null, true, ordered) as Op<any>;
}

/**
 * Does something to each item, `concurrency` of them at once, and keeps no results.
 *
 * Suspends and throws as `map` does.
 *
 * ```ts
 * let sum = 0;
 * yield* forEach(
 *   [1, 2, 3],
 *   function* (n) {
 *     yield* sleep(n);
 *     sum += n;
 *   },
 *   { concurrency: Infinity },
 * );
 * assert.equal(sum, 6);
 * ```
 */
export function forEach<T, Yields = never>(
  items: Items<T>,
  work: RoutineFunction<[item: T, index: number], unknown, Yields, any> & NoYields<Yields>,
  options: EachOptions,
): Op<void> {
  check("forEach", work, options, EACH_RULES);
  return workRoutine(
    "forEach",
    items,
    work as Work<unknown, unknown>,
    options,
    null,
    false,
    false,
  ) as Op<any>;
}

function check(what: string, work: unknown, options: EachOptions, rules: Rules<EachOptions>): void {
  if (typeof work !== "function") throw new TypeError(`${what} takes a generator function`);
  checkOptions(what, options, rules);
  if (options.concurrency === undefined) {
    throw new TypeError(`${what} has to be told how many at once: { concurrency: 10 }`);
  }
}

const workRoutine = routine(
  "map",
  function* (
    what: string,
    items: Items<unknown>,
    work: Work<unknown, unknown>,
    { concurrency }: EachOptions,
    emit: Emit | null,
    keeps: boolean,
    ordered: boolean,
  ): Routine<unknown[] | undefined> {
    const results = keeps ? listFor(items, ordered) : undefined;
    const workers = new Workers(sourceOf(what, items), work, concurrency, emit, results, ordered);
    yield* workers.run();
    // A list that has lost items meanwhile gave fewer than it had.
    if (results !== undefined) results.length = workers.taken;
    return results;
  },
);

/** A list whose length is known is made at once; growing it would copy it a dozen times. */
function listFor(items: Items<unknown>, ordered: boolean): unknown[] {
  return ordered && Array.isArray(items) ? Array.from({ length: items.length }) : [];
}
