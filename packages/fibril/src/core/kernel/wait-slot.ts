/**
 * The one slot of a task that means four things, because never two of them are needed at a time and a
 * million tasks pay for each slot eight times over. Whoever reads or writes it does so by these names:
 *
 *     the task is      the slot holds                                        read by
 *     FRESH            its arguments: none, one value, or an array           takeGiven
 *     PARKED           what it waits for: a Wait, or the wake of a suspend   waitingOf, waitOf
 *     READY            what it is woken with: a value, or an error           givenTo, takeGiven
 *     TERMINATED       its result, or its error                              resultOf
 *
 * A task that waits in a coroutine of its own (IN_COROUTINE) has a {@link StrandWait} there, which holds
 * what otherwise the slot does, and where in the strand the task goes on.
 */
import type { FiberFields, TaskFields, Wait, Waiting } from "./registers.js";
import { BARE, IN_COROUTINE, PARKED } from "./state.js";

/** What stands in the slot when the task goes on in a coroutine of its strand. */
export class StrandWait {
  readonly wait: Waiting | null;
  /** The fiber that goes on. */
  tip: FiberFields;
  /** The end of the task's own resume chain meanwhile: see `K.tail`. */
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
 * The wait of `park()`: one for all tasks, and not even kept in the slot, because a wake then touches one
 * cache line of a task instead of two.
 */
export const BARE_WAIT: Wait = { what: "unpark(…)", since: Number.NaN, undo() {} };

/** Stands for the wait of a `suspend` that is nothing but its wake. */
const BARE_SUSPEND: Wait = { what: "suspend(…)", since: Number.NaN, outside: true, undo() {} };

/** PARKED: what is in the slot, which may be nothing but a wake. Null for a task that is not parked. */
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

/** READY: what the task is going to get. */
export function givenTo(task: TaskFields): unknown {
  return (task._flags & IN_COROUTINE) === 0 ? task._wait : strandOf(task).value;
}

/** READY: the task is going to get this. */
export function give(task: TaskFields, value: unknown): void {
  if ((task._flags & IN_COROUTINE) === 0) task._wait = value;
  else strandOf(task).value = value;
}

/** READY or FRESH: the task takes what it was given, and the slot keeps nothing of it. */
export function takeGiven(task: TaskFields): unknown {
  const given = task._wait;
  task._wait = undefined;
  return given;
}

/** TERMINATED: its result; or, with RAISES, the error that ended it. */
export function resultOf(task: TaskFields): unknown {
  return task._wait;
}

/** PARKED, TERMINATED, or while a wait begins: puts into the slot what belongs there. */
export function fillSlot(task: TaskFields, content: unknown): void {
  task._wait = content;
}

/** While a wait begins: what its beginning has put there, or who has been quick enough to end it. */
export function slotOf(task: TaskFields): unknown {
  return task._wait;
}
