/**
 * Waiting: how a task leaves its turn, and how it comes back.
 *
 * There is one way out and one way back. An op that waits names a {@link WaitKind}, which *begins* the wait
 * when `yield*` runs the op. That gives a {@link Wait}, which knows how to undo what it registered. The task
 * is parked. A call of {@link wake} or {@link fail} ends the wait with a value or an error, and the task is
 * ready for its next turn. A cancel, raise or kill ends the wait earlier and undoes it. So no task is woken
 * twice, and no registration stays behind.
 *
 *     yield* ──▶ asked to end? ──▶ begin ──▶ asked to end meanwhile? ──▶ parked ──▶ wake ──▶ ready
 *                    │ yes           │ the outcome is known   │ yes: undo
 *                    ▼               ▼                        ▼
 *                the same frame goes on at once, or at the next turn if it has done so often (at-once.ts)
 *
 * Whether the fiber was asked to end is checked here and not when the op is created, because anything may
 * happen between the two. It is checked again when the wait has begun, because `begin` may call user code,
 * and that may cancel the fiber for which it runs.
 *
 * A task may wait *in another fiber*: in a coroutine that it resumed with `yield* Fiber.resume` or
 * transferred to. Then the whole strand waits, and later goes on in that fiber.
 */
import { mayStay } from "./at-once.js";
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

const PAUSE: Op<unknown> = new Op(PAUSE_CREATED);
const WAIT: Op<unknown> = new Op(WAIT_CREATED);

/** The op of `yieldNow()`: the task gives way and stays ready. */
export function pauseOp(): Op<void> {
  const task = K.task;
  if (task === null || task !== K.current || K.phase !== IDLE || K.base !== K.loop || K.debug) {
    checkWait("yieldNow()");
  }
  K.phase = PAUSE_CREATED;
  return PAUSE as Op<void>;
}

/** An op that begins a wait of the given kind, which gets `argument`. */
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

/** The same without checks, for the library's own frames, where the rules are known to hold. */
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

/** Whether a task's grace is over. From then on, each of its waits ends at once. */
export function isGraceOver(task: TaskFields): boolean {
  return (tipOf(task)._flags & FORCED) !== 0;
}

/** Throws unless no op is in hand, a scheduler runs the fiber, and its strand has no synchronous call in it. */
export function checkWait(name: string): void {
  if (K.phase !== IDLE) throw notRun();
  if (K.task === null) throw unscheduled(name);
  checkStrand(name);
  if (K.debug) record();
}

/** Throws if the strand has a synchronous call in it, because a strand waits only as a whole. */
export function checkStrand(name: string): void {
  if (K.base !== K.loop) throw syncWait(name, labelOf(K.current));
}

/**
 * For loops that compute: throws what a wait would throw, without giving way. A time limit that has passed
 * meanwhile counts too, because about one call in 32 looks at the clock.
 *
 * A plain call. Throws Cancelled, and FiberError outside of a scheduler's fibers.
 *
 * ```ts
 * await run(function* () {
 *   let sum = 0;
 *   for (let n = 0; n < 1_000; n++) {
 *     checkpoint();
 *     sum += n;
 *   }
 *   sum; // 499500
 * });
 * ```
 */
export function checkpoint(): void {
  checkWait("checkpoint()");
  const task = K.task as TaskFields;
  task._scope.scheduler.lookAtClock();
  const request = requestFor(task, K.current);
  if (request !== null) throw cancelledAt(request, task, "checkpoint()");
}

/** The Cancelled that ends the wait of a parked task. It stays the same as long as the request does. */
function cancelledNow(request: CancelRequest, task: TaskFields): Cancelled {
  const scope = task._scope.ownOf(task);
  const thrown = scope.thrown as Cancelled | null;
  return thrown?.request === request ? thrown : (scope.thrown = cancelledError(request, task));
}

/** The same for a wait that was not begun. If the error is thrown again, its message says what to do instead. */
function cancelledAt(request: CancelRequest, task: TaskFields, name: string): Cancelled {
  const { thrown } = task._scope.ownOf(task);
  const error = cancelledNow(request, task);
  if (error === thrown) sayAgain(error, name);
  return error;
}

/** The wait for `unpark`: see park.ts. It is here because `leave`, a fast path, has to recognise it. */
export const PARK: WaitKind = { name: "park()", begin: (): Wait => BARE_WAIT };

/** A wait that has begun already, in an op's own `next`, after the same checks: see attempt.ts. */
export const ENTERED: WaitKind = {
  name: "a wait",
  begin: (_task, wait: Wait) => wait,
  refused: (wait: Wait) => wait.undo(undefined),
};

/**
 * A fast path of `park`: ends the turn of a task that has started a wait itself. It skips the checks that
 * are only needed when a coroutine of the task has started the wait.
 *
 * Copies: `park`, and `endTurn`.
 */
export function parkTask(task: TaskFields): How {
  if (K.begin === ENTERED) {
    K.begin = null;
    fillSlot(task, K.value);
  } else {
    const wait = beginWait(task, task);
    if (wait === null || wait === BARE_WAIT) return parkIn(task, task, wait);
    // A bare wake is in the slot already. Storing a young object in an old one costs as much as ten loads.
    if (slotOf(task) !== wait) fillSlot(task, wait);
  }
  task._flags = (task._flags & ~RUNNING) | TRANSFERRED | PARKED;
  K.current = K.base;
  K.value = undefined;
  const { scheduler } = task._scope;
  if (scheduler.probe !== null) tellParked(scheduler, task);
  return DELIVER;
}

