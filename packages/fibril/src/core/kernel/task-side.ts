/**
 * The code of the kernel that only tasks need, in the table through which the kernel calls it. The first
 * scheduler installs the table. Without a scheduler there is no task, and so no call.
 *
 * A table, because an import would make every program carry this code, also one that makes only coroutines.
 * A call through it cannot be inlined. So the frequent ends of a turn do not come through here: the
 * scheduler, which is above the kernel, imports what they need.
 */
import { checkCalling, checkLeaving, isLeaving, killInTask, raiseInTask } from "./coroutine-ops.js";
import { Cancelled, leavesScope } from "./errors.js";
import { interrupt } from "./interrupted.js";
import { K, type TaskSide } from "./registers.js";
import { checkHolder } from "./rules.js";
import { postponeKill, waitingTaskOf } from "./strand.js";
import { endRoutine } from "./switch.js";
import { labelOf } from "./text.js";
import { park } from "./wait.js";

const TASK_SIDE: TaskSide = {
  interrupt,
  park,
  endRoutine,
  waitingTaskOf,
  checkHolder,
  checkLeaving,
  checkCalling,
  isLeaving,
  leavesScope: (fiber) => leavesScope(labelOf(fiber)),
  raiseInTask,
  killInTask,
  postponeKill,
  isCancelled: (error) => Cancelled.is(error),
};

/** There are going to be tasks. */
export function installTaskSide(): void {
  K.tasks = TASK_SIDE;
}
