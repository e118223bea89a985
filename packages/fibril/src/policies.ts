/** The orders in which a scheduler can run ready fibers. A correct program relies on none of the differences. */
import { checkValue, FifoSet, LocalitySet, type ReadySet, SeededSet, WHOLE } from "./core/index.js";

/**
 * The default order: first in, first out while few fibers are ready; in the order of their creation when many are. A
 * plain call, which the scheduler makes.
 *
 * ```ts
 * await run({ policy: locality }, function* () {
 *   yield* sleep(1);
 * });
 * ```
 */
export const locality = (): ReadySet<any> => new LocalitySet();

/**
 * Strictly first in, first out. Slow when many fibers are woken in random order. A plain call, which the scheduler
 * makes.
 *
 * ```ts
 * await run({ policy: fifo }, function* () {
 *   yield* sleep(1);
 * });
 * ```
 */
export const fifo = (): ReadySet<any> => new FifoSet();

/**
 * A random order, the same for the same seed: for finding code that depends on the order. A plain call. Throws
 * RangeError for a seed that is not a whole number.
 *
 * ```ts
 * const order: string[] = [];
 * await run({ policy: seeded(7) }, function* () {
 *   for (const name of ["a", "b", "c"]) spawn(function* () {
 *     yield* sleep(1);
 *     order.push(name);
 *   });
 * });
 * order.length; // 3
 * ```
 */
export const seeded = (seed: number): (() => ReadySet<any>) => {
  checkValue("seeded", seed, WHOLE);
  return () => new SeededSet(seed);
};
