/**
 * How a killed fiber runs what its `finally` blocks call, so that the kill is never lost.
 *
 * A kill unwinds a generator with its `return`. Inside a plain `yield* helper()` the language passes
 * that on to the helper; but once the helper's `finally` has suspended, only `return` may enter the
 * generator again: entered with `next`, the helper would end *normally*, and its caller would go on
 * as if nothing had happened. ECMAScript gives no way to ask a generator whether it delegates, and
 * generators of other realms or compiled to older JavaScript behave the same.
 *
 * So a generator that unwinds does not suspend for what comes back to it with a value. The op's
 * `next` comes here, and the callee runs inside that call until it has ended; its value is the
 * answer. Where the callee leaves the fiber, the generator suspends after all: a killed fiber comes
 * back by `return`. What fails later is thrown from `return` too, by the op (`Op.return`).
 */
import {
  DELIVER,
  type Frame,
  type How,
  RAISE,
  RETURN,
  START,
  SUSPEND,
  type TopFrame,
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
 * Does what the started op wants as long as that stays in the fiber. Answers DELIVER or RAISE, with
 * the value in `K.value`, when the op is over; else START: the frame suspends, and the registers
 * say how to go on. A loop, because what is called may call as deep as memory.
 */
export function runInside(fiber: FiberFields): How {
  if (!delegates(fiber)) return START;
  const bottom = fiber._frame;
  let how = perform(fiber);
  for (;;) {
    const value = takeValue();
    // It waits already, or unwinds: both are the kernel's loop's, which enters no frame by `next` then.
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

/** As the kernel's loop does it; but a wait that ends at once answers to the frame that has not suspended. */
function perform(fiber: FiberFields): How {
  if (K.phase !== WAIT_STARTED || (fiber._flags & KILL_DUE) !== 0) return performOp(fiber);
  K.phase = IDLE;
  return (K.tasks as TaskSide).park(fiber, WAIT_STARTED);
}

/** The outcome may come to the same frame. A wait tells only when it has begun. */
function mayStay(phase: number): boolean {
  return phase === CALL_STARTED || phase === AGAIN_STARTED || phase === WAIT_STARTED;
}

function enterTop(fiber: FiberFields, how: How, value: unknown): unknown {
  const top: TopFrame = topOf(fiber);
  if ((fiber._flags & GENERATOR) !== 0) {
    K.phase = how;
    return answerOf(top as Generator, generatorNext.call(top as Generator, value));
  }
  const out = (top as Frame).code(top as Frame, how, value);
  if (out !== SUSPEND && K.phase !== IDLE) throw notRun();
  return out;
}
