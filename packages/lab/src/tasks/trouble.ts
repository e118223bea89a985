/** What the programs on Node share for the workloads `failures` and `at-once`. */
import { unit, weight } from "./bench.js";

/** Milliseconds that the task beside the others sleeps. */
export const NAP = 5;
/** Milliseconds of work between two waits. */
const WORK = 0.01;

class Failure extends Error {
  readonly weight: number;

  constructor(index: number) {
    super(`task ${index}`);
    this.weight = weight(index);
  }
}

/** Fails, in the clean-up of a task. */
export function fail(index: number): never {
  throw new Failure(index);
}

/** Counts every failure that was reported as a unit of work. */
export function countFailures(errors: readonly unknown[]): void {
  for (const error of errors) if (error instanceof Failure) unit(error.weight);
}

/** Keeps the processor busy. */
export function compute(): void {
  const end = performance.now() + WORK;
  while (performance.now() < end);
}
