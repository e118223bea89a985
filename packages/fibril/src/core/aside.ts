/** Code of the user's that runs between fibers: an undo, a callback that is told of an end. */
import * as kernel from "./kernel.js";
import { notRun } from "./op.js";

const { IDLE, K } = kernel;

/**
 * Calls it as no fiber's code, whoever has its turn, so that it can neither wait nor spawn by
 * accident in a fiber that happens to run, or that has just ended.
 */
export function aside(call: () => void): void {
  const { phase, task } = K;
  K.task = null;
  try {
    call();
    if (phase === IDLE && K.phase !== IDLE) throw notRun();
  } finally {
    K.task = task;
  }
}
