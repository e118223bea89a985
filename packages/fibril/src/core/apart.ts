/**
 * Running code of the user's that is no fiber's: see aside.ts. Also texts and traps of proxies run so,
 * which is why this imports nothing that needs texts.
 */
import * as kernel from "./kernel.js";

const { IDLE, K } = kernel;

/**
 * Calls it, and throws what it throws. An op that it leaves in hand is dropped, or, if `told` is given,
 * is the error that `told` makes of it.
 */
export function apart<Result>(call: () => Result, told: (() => Error) | null = null): Result {
  const { argc, begin, frame, frameBits, how, label, phase, target, task, value } = K;
  K.task = null;
  K.phase = IDLE;
  try {
    const result = call();
    if (K.phase !== IDLE && told !== null) throw told();
    return result;
  } finally {
    if (K.phase !== IDLE) forget();
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

/** Gives the registers back: the op in hand is not going to run. */
export function forget(): void {
  if (K.begin !== null) K.begin.refused?.(K.value);
  K.phase = IDLE;
  K.value = undefined;
  K.target = null;
  K.frame = null;
  K.label = null;
  K.begin = null;
}
