/**
 * An op that will run later. Its wish is taken out of the registers and kept, because op objects are shared
 * and cannot be kept themselves.
 */
import { FiberError } from "./errors.js";
import type { Start, TopFrame } from "./frame.js";
import { dropOp } from "./op-misuse.js";
import { callOp, perform } from "./op.js";
import { CALL_CREATED, IDLE, K, WAIT_CREATED, WATCHED, type WaitKind } from "./registers.js";
import { ownOp } from "./wait.js";

/** Takes the op in hand out of the registers. Returns a function that puts it back and starts it. */
export function takeOp(): Start {
  const { phase, frame, frameBits, label, begin, value } = K;
  if (phase === CALL_CREATED || phase === CALL_CREATED + WATCHED) {
    dropOp(null);
    return () => perform(callOp(frame as TopFrame, frameBits, label as { name: string }));
  }
  if (phase === WAIT_CREATED && begin !== null) {
    K.begin = null; // so that `dropOp` does not call `refused`: the wait will begin, only later
    dropOp(null);
    const kind: WaitKind = {
      name: begin.name,
      firm: true,
      begin: (task, it) => begin.begin(task, it),
    };
    return () => perform(ownOp(kind, value));
  }
  if (phase !== IDLE) dropOp(null);
  throw new FiberError(
    "op-misused",
    "defer takes the call of a routine, or a wait, created inside the parentheses: defer(close(file))",
  );
}
