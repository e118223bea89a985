/**
 * The wall around user code that the library calls between fibers: an undo, a hook of a probe, a callback
 * for the end of a fiber, a method of the host.
 *
 * Such code may do anything: throw any value, cancel, raise, kill, spawn or wake. While it runs, no task
 * counts as running, so it cannot wait or spawn by accident in the fiber that happens to have its turn. The
 * registers are restored afterwards.
 */
import { notRun } from "./op-misuse.js";
import type { Probe } from "./probe.js";
import { type SchedulerFields, type TaskFields, withRegistersSaved } from "./registers.js";

/** Calls user code, and throws what it throws. */
export function callUserCode<Result>(call: () => Result): Result {
  return withRegistersSaved(call, notRun);
}

type Hook = keyof Probe;

/** Calls a hook of a scheduler that has a probe. */
export function tell(
  scheduler: SchedulerFields,
  hook: Hook,
  fiber: TaskFields,
  about?: unknown,
): void {
  const { probe } = scheduler;
  if (probe === null || probe[hook] === undefined) return;
  try {
    callUserCode(() => (probe[hook] as (fiber: TaskFields, about: unknown) => void)(fiber, about));
  } catch (error) {
    scheduler.dropProbe(error);
  }
}
