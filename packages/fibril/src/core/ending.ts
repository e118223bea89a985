/**
 * The end of a task: everybody who has to know is told, in this order: the ready set, who waits for
 * the task, its scope.
 */
import { heard } from "./heard.js";
import { addHop } from "./hops.js";
import type { FiberFields, TaskFields } from "./kernel.js";
import type { Joiner } from "./join.js";
import { leaveLine } from "./line.js";
import { type Ending, tell } from "./probe.js";
import * as state from "./state.js";

const { CUT, DAEMON, KILLED, OBSERVED, RAISES, READY, SCHEDULED, TERMINATED } = state;

/** How a fiber ended, and with what: its result, its error, or, cancelled, the Cancelled. */
export type FiberOutcome<Result = unknown> =
  | { readonly ending: "returned"; readonly value: Result }
  | { readonly ending: Exclude<Ending, "returned">; readonly value: unknown };

/** `outcome` is of RAISES and CUT. */
export function endTask(task: TaskFields, outcome: number, value: unknown): void {
  // One that was asked to end before its start, and is ended there, still has the scope of the request.
  if (task._scope.owner === task) task._scope.release();
  const scope = task._scope;
  const { scheduler } = scope;
  if ((task._flags & READY) !== 0) scheduler.ready.remove(task);
  task._flags = (task._flags & (KILLED | OBSERVED | DAEMON)) | TERMINATED | SCHEDULED | outcome;
  task._frame = null;
  task._storage = null;
  task._wait = value;
  scheduler.ready.ended(task);
  const failed = (outcome & (RAISES | CUT)) === RAISES;
  if (failed && !scope.crowded) addHop(value, task);
  if (scheduler.probe !== null) tell(scheduler, "exit", task, endingOf(task));
  const told = tellJoiners(task);
  // A supervised scope passes a failure on to nobody.
  if (failed && (told || scope.kind !== "supervised")) heard(task);
  scope.childEnded(task);
  (task as FiberFields)._scope = null;
}

export function endingOf(task: TaskFields): Ending {
  const flags = task._flags;
  if ((flags & CUT) !== 0) return (flags & RAISES) !== 0 ? "cancelled" : "killed";
  return (flags & RAISES) !== 0 ? "failed" : "returned";
}

/**
 * Each takes itself off the list first, so that the list is sound whatever they do. Answers whether
 * anybody was told of an error who does not just pass it on.
 */
function tellJoiners(task: TaskFields): boolean {
  let joiner: Joiner | null = task._joiners;
  if (joiner === null) return false;
  const raises = (task._flags & RAISES) !== 0;
  let told = false;
  task._flags |= OBSERVED;
  while (joiner !== null) {
    if (raises && joiner.passive !== true) told = true;
    task._joiners = leaveLine(joiner, joiner);
    try {
      joiner.ended(task);
    } catch (error) {
      // A signal or a promise of the user's own; nobody else is to miss the end for it.
      task._scope.scheduler.unobserved(error);
    }
    joiner = task._joiners;
  }
  return told;
}
