/** The sizes that the programs of one workload between tasks have in common. */

/** Slots of a channel that keeps messages. */
export const SLOTS = 1_024;
/** Holders of a semaphore at once. */
export const PERMITS = 10;
/** Items that `map` works on at once. */
export const CONCURRENCY = 100;
