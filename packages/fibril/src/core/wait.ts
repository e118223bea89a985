/**
 * Waiting: how a task leaves its turn, and how it comes back.
 *
 * There is one way out and one way back. An op that waits names a function that *begins* the wait
 * when `yield*` runs it; that gives a {@link Wait}, which knows how to undo what it began. The task is
 * parked, and somebody calls {@link wake}: then the wait is over, with a value or an error, and the
 * task is ready for its next turn. Whoever wants it out earlier (cancel, raise, kill) undoes the wait
 * first; so nothing is ever woken twice, and nothing that a wait registered stays behind.
 *
 * A task may wait *in another fiber*: in a coroutine that it resumed with `yield* Fiber.resume`, or
 * transferred to. Then the whole chain waits, and goes on where it was.
 */
import { aside } from "./aside.js";
import { endTask } from "./ending.js";
import { contractError, pending, syncWait, unhandled, unscheduled } from "./errors.js";
import type { Begin, FiberFields, ScopeFields, SchedulerFields, TaskFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import { notRun, Op, record, watched } from "./op.js";
import { tell } from "./probe.js";
import { type CancelRequest, cancelledError, sayAgain } from "./request.js";
import type { How } from "./state.js";
import * as state from "./state.js";
import { Away, BARE_WAIT, redirect, remember, upwards, waitOf } from "./strand.js";

const { IDLE, K, PAUSE_CREATED, WAIT_CREATED, WAIT_STARTED } = kernel;
const {
  AWAY,
  BARE,
  CUT,
  DELIVER,
  ELSEWHERE,
  FORCED,
  FRESH,
  KILLED,
  LEFT,
  PARKED,
  RAISE,
  RAISES,
  READY,
  RETURN,
  RUNNING,
} = state;

/** Something that a task waits for. */
export interface Wait {
  /** For people: `sleep(10 ms)`. */
  readonly what: string;
  /** The tick when it began. */
  readonly since: number;
  /** Cannot be called off, because the wait is itself part of an orderly end. */
  readonly firm?: boolean;
  /** It is ended by something that happens outside all fibers: a promise. */
  readonly outside?: boolean;
  /** The fibers that it waits for, where it is those that end it: for who looks for circles. */
  on?(): readonly TaskFields[];
  /** Takes back what the beginning registered. Called at most once, and not after the wake. */
  undo(): void;
}

/** How a wait ends. */
export type Ended = typeof state.DELIVER | typeof state.RAISE;

const PAUSE: Op<unknown> = new Op(PAUSE_CREATED);
const WAIT: Op<unknown> = new Op(WAIT_CREATED);

/** Goes to the back of the ready set. */
export function pauseOp(): Op<void> {
  const task = K.task;
  if (
    task === null ||
    task !== K.current ||
    K.phase !== IDLE ||
    K.base !== K.loop ||
    task._scope.effective !== null ||
    K.debug
  ) {
    checkWait("yieldNow()");
  }
  K.phase = PAUSE_CREATED;
  return PAUSE as Op<void>;
}

/** Waits for what `begin` makes of `argument`. `name` is for messages: `sleep(…)`. */
export function waitOp<Result>(name: string, begin: Begin, argument: unknown): Op<Result> {
  const task = K.task;
  if (
    task === null ||
    task !== K.current ||
    K.phase !== IDLE ||
    K.base !== K.loop ||
    task._scope.effective !== null ||
    K.debug
  ) {
    checkWait(name);
  }
  K.phase = WAIT_CREATED + watched(); // it may end at once
  K.begin = begin;
  K.value = argument;
  return WAIT as Op<Result>;
}

/** The same for a wait that is part of an orderly end: no cancelling keeps a fiber from it. */
export function firmOp(begin: Begin, argument: unknown): Op<unknown> {
  K.phase = WAIT_CREATED;
  K.begin = begin;
  K.value = argument;
  return WAIT;
}

/** Throws what `yieldNow` would, without giving way: for loops that compute. */
export function checkpoint(): void {
  checkWait("checkpoint()");
}

function checkWait(name: string): void {
  if (K.phase !== IDLE) throw notRun();
  const task = K.task;
  if (task === null) throw unscheduled(name);
  checkStrand(name);
  const { effective } = innermost(task, K.current);
  if (effective !== null) throw cancelledAt(effective, task, name);
  if (K.debug) record();
}

/** A strand waits as a whole: there must be no native call in it. */
export function checkStrand(name: string): void {
  if (K.base !== K.loop) throw syncWait(name, labelOf(K.current));
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

/** The same Cancelled at every wait, saying at a later one what to do instead. */
function cancelledAt(request: CancelRequest, task: TaskFields, name: string): Error {
  const scope = task._scope.ownOf(task);
  const { thrown } = scope;
  if (thrown === null || thrown.request !== request) {
    return (scope.thrown = cancelledError(request, task));
  }
  sayAgain(thrown, name);
  return thrown;
}

/** The Cancelled that ends the wait of a parked task. */
function cancelledNow(request: CancelRequest, task: TaskFields): Error {
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
  const { scheduler } = task._scope;
  let wait: Wait | null = null;
  let ready = 0;
  let value: unknown;
  if (phase === WAIT_STARTED) {
    const begin = K.begin as Begin;
    const argument = K.value;
    K.begin = null;
    K.value = undefined;
    try {
      wait = begin(task, argument);
    } catch (error) {
      K.value = error;
      return RAISE;
    }
    if (wait === null) {
      if (scheduler.atOnce()) return K.how;
      ready = K.how === RAISE ? READY | RAISES : READY;
      value = K.value;
    } else if ((task._flags & FORCED) !== 0 && wait.firm !== true) {
      // Its time to end in good order is over (a grace period): unwind, wait by wait.
      wait.undo();
      return RETURN;
    } else if (wait === BARE_WAIT && tip === task) {
      ready = PARKED | BARE;
    } else {
      ready = PARKED;
      value = wait;
    }
  } else {
    ready = READY;
  }

  if (tip === task) {
    task._flags = (task._flags & ~RUNNING) | LEFT | ready;
    task._wait = value;
  } else {
    tip._flags = (tip._flags & ~RUNNING) | LEFT | PARKED;
    task._flags |= AWAY | ready;
    task._wait = new Away(wait, tip, K.tail, value);
    remember(tip, task);
  }
  if ((ready & READY) !== 0) scheduler.ready.add(task);
  if (scheduler.probe !== null) {
    tell(scheduler, "suspend", task, wait === null ? undefined : wait.what);
  }
  K.current = K.base;
  K.value = undefined;
  return DELIVER;
}

/** Ends a task's wait: it will have its turn with the value, or with the error. */
export function wake(task: TaskFields, how: Ended, value: unknown): void {
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
  if (scheduler.probe !== null) tell(scheduler, "wake", task);
  scheduler.stir();
}

/**
 * Calls a task out of its wait with an error, or, for a kill, with nothing. A task that has been
 * woken with a value gets the error in its place; one that has an error keeps it. Answers whether
 * it took.
 */
export function interrupt(task: TaskFields, how: Ended, error: unknown): boolean {
  const flags = task._flags;
  if ((flags & PARKED) !== 0) {
    const failed = undo(waitOf(task) as Wait);
    if (failed === null) wake(task, how, error);
    else wake(task, RAISE, failed.error);
    return true;
  }
  if ((flags & (READY | FRESH)) !== READY || (flags & RAISES) !== 0) return false;
  if (how === RAISE) {
    task._flags = flags | RAISES;
    if ((flags & AWAY) === 0) task._wait = error;
    else (task._wait as Away).value = error;
  }
  return true;
}

/** Tells a task that waits of a request that now applies to it. */
export function interruptCancelled(task: TaskFields, request: CancelRequest): void {
  const wait = waitOf(task);
  if (wait !== null && wait.firm !== true) {
    interrupt(task, RAISE, cancelledNow(request, task));
  }
}

/** An undo is the user's code: its error goes to the fiber, not to who cancelled. */
function undo(wait: Wait): { readonly error: unknown } | null {
  try {
    aside(() => wait.undo());
    return null;
  } catch (error) {
    return { error };
  }
}

/** `raise` on a fiber of a strand that waits: the error comes at the task's next turn. */
export function raiseInTask(task: TaskFields, tip: FiberFields, error: unknown): void {
  if ((task._flags & FRESH) !== 0) throw contractError("unborn");
  if ((task._flags & RAISES) !== 0) throw pending(labelOf(task), error);
  redirect(task, tip);
  interrupt(task, RAISE, error);
}

/**
 * `kill` of a fiber of a strand that waits: it unwinds at the task's next turn. `end` is the deepest
 * of those that it is resuming, which are told by an error (line 36).
 */
export function killInTask(task: TaskFields, fiber: FiberFields, end: FiberFields): void {
  if ((task._flags & FRESH) !== 0) {
    task._flags |= KILLED;
    endTask(task, CUT, undefined);
    return;
  }
  redirect(task, end);
  fiber._flags |= KILLED;
  if (end === fiber) interrupt(task, DELIVER, undefined);
  else interrupt(task, RAISE, unhandled());
}
