/**
 * Fibril: fibers for TypeScript. Coroutines with Ruby's Fiber contract, and structured concurrency on
 * top of them.
 */
// Coroutines.
export { type Cancelling } from "./core/index.js";
export {
  type CancelOptions,
  type FiberDebug,
  type FiberOptions,
  type FiberStatus,
  type Waiting,
} from "./core/index.js";
export { Fiber, type FiberConstructor } from "./fiber.js";
export { call, routine } from "./core/index.js";
export { type Op } from "./core/index.js";
export { type Raisable } from "./core/index.js";
export { type StorageKey } from "./core/index.js";
export {
  type ResumeValues,
  type Routine,
  type RoutineFunction,
  type Suspension,
  type Waitable,
} from "./core/index.js";

// Running.
export { type Policy, Run, run, type RunForms, type RunOptions, runSync } from "./run.js";
export { main, type Main } from "./main.js";
export { daemon, type Spawn, spawn, type Spawned } from "./core/index.js";
export { checkpoint } from "./core/index.js";
export { sleep, yieldNow } from "./sleep.js";
export { park, unpark } from "./core/index.js";
export { type Fail, type Register, suspend, type Wake } from "./core/index.js";
export { until } from "./until.js";
export { fifo, locality, seeded } from "./policies.js";
export { type Budget } from "./core/index.js";
export {
  type Ambient,
  type Ambients,
  type Context as HostContext,
  type Host,
  type Idle,
} from "./core/index.js";
export { type ReadySet, type Slotted } from "./core/index.js";
export { type AnyAbortSignal, type HostAbortSignal } from "./abort.js";

// Structure.
export {
  Scope,
  scope,
  type ScopeRoutine,
  type ScopeStatistics,
  shield,
  supervised,
} from "./scope.js";
export { type CreatedScope, createScope } from "./create-scope.js";
export { started } from "./start.js";
export { type Cancellation, cancelling } from "./cancelling.js";
export {
  currentDeadline,
  Deadline,
  failAfter,
  failAt,
  type LimitedRoutine,
  moveOnAfter,
  moveOnAt,
  now,
} from "./deadline.js";
export { defer } from "./defer.js";
export { type ScopeEnding } from "./core/index.js";
export { resource, type ResourceOptions } from "./resource.js";
export { type Context, createContext } from "./context.js";
export { type End, monitor } from "./monitor.js";
export { supervise, type SupervisedChild, type SuperviseOptions } from "./supervise.js";

// Observing.
export { dump } from "./dump.js";

// Errors and endings.
export {
  Cancelled,
  DeadlockError,
  FiberError,
  type FiberErrorCode,
  TimeoutError,
} from "./core/index.js";
export { type CancelSource } from "./core/index.js";
export { type FiberOutcome } from "./core/index.js";
export { type Ending, type Probe } from "./core/index.js";
