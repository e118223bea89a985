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
