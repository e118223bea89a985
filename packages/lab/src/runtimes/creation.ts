/**
 * Slow runtimes cannot create a million fibers in useful time: the limit, and the count that was
 * reached.
 */
import { setImmediate } from "node:timers/promises";

let limit = Number.POSITIVE_INFINITY;

/** Sets the seconds that the creation of all fibers may take from now on. */
export function limitCreation(seconds: number): void {
  limit = seconds;
}

/** Not all fibers could be created in time. */
export class TooSlow extends Error {
  readonly made: number;

  constructor(made: number) {
    super(`${made} fibers were created in ${limit} s`);
    this.name = "TooSlow";
    this.made = made;
  }
}

/** Fibers between two looks at the clock. */
const EVERY = 1_000;

/** Counts from 0 to `size` - 1. Throws `TooSlow`. */
export function* creating(size: number): Generator<number, void, void> {
  const began = performance.now();
  for (let made = 0; made < size; made++) {
    if (made % EVERY === 0 && performance.now() - began > limit * 1000) throw new TooSlow(made);
    yield made;
  }
}

/** Waits until `made` returns `size`: all fibers wait for their first turn. Throws `TooSlow`. */
export async function allMade(size: number, made: () => number): Promise<void> {
  const began = performance.now();
  while (made() < size) {
    if (performance.now() - began > limit * 1000) throw new TooSlow(made());
    await setImmediate();
  }
}
