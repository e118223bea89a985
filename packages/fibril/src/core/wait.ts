/**
 * Waiting: how a task leaves its turn, and how it comes back.
 *
 * There is one way out and one way back. An op that waits names a {@link WaitKind}, which *begins* the
 * wait when `yield*` runs it; that gives a {@link Wait}, which knows how to undo what it began. The task is
 * parked, and somebody calls {@link wake}: then the wait is over, with a value or an error, and the
 * task is ready for its next turn. Whoever wants it out earlier (cancel, raise, kill) undoes the wait;
 * so nothing is ever woken twice, and nothing that a wait registered stays behind.
 *
 *     yield* ──▶ asked to end? ──▶ begin ──▶ asked to end meanwhile? ──▶ parked ──▶ wake ──▶ ready
 *                    │ yes           │ the outcome is known   │ yes: undo
 *                    ▼               ▼                        ▼
 *                the same frame goes on at once, or, for the seventh time in one turn, at its next
 *
 * Requests are looked at here and not when the op is created, because between the two anything may
 * happen; and again when the wait has begun, because beginning it is the user's code, which may cancel
 * the fiber that it runs for.
 *
 * A task may wait *in another fiber*: in a coroutine that it resumed with `yield* Fiber.resume`, or
 * transferred to. Then the whole chain waits, and goes on where it was.
 */
import { aside } from "./aside.js";
import { endTask } from "./ending.js";
import {
  Cancelled,
  contractError,
  nativeCrossing,
  pending,
  syncWait,
  unhandled,
  unscheduled,
} from "./errors.js";
import type {
  FiberFields,
  SchedulerFields,
  ScopeFields,
  TaskFields,
  Waiting,
  WaitKind,
} from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import { drop, notRun, Op, record } from "./op.js";
import { tell } from "./probe.js";
import { type CancelRequest, cancelledError, sayAgain } from "./request.js";
import type { How } from "./state.js";
import * as state from "./state.js";
import {
  Away,
  BARE_WAIT,
  OVER,
  redirect,
  remember,
  tipOf,
  upwards,
  waitingOf,
  waitOf,
} from "./strand.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { IDLE, K, PAUSE_CREATED, WAIT_CREATED, WAIT_STARTED, WATCHED } = kernel;
const {
  AWAY,
  BARE,
  CUT,
  DELIVER,
  ELSEWHERE,
  FORCED,
  FRESH,
  KILL_DUE,
  KILLED,
  LEFT,
  PARKED,
  PAUSED,
  RAISE,
  RAISES,
  READY,
  RETURN,
  RUNNING,
  UNWINDING,
} = state;

/** Something that a task waits for. */
export interface Wait {
  /** For people: `sleep(10 ms)`. */
  readonly what: string;
  /** The tick when it began. */
  readonly since: number;
  /** Cannot be called off, because the wait is itself part of an orderly end. */
  readonly firm?: boolean;
  /** It may be ended by something that happens outside all fibers: a promise, a callback. */
  readonly outside?: boolean;
  /** It is a `suspend` of the user's: a callback of the host may hold its wake. */
  readonly suspended?: boolean;
  /** The fibers that it waits for, where it is those that end it: for who looks for circles. */
  on?(): readonly TaskFields[];
  /**
   * Takes back what the beginning registered: called at most once, when the wait is over already, with
   * the error that ends it (undefined for a kill).
   */
  undo(error: unknown): void;
}

/** How a wait ends. */
export type Ended = typeof state.DELIVER | typeof state.RAISE;

/**
 * So many waits of one turn may end at once; then the fiber gives way. A small number, because each of
 * three hundred fibers may compute between them, and a timer waits for all of them.
 */
const AT_ONCE = 6;

const PAUSE: Op<unknown> = new Op(PAUSE_CREATED);
const WAIT: Op<unknown> = new Op(WAIT_CREATED);

/** Goes to the back of the ready set. */
export function pauseOp(): Op<void> {
  const task = K.task;
  if (task === null || task !== K.current || K.phase !== IDLE || K.base !== K.loop || K.debug) {
    checkWait("yieldNow()");
  }
  K.phase = PAUSE_CREATED;
  return PAUSE as Op<void>;
}

/** Waits for what the kind makes of `argument`. */
export function waitOp<Result>(kind: WaitKind, argument: unknown): Op<Result> {
  const task = K.task;
  if (task === null || task !== K.current || K.phase !== IDLE || K.base !== K.loop || K.debug) {
    checkWaitOf(kind, argument);
  }
  K.phase = (K.current._flags & UNWINDING) === 0 ? WAIT_CREATED : WAIT_CREATED + WATCHED;
  K.begin = kind;
  K.value = argument;
  return WAIT as Op<Result>;
}

