/** The running fiber, its task and its scheduler: for code that has no business with the registers. */
import { notRun } from "./op-misuse.js";
import {
  type CancelSource,
  type FiberFields,
  IDLE,
  K,
  type SchedulerFields,
  type ScopeFields,
  type TaskFields,
} from "./registers.js";
import { FORCED } from "./state.js";

/** The fiber that has control; the root fiber in plain code. */
export function currentFiber(): FiberFields {
  return K.current;
}

/** The task in whose turn the running code is; null in plain code. */
export function currentTask(): TaskFields | null {
  return K.task;
}

/** The scheduler of the running task; null in plain code. */
export function currentScheduler(): SchedulerFields | null {
  return K.task === null ? null : K.task._scope.scheduler;
}

/** The scheduler that runs a task. Only as long as the task has not ended. */
export function schedulerOf(task: TaskFields): SchedulerFields {
  return task._scope.scheduler;
}

/** Whether the running code may wait: no synchronous call is between it and its scheduler. */
export function mayWait(): boolean {
  return K.base === K.loop;
}

/** Throws when the user's code that was just called has created an op and not run it. */
export function checkNoOpInHand(): void {
  if (K.phase !== IDLE) throw notRun();
}

/** The innermost scope of the running task's own chain; null in plain code. */
export function currentScope(): ScopeFields | null {
  return K.task === null ? null : K.task._scope;
}

/** The outermost scope that belongs to the task itself; made when it has none. */
export function ownScopeOf(task: TaskFields): ScopeFields {
  return task._scope.ownOf(task);
}

/** Asks a task, and all that it has spawned, to end. Nothing happens to one that has ended. */
export function requestEnd(task: TaskFields, source: CancelSource, reason: unknown): void {
  (task as FiberFields)._scope?.cancelFiber(task, source, reason, Number.POSITIVE_INFINITY);
}

/** Ends a task that has not started: it is not going to. */
export function refuseStart(task: TaskFields, source: CancelSource, reason: unknown): void {
  task._scope.refuse(task, source, reason);
}

/** Whether the fiber's grace is over: no wait of its lasts any more. */
export function isForced(fiber: FiberFields): boolean {
  return (fiber._flags & FORCED) !== 0;
}
