/**
 * The end of a task: everybody who has to know is told, in this order: the ready set, who waits for
 * the task, its scope.
 */
import { leaveLine } from "../ready/line.js";
import { addFiberLine } from "./error-trail.js";
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
  fillSlot(task, value);
  scheduler.ready.ended(task);
  const failed = (outcome & (RAISES | CUT)) === RAISES;
  if (failed && !scope.crowded) addFiberLine(value, task);
  if (scheduler.probe !== null) tell(scheduler, "exit", task, endingOf(task));
  const told = tellJoiners(task);
  // A supervised scope passes a failure on to nobody.
  if (failed && (told || scope.kind !== "supervised")) silencePromise(task);
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

// The promises of fibers. One that nobody listens to is loud: the host reports its rejection. Where a joiner,
// a monitor or a scope has received the error, the program would hear of it twice.

/** The promises of fibers that have one. */
export const promises: WeakMap<TaskFields, Promise<unknown>> = new WeakMap();

/** Nobody has to listen to the fiber's promise any more. */
export function silencePromise(task: TaskFields): void {
  promises.get(task)?.catch(ignore);
}

function ignore(): void {}

/** Whoever calls this has been told how the task ended, or will be: nobody else has to report it. */
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

/** The task has failed before it had started, and who started it is told: its scope is not. */
export function markNotStarted(task: TaskFields): void {
  task._flags |= NOT_STARTED;
}