/** The same where the rules are known to hold: for the frames of the library itself. */
export function ownOp(kind: WaitKind, argument: unknown): Op<unknown> {
  K.phase = WAIT_CREATED;
  K.begin = kind;
  K.value = argument;
  return WAIT;
}

function checkWaitOf(kind: WaitKind, argument: unknown): void {
  try {
    checkWait(kind.name);
  } catch (error) {
    kind.refused?.(argument);
    throw error;
  }
}

/**
 * Whether the running fiber may have now what it would get by a wait that ends at once: then the frames of
 * the library go without one. Counts it as such a wait; false when the fiber was asked to end, or has to
 * give way.
 */
export function passes(): boolean {
  if (K.atOnce >= AT_ONCE || K.base !== K.loop) return false;
  if (requestFor(K.task as TaskFields, K.current) !== null) return false;
  K.atOnce++;
  return true;
}

/** Whether a task's grace is over: nothing that it waits for is waited for any more. */
export function isForced(task: TaskFields): boolean {
  return (tipOf(task)._flags & FORCED) !== 0;
}

/** No op is in hand, a scheduler runs the fiber, and no native call is in its strand. */
export function checkWait(name: string): void {
  if (K.phase !== IDLE) throw notRun();
  if (K.task === null) throw unscheduled(name);
  checkStrand(name);
  if (K.debug) record();
}

/** A strand waits as a whole: there must be no native call in it. */
export function checkStrand(name: string): void {
  if (K.base !== K.loop) throw syncWait(name, labelOf(K.current));
}

/**
 * Throws what a wait would, without giving way: for loops that compute. A time limit that has passed
 * meanwhile counts: the clock is looked at now and then (see `lookAtClock`).
 */
export function checkpoint(): void {
  checkWait("checkpoint()");
  const task = K.task as TaskFields;
  task._scope.scheduler.lookAtClock();
  const request = requestFor(task, K.current);
  if (request !== null) throw cancelledAt(request, task, "checkpoint()");
}

/** The scope that counts for code running in `tip`, a fiber of the task's. */
export function innermost(task: TaskFields, tip: FiberFields): ScopeFields {
  for (let at: FiberFields | null = tip; at !== null; at = at._prev) {
    if (at._scope !== null) return at._scope;
  }
  // Rarely: the tip was transferred to.
  for (const at of upwards(task, tip)) if (at._scope !== null) return at._scope;
  return task._scope;
}

/** The request that applies to code running in `tip`. */
export function requestFor(task: TaskFields, tip: FiberFields): CancelRequest | null {
  return (tip === task ? task._scope : innermost(task, tip)).effective;
}

/** The same Cancelled at every wait, saying at a later one what to do instead. */
function cancelledAt(request: CancelRequest, task: TaskFields, name: string): Cancelled {
  const scope = task._scope.ownOf(task);
  const { thrown } = scope;
  if (thrown === null || thrown.request !== request) {
    return (scope.thrown = cancelledError(request, task));
  }
  sayAgain(thrown, name);
  return thrown;
}

/** The Cancelled that ends the wait of a parked task. */
function cancelledNow(request: CancelRequest, task: TaskFields): Cancelled {
  const scope = task._scope.ownOf(task);
  if (scope.thrown === null || scope.thrown.request !== request) {
    scope.thrown = cancelledError(request, task);
  }
  return scope.thrown;
}

/**
 * Ends the turn of the running task: `tip` has started a pause or a wait. Answers, as every op does,
 * how to enter `K.current`: the loop, or, where the outcome is known at once, the same fiber again.
 */
export function park(tip: FiberFields, phase: number): How {
  const task = K.task as TaskFields;
  let wait: Waiting | null = null;
  let bits: number;
  let value: unknown;
  if (phase === WAIT_STARTED) {
    wait = beginWait(task, tip);
    if (wait === null) {
      if (++K.atOnce <= AT_ONCE || K.base !== K.loop) return K.how;
      bits = K.how === RAISE ? READY | RAISES : READY;
      value = K.value;
    } else if (wait === BARE_WAIT && tip === task) {
      bits = PARKED | BARE;
    } else {
      bits = PARKED;
      value = wait;
    }
  } else {
    const request = requestFor(task, tip);
    if (request === null) {
      bits = READY | PAUSED;
    } else {
      value = cancelledAt(request, task, "yieldNow()");
      if (++K.atOnce <= AT_ONCE) return outcome(RAISE, value);
      bits = READY | RAISES;
    }
  }

  if (tip === task) {
    task._flags = (task._flags & ~RUNNING) | LEFT | bits;
    // A bare wake stands there already; storing what is young into what is old costs as much as ten loads.
    if (task._wait !== value) task._wait = value;
  } else {
    tip._flags = (tip._flags & ~RUNNING) | LEFT | PARKED;
    task._flags |= AWAY | bits;
    task._wait = new Away(wait, tip, K.tail, value);
    remember(tip, task);
  }
  K.current = K.base;
  K.value = undefined;
  const { scheduler } = task._scope;
  if ((bits & READY) !== 0) scheduler.ready.add(task);
  if (scheduler.probe !== null) tellParked(scheduler, task);
  return DELIVER;
}

