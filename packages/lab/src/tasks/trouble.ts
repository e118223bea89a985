/** What the programs on Node do alike where many tasks fail, or never have to wait. */
import { unit, weight } from "./bench.js";

/** Milliseconds that the one beside them sleeps. */
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

/** What the clean-up of a task does. */
export function fail(index: number): never {
  throw new Failure(index);
}

/** Every failure that came out is a unit of work. */
export function countFailures(errors: readonly unknown[]): void {
  for (const error of errors) if (error instanceof Failure) unit(error.weight);
}

/** Keeps the processor busy. */
export function compute(): void {
  const end = performance.now() + WORK;
  while (performance.now() < end);
}
