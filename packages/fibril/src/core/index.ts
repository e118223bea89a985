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
export { currentTask, done, fail, failed, type Wait, waitOp as wait, wake } from "./wait.js";
export { WaitQueue } from "./wait-queue.js";
export { attemptOp as attempt, type AttemptKind, mayGoOn, MISSED } from "./attempt.js";

// Routines of the library's own that are state machines.
export { type Code, Frame, KILL, type Label, makesGenerators } from "./frame.js";
export { Op, perform } from "./op.js";
export type { RoutineFunction, Waitable } from "./types.js";
export { callOp } from "./ops.js";
export { call } from "./routine.js";
export { DELIVER, type How, RAISE, RETURN, START } from "./state.js";

// Scopes, time and the host of the running fiber.
export { labelOf } from "./label.js";

// Routines, and what they are to the compiler.
export { routine } from "./routine.js";
export type { Routine } from "./types.js";
export type { FiberOutcome } from "./ending.js";

// The texts of errors, and the checks of what users pass.
export { Cancelled, FiberError, tooManyRestarts } from "./errors.js";
export * from "./check.js";
export { hasMethod, kindOf } from "./kind.js";
export { textOf } from "./text.js";
