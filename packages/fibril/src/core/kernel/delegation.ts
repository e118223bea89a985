/**
 * Compiled code calls other code where the program wrote a plain `yield*` between generators. Such a callee has a frame of its
 * own, but it is no routine for the contract, and one thing must stay as the language has it: if the callee is unwound and ends
 * with a value all the same, because a `finally` returns or jumps, the language goes on to unwind the caller, with this
 * value. A call by `routine()` gives the value to its caller as a result.
 */
import type { Call, Frame } from "./frame.js";

/** Whether a call stands for a plain `yield*`: its label is its code. */
export function isDelegated({ frame, label }: Call): boolean {
  return (frame as Frame).code === label;
}

/** What an unwound frame returns, in place of `KILL`. */
export class Returned {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}
