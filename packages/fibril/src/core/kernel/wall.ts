/**
 * The wall around code of the user's that the library calls between fibers: an undo, a hook of a probe, a
 * callback that is told of an end, a method of the host.
 *
 * Such code may do anything: throw what it likes, cancel, raise, kill, spawn or wake. It runs as no
 * fiber's code, whoever has its turn, so that it can neither wait nor spawn by accident in a fiber that
 * happens to run; and the registers are given back as they were.
 */
import { notRun } from "./op-misuse.js";
import type { Probe } from "./probe.js";
import { type SchedulerFields, type TaskFields, withRegistersSaved } from "./registers.js";

/** Calls it, and throws what it throws. */
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
