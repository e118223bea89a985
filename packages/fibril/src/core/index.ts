/**
 * The one door into the core, for the library that is built on it. The directories behind it are the
 * core's rooms (see README.md). Nothing above the core imports from a room, and so nothing above it
 * touches a register or a state bit; the linter enforces that.
 *
 * A wait begins with `wait` and ends with `wake` or `fail`. Meanwhile it may stand in a `WaitQueue`:
 *
 *     const LATCH: WaitKind = {
 *       name: "latch.wait()",
 *       begin: (task, latch: Latch) => (latch.open ? done(undefined) : latch.enter(task)),
 *     };
 *     wait(): Op<void> { return wait(LATCH, this); }      // an op, for `yield*`
 *     release(): void { for (…) wake(task, undefined); }  // a plain call
 */
// Waiting.
export {
  type Joiner,
  type TaskFields as Task,
  type Wait,
  type Waiting as WaitBegun,
  type WaitKind,
} from "./kernel/registers.js";
export {
  checkpoint,
  checkWait,
  done,
  endWait,
  fail,
  failed,
  isGraceOver,
  ownOp as ownWait,
  pauseOp,
  type WaitEnd,
  waitOp as wait,
  wake,
} from "./kernel/wait.js";
export { type Fail, type Register, suspend, type Wake } from "./kernel/suspend.js";
export { park, unpark } from "./fiber/park.js";
export { performPark, performYieldNow } from "./fiber/machine-ops.js";
export { performTransfer } from "./fiber/transfer.js";
export { type Place, WaitQueue } from "./kernel/wait-queue.js";
export { attemptOp as attempt, type AttemptKind, MISSED } from "./kernel/attempt.js";
export { mayGoOn } from "./kernel/at-once.js";
export { lot, StandIn, takeOutcome, takeWait } from "./kernel/stand-in.js";
export { type InLine, joinLine, leaveLine } from "./ready/line.js";
export { addJoiner, outcomeOf, promiseOf, removeJoiner } from "./fiber/join.js";

// Ops, and routines that are state machines.
export { callOp, Op, perform } from "./kernel/op.js";
export { dropOp } from "./kernel/op-misuse.js";
export { takeOp } from "./kernel/deferred-op.js";
export { call, delegateOp, type FrameRoutine, frames, routine } from "./kernel/routine.js";
export {
  calling,
  callNowOp,
  performCall,
  performNow,
  performRoutine,
  performYield,
} from "./kernel/perform.js";
export { type CompiledNumbers } from "./kernel/compiled-numbers.js";
export { callDepth, type CalledCode, enterCode, makeFrame, NO_FRAME } from "./kernel/late-frame.js";
export {
  answer,
  answerHeld,
  answerLast,
  back,
  deep,
  direct,
  end,
  ended,
  entry,
  forgetSaved,
  last,
  leave,
  leaveMany,
  leaveWith,
  quiet,
  settle,
} from "./kernel/direct.js";
export {
  begin,
  into,
  intoDirect,
  isDirect,
  maySuspend,
  type Registers,
  registers,
} from "./kernel/direct-word.js";
export {
  type Code,
  DELIVER,
  Frame,
  type How,
  KILL,
  type Label,
  makesGenerators,
  RAISE,
  RETURN,
  START,
  type Start,
  SUSPEND,
} from "./kernel/frame.js";

// What runs, and how it ended.
export { type FiberFields } from "./kernel/registers.js";
export {
  checkNoOpInHand,
  currentFiber,
  currentScheduler,
  currentScope,
  currentTask,
  isForced,
  mayWait,
  ownScopeOf,
  refuseStart,
  requestEnd,
  schedulerOf,
} from "./kernel/current.js";
export {
  endingOf,
  type FiberOutcome,
  hasEnded,
  isTask,
  markNotStarted,
  observe,
} from "./kernel/task-end.js";
export { resultOf, waitOf } from "./kernel/wait-slot.js";
export { activityOf, isDaemon, strandFrames } from "./schedule/activity.js";
export { backtrace, type Locator, routineNames, setLocator } from "./kernel/backtrace.js";
export { nextSite, recordSites, siteOf, spawnLineOf } from "./kernel/error-trail.js";
export { callUserCode } from "./kernel/wall.js";

// Fibers and tasks.
export {
  type CancelOptions,
  Fiber,
  type FiberDebug,
  type FiberOptions,
  type FiberStatus,
  type Waiting,
} from "./fiber/fiber.js";
export { checkFiber } from "./fiber/brand.js";
export { type Cancelling } from "./fiber/teardown.js";
export { type Raisable } from "./fiber/to-error.js";
export { read, write } from "./kernel/storage.js";
export { type StorageKey } from "./kernel/registers.js";
export { daemon, type Spawn, spawn, spawnNamed, type Spawned } from "./schedule/task.js";
export { hereScope } from "./scope/scope-core.js";

// Scopes and requests to end.
export { openScope } from "./schedule/open-scope.js";
export { spawnIn } from "./schedule/task.js";
export {
  type CleanUp,
  innermostScope,
  type Instead,
  openScopes,
  type ScopeCore,
  type ScopeEnding,
  spawnScopeOf,
} from "./scope/scope-core.js";
export { Failures } from "./scope/failures.js";
export { releasingFrame } from "./scope/scope-end.js";
export { checkGrace, giveGrace, requestInForce } from "./scope/cancelling.js";
export { asker, graceOf } from "./kernel/request.js";
export { type CancelSource } from "./kernel/registers.js";

// Schedulers, their hosts and their policies.
export { activeSchedulers, type Budget, Scheduler } from "./schedule/scheduler.js";
export { type Ambient, type Ambients, type Context, type Host, type Idle } from "./kernel/host.js";
export { type Ending, type Probe } from "./kernel/probe.js";
export { FifoSet } from "./ready/fifo.js";
export { LocalitySet } from "./ready/locality.js";
export { mulberry32 } from "./ready/random.js";
export { type ReadySet, type Slotted } from "./ready/ready-set.js";
export { SeededSet } from "./ready/seeded.js";
export { Timer } from "./ready/timers.js";

// Errors and their texts, and the checks of what programs pass in.
export {
  Cancelled,
  DeadlockError,
  FiberError,
  type FiberErrorCode,
  needsHost,
  noTask,
  SimulationError,
  TimeoutError,
  tooManyRestarts,
  unscheduled,
} from "./kernel/errors.js";
export { hasMethod, kindOf, labelOf, nameOf, shown, textIn, textOf } from "./kernel/text.js";
export { notRoutine } from "./kernel/routine.js";
export {
  ANYTHING,
  CALLBACK,
  checkOptions,
  checkValue,
  FLAG,
  having,
  limitFrom,
  MILLISECONDS,
  oneOf,
  type Rule,
  type Rules,
  TEXT,
  WHOLE,
  wholeFrom,
} from "./kernel/check.js";

// Types without a run-time side.
export {
  type AsyncDisposes,
  type Disposes,
  type NoYields,
  type ResumeValues,
  type Routine,
  type RoutineFunction,
  type Suspension,
  type Waitable,
  type YieldsOf,
} from "./kernel/types.js";
