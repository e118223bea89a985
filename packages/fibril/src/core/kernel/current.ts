/** The running fiber, its task and its scheduler, for code that must not read the registers itself. */
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

/** The fiber that has control. In plain code, that is the root fiber. */
export function currentFiber(): FiberFields {
  return K.current;
}

/** The task whose turn it is; null in plain code. */
export function currentTask(): TaskFields | null {
  return K.task;
}

/** The scheduler of the running task; null in plain code. */
export function currentScheduler(): SchedulerFields | null {
  return K.task === null ? null : K.task._scope.scheduler;
}

/** The scheduler that runs a task. The task must not have ended. */
export function schedulerOf(task: TaskFields): SchedulerFields {
  return task._scope.scheduler;
}

/** Whether the running code may wait, because no synchronous call stands between it and its scheduler. */
export function mayWait(): boolean {
  return K.base === K.loop;
}

/** Throws if the user's code that was just called created an op without running it. */
export function checkNoOpInHand(): void {
  if (K.phase !== IDLE) throw notRun();
}

/** The innermost scope of the running task's own chain; null in plain code. */
export function currentScope(): ScopeFields | null {
  return K.task === null ? null : K.task._scope;
}

/** The outermost scope that belongs to the task itself. It is made if the task has none. */
export function ownScopeOf(task: TaskFields): ScopeFields {
  return task._scope.ownOf(task);
}

/** Asks a task and everything that it has spawned to end. Does nothing if the task has ended. */
export function requestEnd(task: TaskFields, source: CancelSource, reason: unknown): void {
  (task as FiberFields)._scope?.cancelFiber(task, source, reason, Number.POSITIVE_INFINITY);
}

/** Ends a task that has not started. Its routine is never called. */
export function refuseStart(task: TaskFields, source: CancelSource, reason: unknown): void {
  task._scope.refuse(task, source, reason);
}

/** Whether the fiber's grace is over. From then on, each of its waits ends at once. */
export function isForced(fiber: FiberFields): boolean {
  return (fiber._flags & FORCED) !== 0;
}
