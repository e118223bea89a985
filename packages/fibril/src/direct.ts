/**
 * `fibril/direct`: what `fibril` has, with the types of direct style. In a module that begins with `"use fibers"` and is
 * compiled by `@fibril/compiler`, every call may wait, so a function that gives an op to `yield*` is a function that
 * results in what the op results in.
 *
 * ```ts
 * "use fibers";
 * import { Channel, run, sleep, spawn } from "fibril/direct";
 *
 * const numbers = new Channel<number>();
 * await run(() => {
 *   spawn(() => {
 *     sleep(1);
 *     numbers.send(5);
 *   });
 *   const n = numbers.receive();
 *   n + 1; // 6
 * });
 * ```
 *
 * At run time, these are the same functions and classes as those of `fibril`. Code that is not compiled gets ops
 * from them, which do nothing; the linter's rule `use-fibers` finds it.
 */
export { type Direct, type DirectBut } from "./direct/types.js";
export {
  abortable,
  breathe,
  checkpoint,
  once,
  park,
  select,
  sleep,
  suspend,
  trySelect,
  unpark,
  until,
  wait,
  yieldNow,
} from "./direct/wait.js";
export {
  called,
  daemon,
  dump,
  Fiber,
  main,
  monitor,
  run,
  runSync,
  spawn,
  type Spawn,
  type Task,
  toAsync,
  toAsyncGenerator,
} from "./direct/run.js";
export {
  type ChildInfo,
  type Context,
  createContext,
  type CreatedScope,
  createScope,
  defer,
  failAfter,
  failAt,
  moveOnAfter,
  moveOnAt,
  resource,
  scope,
  Scope,
  shield,
  started,
  supervise,
  supervised,
  supervisor,
  Supervisor,
  type SupervisorOptions,
} from "./direct/structure.js";
export {
  all,
  any,
  batches,
  each,
  forEach,
  hedge,
  inCompletionOrder,
  type Items,
  map,
  type MapIntoOptions,
  race,
  settled,
} from "./direct/combine.js";
export {
  Broadcast,
  Channel,
  events,
  mailbox,
  messages,
  receive,
  type Receiver,
  send,
  type Sender,
  tryReceive,
  trySend,
} from "./direct/channels.js";
export {
  Barrier,
  Condition,
  Event,
  Latch,
  lazy,
  Mutex,
  Once,
  openPool,
  Pool,
  type PoolOptions,
  RwLock,
  RwLockSide,
  Semaphore,
} from "./direct/locks.js";
export {
  ByteReader,
  bytes,
  lines,
  pipe,
  type Readables,
  Reader,
  type Writables,
  Writer,
} from "./direct/streams.js";
export {
  CircuitBreaker,
  debounce,
  every,
  FiberMap,
  loader,
  type Loader,
  memoize,
  type Memoized,
  RateLimiter,
  retry,
  throttle,
  timeout,
} from "./direct/policies.js";
// What does not wait is the same in both styles.
export {
  abortSignal,
  Cancelled,
  cancelling,
  CircuitOpenError,
  currentDeadline,
  Deadline,
  DeadlockError,
  exponential,
  fibonacci,
  FiberError,
  fifo,
  fixed,
  locality,
  now,
  Run,
  Schedule,
  seeded,
  TimeoutError,
  use,
} from "./index.js";