function tellParked(scheduler: SchedulerFields, task: TaskFields): void {
  tell(scheduler, "suspend", task, waitOf(task)?.what);
}

/** Puts an outcome where the kernel looks for it. */
function outcome(how: How, value: unknown): How {
  K.how = how;
  K.value = value;
  return how;
}

/**
 * Begins the wait in hand, unless the fiber was asked to end. Answers the wait; null when there is none:
 * then its outcome is in the registers.
 */
function beginWait(task: TaskFields, tip: FiberFields): Waiting | null {
  const kind = K.begin as WaitKind;
  const argument = K.value;
  K.begin = null;
  K.value = undefined;
  if (K.base !== K.loop) {
    // The end of a scope, in a coroutine that came to run inside a synchronous call since it opened it.
    outcome(RAISE, syncWait(kind.name, labelOf(tip)));
    return null;
  }
  let scope = tip === task ? task._scope : innermost(task, tip);
  if (scope.effective !== null && kind.firm !== true) return refuse(kind, argument, task, tip);

  let wait: Waiting | null;
  try {
    wait = kind.begin(task, argument);
  } catch (error) {
    if (K.phase !== IDLE) drop(null);
    outcome(RAISE, error);
    return null;
  }
  if (wait !== null && kind.firm !== true) {
    // Looked for again, because a fiber that is asked to end may get a scope of its own by that.
    scope = tip === task ? task._scope : innermost(task, tip);
    if ((task._flags & FORCED) !== 0 || (tip._flags & KILL_DUE) !== 0 || scope.effective !== null) {
      return withdraw(wait, task, tip);
    }
  }
  return wait;
}

/** The fiber was asked to end before the wait began. */
function refuse(kind: WaitKind, argument: unknown, task: TaskFields, tip: FiberFields): null {
  kind.refused?.(argument);
  outcome(RAISE, cancelledAt(requestFor(task, tip) as CancelRequest, task, kind.name));
  return null;
}

/** The fiber was asked to end while the wait began: it is undone. */
function withdraw(wait: Waiting, task: TaskFields, tip: FiberFields): null {
  tip._flags &= ~KILL_DUE;
  const request = requestFor(task, tip);
  const unwinds = request === null || (task._flags & FORCED) !== 0;
  const error = unwinds ? undefined : cancelledNow(request, task);
  if ((task._flags & READY) !== 0) return woken(task);
  const failed = undo(wait, error);
  if (failed !== null) outcome(RAISE, failed.error);
  else outcome(unwinds ? RETURN : RAISE, error);
  return null;
}

/**
 * The text of a Cancelled has called the user's code, and that has ended the wait which it was for: what
 * was handed over arrives, and the request is met at the next wait.
 */
function woken(task: TaskFields): null {
  outcome((task._flags & RAISES) !== 0 ? RAISE : DELIVER, task._wait);
  task._scope.scheduler.ready.remove(task);
  task._flags &= ~(READY | RAISES);
  task._wait = undefined;
  return null;
}

/** Ends a task's wait: it will have its turn with the value. */
export function wake(task: TaskFields, value: unknown): void {
  tellWoken(makeReady(task, DELIVER, value), task);
}

/** Ends a task's wait: it will have its turn with the error, thrown at the `yield*`. */
export function fail(task: TaskFields, error: unknown): void {
  tellWoken(makeReady(task, RAISE, error), task);
}

/** Ends a task's wait in the one way or the other. */
export function endWait(task: TaskFields, how: Ended, value: unknown): void {
  tellWoken(makeReady(task, how, value), task);
}

/** What a {@link WaitKind} answers when there is nothing to wait for: the op results in the value. */
export function done(value: unknown): null {
  K.how = DELIVER;
  K.value = value;
  return null;
}

/** What a {@link WaitKind} answers when there is nothing to wait for: the op throws the error. */
export function failed(error: unknown): null {
  K.how = RAISE;
  K.value = error;
  return null;
}

/** The task in whose turn the running code is; null in plain code. */
export function currentTask(): TaskFields | null {
  return K.task;
}

function makeReady(task: TaskFields, how: Ended, value: unknown): SchedulerFields {
  const flags = task._flags;
  task._flags = (flags & ~(PARKED | BARE)) | READY | (how === RAISE ? RAISES : 0);
  if ((flags & AWAY) === 0) {
    if (value !== undefined || (flags & BARE) === 0) task._wait = value;
  } else {
    const away = task._wait as Away;
    task._wait = new Away(null, away.tip, away.tail, value);
  }
  const scheduler = (flags & ELSEWHERE) === 0 ? (K.home as SchedulerFields) : task._scope.scheduler;
  scheduler.ready.add(task);
  return scheduler;
}

