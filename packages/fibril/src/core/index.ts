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
export type { TaskFields as Task, WaitKind } from "./kernel.js";
export {
  currentTask,
  done,
  type Ended,
  endWait,
  fail,
  failed,
  type Wait,
  waitOp as wait,
  wake,
} from "./wait.js";
export { type Place, WaitQueue } from "./wait-queue.js";
export { attemptOp as attempt, type AttemptKind, mayGoOn, MISSED } from "./attempt.js";
export { lot, StandIn, takeOutcome, takeWait } from "./stand-in.js";
export { aside } from "./aside.js";

// Routines of the library's own that are state machines.
export { type Code, Frame, KILL, type Label, makesGenerators } from "./frame.js";
export { Op, perform } from "./op.js";
export type { Disposes, RoutineFunction, Waitable } from "./types.js";
export { callOp } from "./ops.js";
export { call } from "./routine.js";
export { DELIVER, type How, RAISE, RETURN, SCHEDULED, START, TERMINATED } from "./state.js";

// Routines that are generators.
export { routine } from "./routine.js";
export type { AsyncDisposes, NoYields, Routine, Suspension, YieldsOf } from "./types.js";

// Scopes, time and the host of the running fiber.
export { labelOf } from "./label.js";
export type { ScopeCore } from "./scope.js";
/** @internal Not among the declarations, because those of a task are incomplete there. */
export { hereScope } from "./task.js";
export { checkFiber } from "./brand.js";
export { noTask, unscheduled } from "./errors.js";
export { addJoiner, type Joiner } from "./join.js";
export { type InLine, joinLine, leaveLine } from "./line.js";
export type { Fiber } from "./fiber.js";

// The texts of errors, and the checks of what users pass.
export { Cancelled, FiberError } from "./errors.js";
export * from "./check.js";
export { hasMethod, shown } from "./kind.js";
export { textOf } from "./text.js";
