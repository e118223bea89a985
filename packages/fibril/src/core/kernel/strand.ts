/**
 * A strand: a task together with the coroutines that run in its turns.
 *
 * For these coroutines, a task plays the part that the root fiber plays in plain code. It resumes them and
 * transfers to them. When one ends without a resumer, control goes to the end of the task's own chain of
 * resumes. The fiber of a strand in which the turn ended is its *tip*:
 *
 *     task ──_resuming──▶ a ──_resuming──▶ b          b waits: all three wait, b is the tip
 *
 * While the strand waits, only its scheduler may enter its fibers; otherwise the end of one could give
 * control to another task. ON_TASK says that a fiber hangs on a task by a chain of resumes. A tip that was
 * transferred to does not, so `strays` remembers its task.
 */
import { leftBehind } from "./errors.js";
import {
  type CancelRequest,
  type FiberFields,
  K,
  type ScopeFields,
  type TaskFields,
} from "./registers.js";
import {
  IN_COROUTINE,
  KILLED,
  KILL_POSTPONED,
  ON_TASK,
  PARKED,
  SCHEDULED,
  SCOPED,
  TERMINATED,
} from "./state.js";
import { labelOf } from "./text.js";
import { strandOf } from "./wait-slot.js";

const strays = new WeakMap<FiberFields, TaskFields>();

/** Remembers the task of a tip that begins to wait and does not hang on it by resumes. */
export function remember(tip: FiberFields, task: TaskFields): void {
  if ((tip._flags & ON_TASK) === 0) strays.set(tip, task);
}

/** The fiber in which a task's last turn ended, or in which its present turn is. */
export function tipOf(task: TaskFields): FiberFields {
  if ((task._flags & IN_COROUTINE) !== 0) return strandOf(task).tip;
  if (task === K.task) return K.current;
  let tip: FiberFields = task;
  while (tip._resuming !== null) tip = tip._resuming; // another scheduler's turn interrupts the task's
  return tip;
}

/** The end of a task's own resume chain, which gets control when a fiber that was transferred to ends. */
function tailOf(task: TaskFields): FiberFields {
  return (task._flags & IN_COROUTINE) !== 0 ? strandOf(task).tail : K.tail;
}

/**
 * The fibers of a strand, from its tip to its task. If the tip was transferred to, it and its resumers come
 * first, and then the task's own resume chain:
 *
 *     task ──_resuming──▶ a ──_resuming──▶ b ──transfer──▶ c ──_resuming──▶ d        d, c, b, a, task
 *
 * If a synchronous call transferred to the tip, the fiber that made the call and its resumers come next.
 */
export function* upwards(task: TaskFields, tip: FiberFields): Iterable<FiberFields> {
  const chains = task === K.task && K.base !== K.loop ? [tip, K.base] : [tip];
  for (const chain of [...chains, tailOf(task)]) {
    let last = chain;
    for (let at: FiberFields | null = chain; at !== null; at = at._prev) {
      yield at;
      last = at;
    }
    if (last === task) return;
  }
}

/** A {@link BareWake} is called with this when its wait was ended early. */
export const OVER: unique symbol = Symbol("fibril.over");

/** The task to whose strand a fiber belongs; null if there is none or it is the task's turn now. */
export function waitingTaskOf(fiber: FiberFields): TaskFields | null {
  const flags = fiber._flags;
  if ((flags & (ON_TASK | PARKED)) === 0 || (flags & TERMINATED) !== 0) return null;
  if ((flags & ON_TASK) === 0) return strays.get(fiber) ?? null;
  let bottom = fiber;
  while (bottom._prev !== null) bottom = bottom._prev;
  return (bottom._flags & SCHEDULED) === 0 || bottom === K.task ? null : (bottom as TaskFields);
}

/** Whether a fiber, or one in its resume chain, is running deferred clean-up or acquiring a resource. */
function postponesKill(fiber: FiberFields): boolean {
  for (let end: FiberFields | null = fiber; end !== null; end = end._resuming) {
    for (let at: ScopeFields | null = end._scope; at !== null && at.owner === end; at = at.outer) {
      if (at.cleaning || at.acquiring) return true;
    }
  }
  return false;
}

/**
 * Postpones a kill to the end of the deferred clean-up or of the acquiring, if there is any. Returns
 * whether it did.
 */
export function postponeKill(fiber: FiberFields): boolean {
  if (!postponesKill(fiber)) return false;
  fiber._flags |= KILL_POSTPONED;
  return true;
}

/**
 * The fiber's deferred clean-up is done, so postponed kills take effect: its own and those of its
 * resumers. Returns the innermost fiber that is killed by this, or null.
 */
export function takePostponedKill(fiber: FiberFields): FiberFields | null {
  let killed: FiberFields | null = null;
  for (let at: FiberFields | null = fiber; at !== null; at = at._prev) {
    if ((at._flags & KILL_POSTPONED) === 0 || postponesKill(at)) continue;
    at._flags = (at._flags & ~KILL_POSTPONED) | KILLED;
    killed ??= at;
  }
  return killed;
}

/** Makes another fiber of the strand its tip, because a raise or kill goes there. */
export function redirect(task: TaskFields, tip: FiberFields): void {
  const old = tipOf(task);
  if (old === tip || (task._flags & IN_COROUTINE) === 0) return;
  for (let at: FiberFields | null = old; at !== null; at = at._prev) {
    if ((at._flags & SCOPED) !== 0) throw leftBehind(labelOf(at));
  }
  if (tip !== task) tip._flags |= PARKED;
  if (old !== task) old._flags &= ~PARKED;
  strandOf(task).tip = tip;
}

/** The innermost scope around the code that runs in `tip`, a fiber of the task's strand. */
export function innermost(task: TaskFields, tip: FiberFields): ScopeFields {
  for (let at: FiberFields | null = tip; at !== null; at = at._prev) {
    if (at._scope !== null) return at._scope;
  }
  // Rare: the tip was transferred to.
  for (const at of upwards(task, tip)) if (at._scope !== null) return at._scope;
  return task._scope;
}

/** The request that applies to the code that runs in `tip`. */
export function requestFor(task: TaskFields, tip: FiberFields): CancelRequest | null {
  return (tip === task ? task._scope : innermost(task, tip)).effective;
}
