/**
 * The wall around code of the user's that the library calls between fibers: an undo, a hook of a probe, a
 * callback that is told of an end, a method of the host.
 *
 * Such code may do anything: throw what it likes, cancel, raise, kill, spawn or wake. It runs as no
 * fiber's code, whoever has its turn, so that it can neither wait nor spawn by accident in a fiber that
 * happens to run; and the registers are given back as they were.
 */
import { apart } from "./apart.js";
import { notRun } from "./op.js";

/** Calls it, and throws what it throws. */
export function aside<Result>(call: () => Result): Result {
  return apart(call, notRun);
}
