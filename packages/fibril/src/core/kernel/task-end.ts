/**
 * The end of a task. The ready set learns of it first, then the probe, then those that wait for the task,
 * then its scope.
 */
import { leaveLine } from "../ready/line.js";
import { addFiberLine } from "./error-trail.js";
import { clearOwn } from "./frame.js";
import type { Ending } from "./probe.js";
import type { FiberFields, Joiner, TaskFields } from "./registers.js";
import {
  CUT,
  DAEMON,
  KILLED,
  NOT_STARTED,
  OBSERVED,
  RAISES,
  READY,
  SCHEDULED,
  TERMINATED,
} from "./state.js";
import { fillSlot } from "./wait-slot.js";
import { tell } from "./wall.js";

/** How a fiber ended, and with what: its result, its error, or the Cancelled of a cancelled fiber. */
export type FiberOutcome<Result = unknown> =
  | { readonly ending: "returned"; readonly value: Result }
  | { readonly ending: Exclude<Ending, "returned">; readonly value: unknown };

/** Ends the task. `outcome` consists of RAISES and CUT. */
export function endTask(task: TaskFields, outcome: number, value: unknown): void {
  // A task that was asked to end, and is ended before its start, still has the scope that the request made.
  if (task._scope.owner === task) task._scope.release();
  const scope = task._scope;
  const { scheduler } = scope;
  if ((task._flags & READY) !== 0) scheduler.ready.remove(task);
  task._flags = (task._flags & (KILLED | OBSERVED | DAEMON)) | TERMINATED | SCHEDULED | outcome;
  task._frame = null;
  task._storage = null;
  clearOwn(task);
  fillSlot(task, value);
  scheduler.ready.ended(task);
  const failed = (outcome & (RAISES | CUT)) === RAISES;
  if (failed && !scope.crowded) addFiberLine(value, task);
  if (scheduler.probe !== null) tell(scheduler, "exit", task, endingOf(task));
  const received = tellJoiners(task);
  // A supervised scope passes no failure on.
  if (failed && (received || scope.kind !== "supervised")) silencePromise(task);
  scope.childEnded(task);
  (task as FiberFields)._scope = null;
}

export function endingOf(task: TaskFields): Ending {
  const flags = task._flags;
  if ((flags & CUT) !== 0) return (flags & RAISES) !== 0 ? "cancelled" : "killed";
  return (flags & RAISES) !== 0 ? "failed" : "returned";
}

/**
 * Calls all joiners. Each is taken off the list before its call, so that the list is sound whatever the call
 * does. Returns whether a joiner received an error and does not merely pass it on.
 */
function tellJoiners(task: TaskFields): boolean {
  let joiner: Joiner | null = task._joiners;
  if (joiner === null) return false;
  const raises = (task._flags & RAISES) !== 0;
  let received = false;
  task._flags |= OBSERVED;
  while (joiner !== null) {
    if (raises && joiner.passive !== true) received = true;
    task._joiners = leaveLine(joiner, joiner);
    try {
      joiner.ended(task);
    } catch (error) {
      // The fault is in a signal or a promise of the user's own. The other joiners still have to be called.
      task._scope.scheduler.unobserved(error);
    }
    joiner = task._joiners;
  }
  return received;
}

// The promises of fibers. If nothing handles a promise, the host reports its rejection. If a joiner, a monitor
// or a scope has received the error, the program would learn of it twice.

/** The promise of each fiber that has one. */
export const promises: WeakMap<TaskFields, Promise<unknown>> = new WeakMap();

/** Keeps the host from reporting the rejection of the fiber's promise. */
export function silencePromise(task: TaskFields): void {
  promises.get(task)?.catch(ignore);
}

function ignore(): void {}

/** The caller has received how the task ended, or will: the error is not reported to the host. */
export function observe(task: TaskFields): void {
  task._flags |= OBSERVED;
  if (hasEnded(task)) silencePromise(task);
}

export function hasEnded(task: TaskFields): boolean {
  return (task._flags & TERMINATED) !== 0;
}

/** Whether a scheduler runs the fiber. */
export function isTask(fiber: FiberFields): fiber is TaskFields {
  return (fiber._flags & SCHEDULED) !== 0;
}

/** The task failed before it had started, so the fiber that started it receives the error and its scope does not. */
export function markNotStarted(task: TaskFields): void {
  task._flags |= NOT_STARTED;
}
