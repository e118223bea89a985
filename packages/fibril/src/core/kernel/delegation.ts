/**
 * Compiled code calls other code where the program wrote a plain `yield*` between generators, or in direct style. Such a callee has a frame of its
 * own, but it is no routine for the contract, and one thing must stay as the language has it: if the callee is unwound and ends
 * with a value all the same, because a `finally` returns or jumps, the language goes on to unwind the caller, with this
 * value. The same holds if the callee ends with an error that the caller catches. A call by `routine()` gives a value to its
 * caller as a result.
 */
import type { Call, Frame } from "./frame.js";

/** Marks the frame of a function in direct style that such a function has called, and the frame of an iterator. */
export const DELEGATED: unique symbol = Symbol("delegated");

/** Whether a call stands for a plain `yield*`: its label is its code, or its frame says so. */
export function isDelegated({ frame, label }: Call): boolean {
  const { code, c } = frame as Frame;
  return code === label || c === DELEGATED;
}

/** What an unwound frame returns, in place of `KILL`. */
export class Returned {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  get value(): unknown {
    return this.#value;
  }

  /** Whether a value is one. It may be the program's, and `instanceof` may throw at a proxy. */
  static is(value: unknown): value is Returned {
    return typeof value === "object" && value !== null && #value in value;
  }
}