function tellWoken(scheduler: SchedulerFields, task: TaskFields): void {
  if (scheduler.probe !== null) tell(scheduler, "wake", task);
  scheduler.stir();
}

/**
 * Calls a task out of its wait with an error, or, for a kill, with nothing. A task that has been
 * woken with a value gets the error in its place; one that has an error keeps it. Answers whether
 * it took.
 *
 * The wait is over before it is undone, because the undo is the user's code: whatever it does to this
 * fiber, it finds it ready, and not in a wait that is about to be ended a second time. The probe is told
 * last, because its hook could end a wait that is not undone yet.
 */
export function interrupt(task: TaskFields, how: Ended, error: unknown): boolean {
  const flags = task._flags;
  if ((flags & PARKED) !== 0) {
    const wait = waitingOf(task) as Waiting;
    const scheduler = makeReady(task, how, error);
    const outer = undoing;
    undoing = task;
    const failed = undo(wait, error);
    undoing = outer;
    if (failed !== null && (task._flags & READY) !== 0) replace(task, failed.error);
    tellWoken(scheduler, task);
    return true;
  }
  if ((flags & (READY | FRESH)) !== READY || (flags & RAISES) !== 0) return false;
  if (how === RAISE) replace(task, error);
  return true;
}

/** Whose wait is being undone. */
let undoing: TaskFields | null = null;

/** A ready task will get an error in place of what it was woken with. */
function replace(task: TaskFields, error: unknown): void {
  task._flags |= RAISES;
  if ((task._flags & AWAY) === 0) task._wait = error;
  else (task._wait as Away).value = error;
}

/** What a ready task is going to get. */
function given(task: TaskFields): unknown {
  return (task._flags & AWAY) === 0 ? task._wait : (task._wait as Away).value;
}

/** Tells a task that waits, or has given way, of a request that now applies to it. */
export function interruptCancelled(task: TaskFields, request: CancelRequest): void {
  if ((task._flags & (PARKED | PAUSED)) === 0 || waitOf(task)?.firm === true) return;
  // Looked at again, because the error's text calls the user's code, which may have woken the fiber.
  const error = cancelledNow(request, task);
  const flags = task._flags;
  if ((flags & PARKED) !== 0) interrupt(task, RAISE, error);
  else if ((flags & (READY | PAUSED | RAISES)) === (READY | PAUSED)) replace(task, error);
}

/** An undo is the user's code: its error goes to the fiber, not to who cancelled. */
function undo(wait: Waiting, error: unknown): { readonly error: unknown } | null {
  if (typeof wait === "function") {
    wait(OVER);
    return null;
  }
  try {
    aside(() => wait.undo(error));
    return null;
  } catch (thrown) {
    return { error: thrown };
  }
}

/** `raise` on a fiber of a strand that waits: the error comes at the task's next turn. */
export function raiseInTask(task: TaskFields, tip: FiberFields, error: unknown): void {
  const flags = task._flags;
  if ((flags & FRESH) !== 0) throw contractError("unborn");
  if ((flags & (READY | PARKED)) === 0) throw nativeCrossing("an error", labelOf(tip));
  // A Cancelled that has not been seen may be replaced: it is thrown again at the next wait. But an undo
  // that raises (an AbortSignal's listener, say) only repeats what the fiber is going to be told.
  if ((flags & RAISES) !== 0) {
    if (!Cancelled.is(given(task))) throw pending(labelOf(task), error);
    if (undoing === task) return;
  }
  redirect(task, tip);
  if ((flags & RAISES) !== 0) replace(task, error);
  else interrupt(task, RAISE, error);
}

/**
 * `kill` of a fiber of a strand that waits: it unwinds at the task's next turn. `end` is the deepest
 * of those that it is resuming, which are told by an error (line 36).
 */
export function killInTask(task: TaskFields, fiber: FiberFields, end: FiberFields): void {
  const flags = task._flags;
  if ((flags & FRESH) !== 0) {
    task._flags |= KILLED;
    endTask(task, CUT, undefined);
    return;
  }
  if ((flags & (READY | PARKED)) === 0) {
    // Its turn is interrupted by another scheduler's, on the native stack: it unwinds at its next op.
    fiber._flags |= KILLED;
    tipOf(task)._flags |= KILL_DUE;
    return;
  }
  redirect(task, end);
  fiber._flags |= KILLED;
  if (end === fiber) interrupt(task, DELIVER, undefined);
  else interrupt(task, RAISE, unhandled());
}
