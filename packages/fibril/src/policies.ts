/** The orders in which a scheduler can run what is ready. They differ in nothing that a correct program may rely on. */
import { checkValue, FifoSet, LocalitySet, type ReadySet, SeededSet, WHOLE } from "./core/index.js";

/** Small sets first-in first-out, large ones in the order of their creation: the default. */
export const locality = (): ReadySet<any> => new LocalitySet();

/** Strictly first-in first-out. Slow with many fibers that are woken in no order. */
export const fifo = (): ReadySet<any> => new FifoSet();

/**
 * An order drawn by lot, the same for the same seed: finds what depends on order. Throws RangeError for
 * a seed that is no whole number.
 */
export const seeded = (seed: number): (() => ReadySet<any>) => {
  checkValue("seeded", seed, WHOLE);
  return () => new SeededSet(seed);
};
