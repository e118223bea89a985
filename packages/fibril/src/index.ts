/**
 * Fibril: fibers for TypeScript. Coroutines with Ruby's Fiber contract, and structured concurrency on
 * top of them.
 */

// Coroutines.
export type { Cancelling } from "./core/cancelling.js";
export type {
  CancelOptions,
  FiberDebug,
  FiberOptions,
  FiberStatus,
  Waiting,
} from "./core/fiber.js";
export { Fiber, type FiberConstructor } from "./fiber.js";
export { call, routine } from "./core/routine.js";
export type { Op } from "./core/op.js";
export type { Raisable } from "./core/raise.js";
export type { StorageKey } from "./core/storage.js";
export type { ResumeValues, Routine, RoutineFunction, Suspension, Waitable } from "./core/types.js";

// Running.
export { type Policy, Run, run, type RunForms, type RunOptions, runSync } from "./run.js";
export { main, type Main } from "./main.js";
export { daemon, type Spawn, spawn, type Spawned } from "./spawn.js";
export { checkpoint, sleep, yieldNow } from "./sleep.js";
export { park, unpark } from "./park.js";
export { type Fail, type Register, suspend, type Wake } from "./suspend.js";
export { until } from "./until.js";
export { fifo, locality, seeded } from "./policies.js";
export type { Budget } from "./core/scheduler.js";
export type { Ambient, Ambients, Context as HostContext, Host, Idle } from "./core/host.js";
export type { ReadySet, Slotted } from "./core/ready-set.js";
export type { AnyAbortSignal, HostAbortSignal } from "./abort.js";

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
export type { ScopeEnding } from "./core/closing.js";
export { resource, type ResourceOptions } from "./resource.js";
export { type Context, createContext } from "./context.js";
export { type End, monitor } from "./monitor.js";
export { supervise, type SupervisedChild, type SuperviseOptions } from "./supervise.js";

// Between fibers.
export {
  Channel,
  type ChannelOptions,
  type ChannelStatistics,
  type Overflow,
} from "./channel/channel.js";
export type { EachBody } from "./channel/each.js";
// Several at once.
export { all } from "./combine/all.js";
export { any } from "./combine/any.js";
export { inCompletionOrder } from "./combine/completion.js";
export {
  type EachOptions,
  forEach,
  map,
  type MapIntoOptions,
  type MapOptions,
  type Sink,
} from "./combine/map.js";
export { race } from "./combine/race.js";
export { type Outcomes, settled } from "./combine/settled.js";
export type { Items, Receivable } from "./combine/source.js";
export type { Keepable, ResultOf, ResultsOf, Work } from "./combine/work.js";

// When, how often, and what to do about failures.
export { batches, type BatchesOptions } from "./policy/batches.js";
export { breathe } from "./policy/breathe.js";
export {
  CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitBreakerStats,
  CircuitOpenError,
  type CircuitState,
} from "./policy/circuit-breaker.js";
export { debounce, type Debounced } from "./policy/debounce.js";
export { every, type EveryOptions, type Tick, type Times } from "./policy/every.js";
export { FiberMap, type FiberMapOptions } from "./policy/fiber-map.js";
export { hedge, type HedgeOptions } from "./policy/hedge.js";
export { type Loader, loader, type LoaderOptions } from "./policy/loader.js";
export {
  memoize,
  type Memoized,
  type MemoizeOptions,
  type MemoizeStats,
} from "./policy/memoize.js";
export {
  RateLimiter,
  type RateLimiterOptions,
  type RateLimiterStats,
} from "./policy/rate-limiter.js";
export { retry, type RetryOptions } from "./policy/retry.js";
export {
  type BackOffOptions,
  exponential,
  type ExponentialOptions,
  type Failure,
  fibonacci,
  fixed,
  type Jitter,
  Schedule,
} from "./policy/schedule.js";
export {
  type ChildInfo,
  type Decision,
  Supervisor,
  supervisor,
  type SupervisorOptions,
} from "./policy/supervisor.js";
export { throttle, type Throttled } from "./policy/throttle.js";
export { timeout } from "./policy/timeout.js";

// Seeing.
export { dump } from "./dump.js";

// What goes wrong.
export {
  Cancelled,
  DeadlockError,
  FiberError,
  type FiberErrorCode,
  TimeoutError,
} from "./core/errors.js";
export type { CancelSource } from "./core/request.js";
export type { FiberOutcome } from "./core/ending.js";
export type { Ending, Probe } from "./core/probe.js";
