/** The orders in which a scheduler can run ready fibers. A correct program relies on none of the differences. */
import { checkValue, FifoSet, LocalitySet, type ReadySet, SeededSet, WHOLE } from "./core/index.js";

/** The default: first in, first out while few fibers are ready; in the order of their creation when many are. */
export const locality = (): ReadySet<any> => new LocalitySet();

/** Strictly first in, first out. Slow when many fibers are woken in random order. */
export const fifo = (): ReadySet<any> => new FifoSet();

/**
 * A random order, the same for the same seed: for finding code that depends on the order. Throws RangeError
 * for a seed that is not a whole number.
 */
export const seeded = (seed: number): (() => ReadySet<any>) => {
  checkValue("seeded", seed, WHOLE);
  return () => new SeededSet(seed);
};
