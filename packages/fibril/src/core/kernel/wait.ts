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
import { Cancelled, syncWait, unscheduled } from "./errors.js";
import { DELIVER, type How, RAISE, RETURN } from "./frame.js";
import { dropOp, notRun, record } from "./op-misuse.js";
import { Op } from "./op.js";
import {
  type CancelRequest,
  type FiberFields,
  IDLE,
  K,
  PAUSE_CREATED,
  type SchedulerFields,
  type TaskFields,
  WAIT_CREATED,
  WAIT_STARTED,
  WATCHED,
  type Wait,
  type WaitKind,
  type Waiting,
} from "./registers.js";
import { cancelledError, sayAgain } from "./request.js";
import {
  BARE,
  FORCED,
  FRESH,
  IN_COROUTINE,
  KILL_DUE,
  OTHER_SCHEDULER,
  PARKED,
  PAUSED,
  RAISES,
  READY,
  RUNNING,
  TRANSFERRED,
  UNWINDING,
} from "./state.js";
import { OVER, innermost, remember, requestFor, tipOf } from "./strand.js";
import { labelOf } from "./text.js";
import {
  BARE_WAIT,
  StrandWait,
  fillSlot,
  give,
  slotOf,
  strandOf,
  waitOf,
  waitingOf,
} from "./wait-slot.js";
import { callUserCode, tell } from "./wall.js";

/** How a wait ends. */
export type WaitEnd = typeof DELIVER | typeof RAISE;

/**
 * So many waits of one turn may end at once; then the fiber gives way. A small number, because each of
 * three hundred fibers may compute between them, and a timer waits for all of them.
 */
export const AT_ONCE = 6;

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
export function mayHaveAtOnce(): boolean {
  if (K.atOnce >= AT_ONCE || K.base !== K.loop) return false;
  if (requestFor(K.task as TaskFields, K.current) !== null) return false;
  K.atOnce++;
  return true;
}

/** Whether a task's grace is over: nothing that it waits for is waited for any more. */
export function isGraceOver(task: TaskFields): boolean {
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

/** The Cancelled that ends the wait of a parked task: the same one as long as the request is the same. */
function cancelledNow(request: CancelRequest, task: TaskFields): Cancelled {
  const scope = task._scope.ownOf(task);
  const thrown = scope.thrown as Cancelled | null;
  return thrown?.request === request ? thrown : (scope.thrown = cancelledError(request, task));
}

/** The same at a wait that was not begun: thrown again, it says what to do instead. */
function cancelledAt(request: CancelRequest, task: TaskFields, name: string): Cancelled {
  const { thrown } = task._scope.ownOf(task);
  const error = cancelledNow(request, task);
  if (error === thrown) sayAgain(error, name);
  return error;
}

/** Waits for `unpark`: see park.ts. Here, because the fast path of a turn's end knows it. */
export const PARK: WaitKind = { name: "park()", begin: (): Wait => BARE_WAIT };

/**
 * Ends the turn of a task that has started a wait itself, not in a coroutine: without the questions that are
 * about a coroutine.
 *
 * Copies: `park`, and `endTurn`.
 */
export function parkTask(task: TaskFields): How {
  let bits = PARKED;
  if (K.begin === PARK && task._scope.effective === null) {
    K.begin = null;
    bits |= BARE;
  } else {
    const wait = beginWait(task, task);
    if (wait === null || wait === BARE_WAIT) return parkIn(task, task, wait);
    // A bare wake stands there already; storing what is young into what is old costs as much as ten loads.
    if (slotOf(task) !== wait) fillSlot(task, wait);
  }
  task._flags = (task._flags & ~RUNNING) | TRANSFERRED | bits;
  K.current = K.base;
  K.value = undefined;
  const { scheduler } = task._scope;
  if (scheduler.probe !== null) tellParked(scheduler, task);
  return DELIVER;
}

/**
 * Ends the turn of the running task: `tip` has started a pause or a wait. Answers, as every op does,
 * how to enter `K.current`: the loop, or, where the outcome is known at once, the same fiber again.
 */
export function park(tip: FiberFields, phase: number): How {
  const task = K.task as TaskFields;
  if (phase === WAIT_STARTED) return parkIn(task, tip, beginWait(task, tip));
  const request = requestFor(task, tip);
  if (request === null) return endTurn(task, tip, null, READY | PAUSED, undefined);
  const error = cancelledAt(request, task, "yieldNow()");
  if (++K.atOnce <= AT_ONCE) return outcome(RAISE, error);
  return endTurn(task, tip, null, READY | RAISES, error);
}

/** The wait has begun; null: it ended at once. */
function parkIn(task: TaskFields, tip: FiberFields, wait: Waiting | null): How {
  if (wait === null) {
    if (++K.atOnce <= AT_ONCE || K.base !== K.loop) return K.how;
    return endTurn(task, tip, null, K.how === RAISE ? READY | RAISES : READY, K.value);
  }
  if (wait === BARE_WAIT && tip === task) return endTurn(task, tip, wait, PARKED | BARE, undefined);
  return endTurn(task, tip, wait, PARKED, wait);
}

function endTurn(
  task: TaskFields,
  tip: FiberFields,
  wait: Waiting | null,
  bits: number,
  value: unknown,
): How {
  if (tip === task) {
    task._flags = (task._flags & ~RUNNING) | TRANSFERRED | bits;
    // A bare wake stands there already; storing what is young into what is old costs as much as ten loads.
    if (slotOf(task) !== value) fillSlot(task, value);
  } else {
    tip._flags = (tip._flags & ~RUNNING) | TRANSFERRED | PARKED;
    task._flags |= IN_COROUTINE | bits;
    fillSlot(task, new StrandWait(wait, tip, K.tail, value));
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
    if (K.phase !== IDLE) dropOp(null);
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
  outcome((task._flags & RAISES) !== 0 ? RAISE : DELIVER, slotOf(task));
  task._scope.scheduler.ready.remove(task);
  task._flags &= ~(READY | RAISES);
  fillSlot(task, undefined);
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
export function endWait(task: TaskFields, how: WaitEnd, value: unknown): void {
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

function makeReady(task: TaskFields, how: WaitEnd, value: unknown): SchedulerFields {
  const flags = task._flags;
  task._flags = (flags & ~(PARKED | BARE)) | READY | (how === RAISE ? RAISES : 0);
  if ((flags & IN_COROUTINE) === 0) {
    if (value !== undefined || (flags & BARE) === 0) fillSlot(task, value);
  } else {
    const { tip, tail } = strandOf(task);
    fillSlot(task, new StrandWait(null, tip, tail, value));
  }
  const scheduler =
    (flags & OTHER_SCHEDULER) === 0 ? (K.mainScheduler as SchedulerFields) : task._scope.scheduler;
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
export function interrupt(task: TaskFields, how: WaitEnd, error: unknown): boolean {
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

/** Whether the undo of the task's wait is what is running. */
export function isBeingUndone(task: TaskFields): boolean {
  return undoing === task;
}

/** A ready task will get an error in place of what it was woken with. */
export function replace(task: TaskFields, error: unknown): void {
  task._flags |= RAISES;
  give(task, error);
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
    callUserCode(() => wait.undo(error));
    return null;
  } catch (thrown) {
    return { error: thrown };
  }
}
