/**
 * `fibril/frames`: routines that are state machines, written by hand or by a compiler.
 *
 * ```ts
 * const countdown = frames<[n: number], string, number>("countdown", (frame, how, value) => {
 *   if (how === RAISE) throw value; // the op failed
 *   if (how === RETURN) return KILL; // the fiber is killed: nothing to clean up here
 *   if (frame.pc === 1) frame.a = (frame.a as number) - 1; // back from the yield
 *   frame.pc = 1;
 *   return frame.a === 0 ? "lift-off" : perform(Fiber.yield(frame.a));
 * });
 * new Fiber(countdown).resume(3); // 3
 * ```
 */
export { type Code, Frame, KILL, SUSPEND } from "./core/index.js";
export { Op, perform } from "./core/index.js";
export {
  performCall,
  performNow,
  performPark,
  performTransfer,
  performYield,
  performYieldNow,
} from "./core/index.js";
export {
  callDepth,
  type CalledCode,
  type CompiledNumbers,
  delegateOp,
  enterCode,
  makeFrame,
  NO_FRAME,
} from "./core/index.js";
export {
  answer,
  answerHeld,
  answerLast,
  back,
  begin,
  deep,
  direct,
  end,
  ended,
  entry,
  forgetSaved,
  into,
  intoDirect,
  isDirect,
  last,
  leave,
  leaveMany,
  leaveWith,
  maySuspend,
  quiet,
  type Registers,
  registers,
  settle,
} from "./core/index.js";
export { type FrameRoutine, frames } from "./core/index.js";
export { DELIVER, type How, RAISE, RETURN, START } from "./core/index.js";
