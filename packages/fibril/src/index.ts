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

// Between fibers and their host.
export { abortSignal } from "./bridge/abort-signal.js";
export { abortable } from "./bridge/abortable.js";
export { toAsync, type ToAsyncOptions } from "./bridge/to-async.js";
export { toAsyncGenerator } from "./bridge/to-async-generator.js";
export { each, type Each } from "./bridge/each.js";
export { once, type OnceOptions } from "./bridge/once.js";
export { type EventOverflow, events, type EventsOptions } from "./bridge/events.js";
export { messages, type MessagesOptions } from "./bridge/messages.js";
export type { AnyEventEmitter, AnyEventTarget } from "./bridge/listen.js";
export { Reader, type ReaderOptions, type Readables } from "./bridge/reader.js";
export { Writer, type WriterOptions, type Writables } from "./bridge/writer.js";
export type { AnyReadable, AnyWritable } from "./bridge/node-streams.js";
export type { AnyReadableStream, AnyWritableStream } from "./bridge/web-streams.js";
export { pipe, type PipeOptions } from "./bridge/pipe.js";
export { lines, type LinesOptions } from "./bridge/lines.js";
export { ByteReader, bytes, type ReadUntilOptions } from "./bridge/bytes.js";
export { type Disposes, use } from "./bridge/use.js";

// Between fibers.
export {
  Channel,
  type ChannelOptions,
  type ChannelStatistics,
  type Overflow,
} from "./channel/channel.js";
export type { EachBody } from "./channel/each.js";
export {
  Broadcast,
  type BroadcastOptions,
  type BroadcastStatistics,
  type Slow,
} from "./channel/broadcast.js";
export {
  mailbox,
  type MailboxOptions,
  type MailboxStatistics,
  receive,
  send,
  tryReceive,
  trySend,
} from "./channel/mailbox.js";
export type { Receiver, Sender } from "./channel/halves.js";
export {
  type Cases,
  select,
  type Selected,
  type SelectOptions,
  trySelect,
} from "./channel/select.js";
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
export type { Items, Legible, Receivable } from "./combine/source.js";
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

// Between fibers: locks.
export type { LockOptions } from "./lock/options.js";
export { Mutex, type MutexStats } from "./lock/mutex.js";
export { Semaphore, type SemaphoreStats } from "./lock/semaphore.js";
export { RwLock, RwLockSide, type RwLockStats } from "./lock/rw-lock.js";
export { Condition, type ConditionOptions, type ConditionStats } from "./lock/condition.js";
export { Event, type EventStats } from "./lock/event.js";
export { Latch, type LatchStats } from "./lock/latch.js";
export { Barrier, type BarrierStats } from "./lock/barrier.js";
export { lazy, Once, type OnceStats } from "./lock/once.js";
export { openPool, Pool, type PoolOptions, type PoolStats } from "./lock/pool.js";
