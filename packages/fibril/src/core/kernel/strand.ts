/**
 * A strand: the fibers that have their turn when a task has its turn.
 *
 * A task plays the part for coroutines that the root plays in plain code. It resumes them, transfers
 * to them, and what ends without a resumer ends up at the end of its chain:
 *
 *     task ──_resuming──▶ a ──_resuming──▶ b          b waits: all three wait, b is the tip
 *
 * As long as the strand waits, its fibers belong to it, and nobody else may enter one; else one
 * fiber's end would surface in another task. ON_TASK says that a fiber hangs on a task by a chain of
 * resumes; a fiber that was transferred to and waits is remembered in `strays`.
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

/** The tip of a strand that begins to wait hangs on no task. */
export function remember(tip: FiberFields, task: TaskFields): void {
  if ((tip._flags & ON_TASK) === 0) strays.set(tip, task);
}

/** The fiber in which a task's turn ended, or in which it is just now. */
export function tipOf(task: TaskFields): FiberFields {
  if ((task._flags & IN_COROUTINE) !== 0) return strandOf(task).tip;
  if (task === K.task) return K.current;
  let tip: FiberFields = task;
  while (tip._resuming !== null) tip = tip._resuming; // its turn is interrupted by another scheduler's
  return tip;
}

/** The end of a task's own resume chain: where a fiber that was transferred to hands control at its end. */
function tailOf(task: TaskFields): FiberFields {
  return (task._flags & IN_COROUTINE) !== 0 ? strandOf(task).tail : K.tail;
}

/**
 * The fibers of a strand, from its tip to its task. A tip that was transferred to, and its resumers,
 * stand on the end of the task's own chain:
 *
 *     task ──_resuming──▶ a ──_resuming──▶ b ──transfer──▶ c ──_resuming──▶ d        d, c, b, a, task
 *
 * What was transferred to by a synchronous call stands on the fiber that made the call.
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

/** Tells a {@link BareWake} that its wait was called off. */
export const OVER: unique symbol = Symbol("fibril.over");

/** The task, not having its turn, to whose strand a fiber belongs. */
export function waitingTaskOf(fiber: FiberFields): TaskFields | null {
  const flags = fiber._flags;
  if ((flags & (ON_TASK | PARKED)) === 0 || (flags & TERMINATED) !== 0) return null;
  if ((flags & ON_TASK) === 0) return strays.get(fiber) ?? null;
  let bottom = fiber;
  while (bottom._prev !== null) bottom = bottom._prev;
  return (bottom._flags & SCHEDULED) === 0 || bottom === K.task ? null : (bottom as TaskFields);
}

/** Whether a fiber, or one that it is resuming, does what was deferred, or acquires a resource. */
function postponesKill(fiber: FiberFields): boolean {
  for (let end: FiberFields | null = fiber; end !== null; end = end._resuming) {
    for (let at: ScopeFields | null = end._scope; at !== null && at.owner === end; at = at.outer) {
      if (at.cleaning || at.acquiring) return true;
    }
  }
  return false;
}

/** A fiber that does what was deferred, or acquires, is killed after it; answers whether that is so. */
export function postponeKill(fiber: FiberFields): boolean {
  if (!postponesKill(fiber)) return false;
  fiber._flags |= KILL_POSTPONED;
  return true;
}

/**
 * What a fiber deferred is done: now those are killed that waited for it, the fiber itself or who
 * resumes it. Answers which.
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

/** A raise into a fiber of the strand other than the tip: that one goes on instead. */
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

/** The scope that counts for code running in `tip`, a fiber of the task's. */
export function innermost(task: TaskFields, tip: FiberFields): ScopeFields {
  for (let at: FiberFields | null = tip; at !== null; at = at._prev) {
    if (at._scope !== null) return at._scope;
  }
  // Rarely: the tip was transferred to.
  for (const at of upwards(task, tip)) if (at._scope !== null) return at._scope;
  return task._scope;
}

/** The request that applies to code running in `tip`. */
export function requestFor(task: TaskFields, tip: FiberFields): CancelRequest | null {
  return (tip === task ? task._scope : innermost(task, tip)).effective;
}