/**
 * Ends the turn of the running task, because `tip` has started a pause or a wait. Like `performOp`, returns
 * how to enter `K.current`. That is then the scheduler's fiber, or the same fiber if the outcome is known at
 * once.
 */
export function park(tip: FiberFields, phase: number): How {
  const task = K.task as TaskFields;
  if (phase === WAIT_STARTED) return parkIn(task, tip, beginWait(task, tip));
  const request = requestFor(task, tip);
  if (request === null) return endTurn(task, tip, null, READY | PAUSED, undefined);
  const error = cancelledAt(request, task, "yieldNow()");
  if (mayStay()) return outcome(RAISE, error);
  return endTurn(task, tip, null, READY | RAISES, error);
}

/** Ends the turn after a wait has begun. If `wait` is null, it has ended at once, and the turn may go on. */
function parkIn(task: TaskFields, tip: FiberFields, wait: Waiting | null): How {
  if (wait === null) {
    if (mayStay() || K.base !== K.loop) return K.how;
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
    // A bare wake is in the slot already. Storing a young object in an old one costs as much as ten loads.
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

/** Puts an outcome into the registers, where the kernel looks for it. */
function outcome(how: How, value: unknown): How {
  K.how = how;
  K.value = value;
  return how;
}

/**
 * Begins the wait of the op in hand, unless the fiber was asked to end. Returns null if there is no wait;
 * its outcome is then in the registers.
 */
function beginWait(task: TaskFields, tip: FiberFields): Waiting | null {
  const kind = K.begin as WaitKind;
  const argument = K.value;
  K.begin = null;
  K.value = undefined;
  if (K.base !== K.loop) {
    // This is the end of a scope in a coroutine that now runs inside a synchronous call, but did not when it
    // opened the scope.
    outcome(RAISE, syncWait(kind.name, labelOf(tip)));
    return null;
  }
  let scope = tip === task ? task._scope : innermost(task, tip);
  if (scope.effective !== null && kind.always !== true) return refuse(kind, argument, task, tip);

  let wait: Waiting | null;
  try {
    wait = kind.begin(task, argument);
  } catch (error) {
    if (K.phase !== IDLE) dropOp(null);
    outcome(RAISE, error);
    return null;
  }
  if (wait !== null && kind.always !== true) {
    // Looked up again, because a request may give the fiber a scope of its own.
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

/** The fiber was asked to end while the wait began, so the wait is undone. */
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
 * The text of a Cancelled has called user code, which has ended the very wait that the Cancelled was for.
 * What was handed over arrives, and the request takes effect at the next wait.
 */
function woken(task: TaskFields): null {
  outcome((task._flags & RAISES) !== 0 ? RAISE : DELIVER, slotOf(task));
  task._scope.scheduler.ready.remove(task);
  task._flags &= ~(READY | RAISES);
  fillSlot(task, undefined);
  return null;
}

/** Ends a task's wait with a value, which the task gets at its next turn. */
export function wake(task: TaskFields, value: unknown): void {
  tellWoken(makeReady(task, DELIVER, value), task);
}

/** Ends a task's wait with an error, which is thrown at the `yield*` in the task's next turn. */
export function fail(task: TaskFields, error: unknown): void {
  tellWoken(makeReady(task, RAISE, error), task);
}

/** Ends a task's wait with a value or an error. */
export function endWait(task: TaskFields, how: WaitEnd, value: unknown): void {
  tellWoken(makeReady(task, how, value), task);
}

/** What a {@link WaitKind}'s `begin` returns if there is nothing to wait for: the op results in the value. */
export function done(value: unknown): null {
  K.how = DELIVER;
  K.value = value;
  return null;
}

/** What a {@link WaitKind}'s `begin` returns if there is nothing to wait for: the op throws the error. */
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
 * Ends a task's wait early, with an error or, for a kill, with nothing. A ready task that was woken with a
 * value gets the error in its place; a ready task that is to get an error keeps that one. Returns whether
 * the interrupt had an effect.
 *
 * The wait ends before it is undone, because the undo may be user code: whatever it does to this fiber, it
 * finds the fiber ready, and not in a wait that is about to end a second time. The probe's hook is called
 * last, because it could otherwise end a wait that has not been undone yet.
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

/** The task whose wait is being undone. */
let undoing: TaskFields | null = null;

/** Whether the undo of the task's wait is running. */
export function isBeingUndone(task: TaskFields): boolean {
  return undoing === task;
}

/** Makes a ready task get an error in place of what it was woken with. */
export function replace(task: TaskFields, error: unknown): void {
  task._flags |= RAISES;
  give(task, error);
}

/** A request now applies to the task: ends its wait, or its pause if it gave way, with a Cancelled. */
export function interruptCancelled(task: TaskFields, request: CancelRequest): void {
  if ((task._flags & (PARKED | PAUSED)) === 0 || waitOf(task)?.firm === true) return;
  // The flags are read again, because the error's text may call user code, which may wake the fiber.
  const error = cancelledNow(request, task);
  const flags = task._flags;
  if ((flags & PARKED) !== 0) interrupt(task, RAISE, error);
  else if ((flags & (READY | PAUSED | RAISES)) === (READY | PAUSED)) replace(task, error);
}

/** Undoes a wait. The undo may be user code: its error goes to the fiber, not to the code that cancelled it. */
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
