/**
 * An op that will run later. Its wish is taken out of the registers and kept, because op objects are shared
 * and cannot be kept themselves.
 */
import { FiberError } from "./errors.js";
import type { TopFrame } from "./frame.js";
import { dropOp } from "./op-misuse.js";
import { Op, callOp } from "./op.js";
import { CALL_CREATED, IDLE, K, WAIT_CREATED, WATCHED, type WaitKind } from "./registers.js";
import { ownOp } from "./wait.js";

/**
 * Takes the op in hand out of the registers. The function that it returns puts it back there. No request ends
 * a `firm` wait. `what` is the name of the function that was given the op, for the error message.
 */
export function takeOp(what: string, firm: boolean): () => Op<unknown> {
  const { phase, frame, frameBits, label, begin, value } = K;
  if (phase === CALL_CREATED || phase === CALL_CREATED + WATCHED) {
    dropOp(null);
    return () => callOp(frame as TopFrame, frameBits, label as { name: string });
  }
  if (phase === WAIT_CREATED && begin !== null) {
    K.begin = null; // so that `dropOp` does not call `refused`: the wait will begin, only later
    dropOp(null);
    if (!firm) return () => ownOp(begin, value);
    const kind: WaitKind = {
      name: begin.name,
      always: true,
      begin: (task, it) => begin.begin(task, it),
    };
    return () => ownOp(kind, value);
  }
  if (phase !== IDLE) dropOp(null);
  throw new FiberError(
    "op-misused",
    `${what} takes the call of a routine, or a wait, written in the call itself: ${what}(close(file))`,
  );
}
