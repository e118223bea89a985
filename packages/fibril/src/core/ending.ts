/**
 * The end of a task: everybody who has to know is told, in this order: the ready set, who waits for
 * the task, its scope.
 */
import { addHop } from "./hops.js";
import type { FiberFields, TaskFields } from "./kernel.js";
import type { Joiner } from "./join.js";
import { type Ending, tell } from "./probe.js";
import * as state from "./state.js";

const { CUT, DAEMON, KILLED, OBSERVED, RAISES, READY, SCHEDULED, TERMINATED } = state;

/** `outcome` is of RAISES and CUT. */
export function endTask(task: TaskFields, outcome: number, value: unknown): void {
  // A run may have a scope of its own, for its context, before it starts.
  const scope = task._scope.owner === task ? task._scope.homeOf(task) : task._scope;
  const { scheduler } = scope;
  if ((task._flags & READY) !== 0) scheduler.ready.remove(task);
  task._flags = (task._flags & (KILLED | OBSERVED | DAEMON)) | TERMINATED | SCHEDULED | outcome;
  task._frame = null;
  task._storage = null;
  task._wait = value;
  scheduler.ready.ended(task);
  if ((outcome & (RAISES | CUT)) === RAISES) addHop(value, task);
  if (scheduler.probe !== null) tell(scheduler, "exit", task, endingOf(task));
  tellJoiners(task);
  scope.childEnded(task);
  (task as FiberFields)._scope = null;
}

export function endingOf(task: TaskFields): Ending {
  const flags = task._flags;
  if ((flags & CUT) !== 0) return (flags & RAISES) !== 0 ? "cancelled" : "killed";
  return (flags & RAISES) !== 0 ? "failed" : "returned";
}

/** Each takes itself off the list first, so that the list is sound whatever they do. */
function tellJoiners(task: TaskFields): void {
  let joiner: Joiner | null = task._joiners;
  if (joiner === null) return;
  task._flags |= OBSERVED;
  while (joiner !== null) {
    task._joiners = joiner.next;
    if (joiner.next !== null) joiner.next.before = null;
    joiner.next = null;
    joiner.ended(task);
    joiner = task._joiners;
  }
}
