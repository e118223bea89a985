/**
 * How a killed fiber runs the calls and waits of its `finally` blocks, so that the kill is never lost.
 *
 * A kill unwinds a generator with `return`. Inside a plain `yield* helper()`, the language passes the
 * `return` on to the helper. But once the helper's `finally` has suspended, only `return` may enter the
 * generator again: if it were entered with `next`, the helper would end *normally*, and its caller would go
 * on as if nothing had happened. ECMAScript offers no way to ask a generator whether it delegates.
 * Generators of other realms and generators compiled to older JavaScript behave the same.
 *
 * So an unwinding generator does not suspend for an op whose value comes back to it inside the fiber, such
 * as a call. The op's `next` calls `runInside`, which runs the callee until it has ended and returns its
 * value. If the callee leaves the fiber, the generator suspends after all, because a killed fiber is always
 * entered by `return` when it comes back. An error that comes later is thrown from that `return` by the op
 * (`Op.return`).
 */
import {
  DELIVER,
  type How,
  type Machine,
  RAISE,
  RETURN,
  START,
  SUSPEND,
  type TopFrame,
  enterMachine,
  generatorNext,
} from "./frame.js";
import { dropOp, notRun } from "./op-misuse.js";
import {
  AGAIN_STARTED,
  CALL_STARTED,
  type FiberFields,
  IDLE,
  K,
  type TaskSide,
  WAIT_STARTED,
} from "./registers.js";
import { GENERATOR, KILL_DUE } from "./state.js";
import { delegates, performOp, popFrame, answerOf, takeValue, topOf } from "./switch.js";

/**
 * Does what the started op wants, as long as that stays in the fiber. If the op is over, returns DELIVER or
 * RAISE, with the value in `K.value`. Otherwise returns START: the frame suspends, and the registers say how
 * to go on. It is a loop, because the depth of calls is limited only by memory.
 */
export function runInside(fiber: FiberFields): How {
  if (!delegates(fiber)) return START;
  const bottom = fiber._frame;
  let how = perform(fiber);
  for (;;) {
    const value = takeValue();
    // The fiber waits or unwinds. Both are left to the kernel's loop, which then enters no frame by `next`.
    if (K.current !== fiber || how === RETURN) {
      K.phase = AGAIN_STARTED;
      K.how = how;
      K.value = value;
      return START;
    }
    if (fiber._frame === bottom) {
      K.value = value;
      return how;
    }
    let out: unknown;
    try {
      out = enterTop(fiber, how, value);
    } catch (error) {
      if (K.phase !== IDLE) dropOp(error);
      how = popFrame(fiber, RAISE, error);
      continue;
    }
    if (out !== SUSPEND) how = popFrame(fiber, DELIVER, out);
    else if (mayStay(K.phase)) how = perform(fiber);
    else return START;
  }
}

/** Like `performOp`, but the outcome of a wait that ends at once goes to the frame that has not suspended. */
function perform(fiber: FiberFields): How {
  if (K.phase !== WAIT_STARTED || (fiber._flags & KILL_DUE) !== 0) return performOp(fiber);
  K.phase = IDLE;
  return (K.tasks as TaskSide).park(fiber, WAIT_STARTED);
}

/** Whether the outcome may go to the same frame. For a wait, that is known only after it has begun. */
function mayStay(phase: number): boolean {
  return phase === CALL_STARTED || phase === AGAIN_STARTED || phase === WAIT_STARTED;
}

function enterTop(fiber: FiberFields, how: How, value: unknown): unknown {
  const top: TopFrame = topOf(fiber);
  if ((fiber._flags & GENERATOR) !== 0) {
    K.phase = how;
    return answerOf(top as Generator, generatorNext.call(top as Generator, value));
  }
  const out = enterMachine(fiber, top as Machine, how, value);
  if (out !== SUSPEND && K.phase !== IDLE) throw notRun();
  return out;
}
