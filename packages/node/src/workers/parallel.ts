/** A routine in a worker for each of many items. */
import { type Items, map, type MapIntoOptions, type MapOptions, type Op } from "fibril";
import { checkOptions, checkValue, FLAG, having, type Rule, type Rules, TEXT } from "fibril/extend";
import { COUNT } from "../net/options.js";
import {
  addressOf,
  type AnyModule,
  type ArgsOf,
  type ModuleAt,
  type ReturnOf,
  type RoutineName,
} from "./module.js";
import { Workers } from "./workers.js";

/** Options of `parallel`. */
export interface ParallelOptions {
  /**
   * How many items may be under way, done and waiting for their turn included. By default, what the workers run at a
   * time and as many again, so that none waits for the next item.
   */
  readonly ahead?: number | undefined;
  /** Whether results come in the order of the items, or as they are done: true by default. */
  readonly ordered?: boolean | undefined;
}

/** Options of `parallel` when it sends its results to a channel. */
export interface ParallelIntoOptions<Result> extends ParallelOptions {
  /** Where each result is sent; then `parallel` keeps none, and a slow receiver slows the source down. */
  readonly into: MapIntoOptions<Result>["into"];
}

const RULES: Rules<ParallelIntoOptions<unknown>> = {
  ahead: COUNT,
  ordered: FLAG,
  into: having("a channel", "send"),
};

const POOL: Rule = {
  takes: "workers that openWorkers has opened",
  holds: (value) => value instanceof Workers,
};

/** The names of routines that take an item. */
type NameFor<Exports, Item> = {
  [Name in RoutineName<Exports>]: [Item] extends ArgsOf<Exports[Name]> ? Name : never;
}[RoutineName<Exports>];

/**
 * Calls a routine in a worker for each item, and results in the list of the results, in the order of the items. With
 * `into`, each result is sent to a channel instead: for more items than memory has room for.
 *
 * The items come from an iterable, an async iterable, a channel or a reader, and are taken as there is room. The first
 * failure cancels what is under way and closes the source. Suspends until all is done. Throws what `workers.run` throws.
 *
 * ```ts
 * import { run } from "fibril";
 * import { openWorkers, parallel } from "@fibril/node";
 *
 * const job = `data:text/javascript,export function* square(n) { return n * n; }`;
 * await run(function* () {
 *   const workers = yield* openWorkers({ size: 2 });
 *   const squares = yield* parallel(workers, [1, 2, 3], job, "square"); // [1, 4, 9]
 * });
 * ```
 */
export function parallel<Exports, Item, Name extends NameFor<Exports, Item>>(
  workers: Workers,
  items: Items<Item>,
  module: ModuleAt<Exports>,
  name: Name,
  options: ParallelIntoOptions<ReturnOf<Exports[Name]>>,
): Op<void>;
export function parallel<Exports, Item, Name extends NameFor<Exports, Item>>(
  workers: Workers,
  items: Items<Item>,
  module: ModuleAt<Exports>,
  name: Name,
  options?: ParallelOptions,
): Op<ReturnOf<Exports[Name]>[]>;
export function parallel(
  workers: Workers,
  items: Items<unknown>,
  module: AnyModule,
  name: string,
  options: ParallelIntoOptions<unknown>,
): Op<void>;
export function parallel(
  workers: Workers,
  items: Items<unknown>,
  module: AnyModule,
  name: string,
  options?: ParallelOptions,
): Op<unknown[]>;
export function parallel(
  workers: Workers,
  items: Items<unknown>,
  module: URL | string,
  name: string,
  options: ParallelOptions & { readonly into?: ParallelIntoOptions<unknown>["into"] } = {},
): Op<any> {
  checkValue("parallel", workers, POOL);
  checkOptions<object>("parallel", options, RULES);
  const address = addressOf("parallel", module);
  checkValue("parallel", name, TEXT);
  const { ahead = 2 * workers._pool.room, into, ordered } = options;
  const settings: MapOptions = { concurrency: ahead, ordered };
  const work = (item: unknown): Op<unknown> => workers.run(address, name, item);
  return into === undefined ? map(items, work, settings) : map(items, work, { ...settings, into });
}
