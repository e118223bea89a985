/**
 * The one door into the core for the library that is built on it: a wait begins by `wait`, ends by `wake`
 * or `fail`, and may stand in a `WaitQueue` meanwhile. Nothing above the core needs its registers.
 *
 *     const LATCH: WaitKind = {
 *       name: "latch.wait()",
 *       begin: (task, latch: Latch) => (latch.open ? done(undefined) : latch.enter(task)),
 *     };
 *     wait(): Op<void> { return wait(LATCH, this); }      // an op, for `yield*`
 *     release(): void { for (…) wake(task, undefined); }  // a plain call
 */
export type { TaskFields as Task, Waiting, WaitKind } from "./kernel.js";
export type { Op } from "./op.js";
export {
  checkWait,
  currentTask,
  done,
  fail,
  failed,
  isForced,
  ownOp,
  passes,
  type Wait,
  waitOp as wait,
  wake,
} from "./wait.js";
export { WaitQueue } from "./wait-queue.js";

// Routines of the library's own that are state machines.
export { type Code, Frame, KILL, type Label, SUSPEND } from "./frame.js";
export { perform } from "./op.js";
export { callOp } from "./ops.js";
export { performRoutine } from "./perform.js";
export { DELIVER, type How, RAISE, RETURN, START, TERMINATED } from "./state.js";
export { call } from "./routine.js";
export type { Routine, RoutineFunction } from "./types.js";

// Who wants to be told of a fiber's end.
export { addJoiner, type Joiner, removeJoiner } from "./join.js";

// Scopes, time and the host of the running fiber.
export { labelOf } from "./label.js";

// The texts of errors, and the checks of what users pass.
export { Cancelled, FiberError } from "./errors.js";
export * from "./check.js";
