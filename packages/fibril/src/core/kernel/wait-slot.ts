/**
 * The wait slot: the field `_wait` of a task. It holds four different things at four different times,
 * because no two of them are needed at once, and in a million tasks each field takes eight megabytes. All
 * code reads and writes it through these functions:
 *
 *     the task is      the slot holds                                        read by
 *     FRESH            its arguments: none, one value, or an array           takeGiven
 *     PARKED           what it waits for: a Wait, or the wake of a suspend   waitingOf, waitOf
 *     READY            what it is woken with: a value, or an error           givenTo, takeGiven
 *     TERMINATED       its result, or its error                              resultOf
 *
 * If a task waits in a coroutine of its strand (IN_COROUTINE), the slot holds a {@link StrandWait}. That
 * holds what the slot would hold otherwise, and says where in the strand the task goes on.
 */
import type { FiberFields, TaskFields, Wait, Waiting } from "./registers.js";
import { BARE, IN_COROUTINE, PARKED } from "./state.js";

/** The content of the slot when the task goes on in a coroutine of its strand. */
export class StrandWait {
  readonly wait: Waiting | null;
  /** The fiber that goes on. */
  tip: FiberFields;
  /** The end of the task's own resume chain during the wait: see `K.tail`. */
  readonly tail: FiberFields;
  /** READY: what the tip is woken with. */
  value: unknown;

  constructor(wait: Waiting | null, tip: FiberFields, tail: FiberFields, value: unknown) {
    this.wait = wait;
    this.tip = tip;
    this.tail = tail;
    this.value = value;
  }
}

/**
 * The wait of `park()`. All tasks share it, and it is not kept in the slot, so that a wake touches one
 * cache line of a task instead of two.
 */
export const BARE_WAIT: Wait = { what: "unpark(…)", since: Number.NaN, undo() {} };

/** Stands for the wait of a `suspend` when only its wake is in the slot. */
const BARE_SUSPEND: Wait = { what: "suspend(…)", since: Number.NaN, outside: true, undo() {} };

/** PARKED: the wait, or only the wake of a `suspend`. Null for a task that is not parked. */
export function waitingOf(task: TaskFields): Waiting | null {
  if ((task._flags & PARKED) === 0) return null;
  if ((task._flags & BARE) !== 0) return BARE_WAIT;
  return (task._flags & IN_COROUTINE) === 0 ? (task._wait as Waiting) : strandOf(task).wait;
}

/** PARKED: what the task waits for, as a {@link Wait}. Null for a task that is not parked. */
export function waitOf(task: TaskFields): Wait | null {
  const waiting = waitingOf(task);
  return typeof waiting === "function" ? BARE_SUSPEND : waiting;
}

/** IN_COROUTINE: where in its strand the task goes on. */
export function strandOf(task: TaskFields): StrandWait {
  return task._wait as StrandWait;
}

/** READY: the value or error that the task will get. */
export function givenTo(task: TaskFields): unknown {
  return (task._flags & IN_COROUTINE) === 0 ? task._wait : strandOf(task).value;
}

/** READY: sets the value or error that the task will get. */
export function give(task: TaskFields, value: unknown): void {
  if ((task._flags & IN_COROUTINE) === 0) task._wait = value;
  else strandOf(task).value = value;
}

/** READY or FRESH: takes what the task was given out of the slot. */
export function takeGiven(task: TaskFields): unknown {
  const given = task._wait;
  task._wait = undefined;
  return given;
}

/** TERMINATED: the task's result or, with RAISES, the error that ended it. */
export function resultOf(task: TaskFields): unknown {
  return task._wait;
}

/** PARKED, TERMINATED, or while a wait begins: puts the content into the slot. */
export function fillSlot(task: TaskFields, content: unknown): void {
  task._wait = content;
}

/**
 * The raw content of the slot. While a wait begins, that is what `begin` put there, or an outcome that came
 * at once.
 */
export function slotOf(task: TaskFields): unknown {
  return task._wait;
}
