/**
 * The wall around code of the user's that the library calls between fibers: an undo, a hook of a probe, a
 * callback that is told of an end, a method of the host.
 *
 * Such code may do anything: throw what it likes, cancel, raise, kill, spawn or wake. It runs as no
 * fiber's code, whoever has its turn, so that it can neither wait nor spawn by accident in a fiber that
 * happens to run; and the registers are given back as they were.
 */
import * as kernel from "./kernel.js";
import { notRun } from "./op.js";

const { IDLE, K } = kernel;

/** Calls it, and throws what it throws. */
export function aside<Result>(call: () => Result): Result {
  const { argc, begin, frame, frameBits, how, label, phase, target, task, value } = K;
  K.task = null;
  K.phase = IDLE;
  try {
    const result = call();
    if (K.phase !== IDLE) throw notRun();
    return result;
  } finally {
    K.task = task;
    K.phase = phase;
    if (phase !== IDLE) {
      // An op is in hand: `spawn`, a plain call, may stand between its creation and its `yield*`.
      K.argc = argc;
      K.begin = begin;
      K.frame = frame;
      K.frameBits = frameBits;
      K.how = how;
      K.label = label;
      K.target = target;
      K.value = value;
    }
  }
}
