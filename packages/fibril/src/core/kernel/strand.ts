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
  type Interrupted,
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

/** The registers of a turn. */
type Turn = Pick<Interrupted, "current" | "base" | "loop" | "caller" | "tail">;

/** The registers of the task's turn, also of one that is interrupted. Null if it is not the task's turn. */
function turnOf(task: TaskFields): Turn | null {
  let turn: Turn | null = K;
  if (task !== K.task) {
    let at = K.interrupted;
    while (at !== null && at.task !== task) at = at.below;
    turn = at;
  }
  // At the end of a turn, and before the next one begins, the scheduler's fiber has control.
  return turn === null || turn.current === turn.loop ? null : turn;
}

/** The fiber in which a task's last turn ended, or in which its present turn is. */
export function tipOf(task: TaskFields): FiberFields {
  if ((task._flags & IN_COROUTINE) !== 0) return strandOf(task).tip;
  return turnOf(task)?.current ?? task;
}

/** Where the chains of resumes of a strand begin: see {@link upwards}. */
function* chainsOf(task: TaskFields, tip: FiberFields): Iterable<FiberFields> {
  yield tip;
  if ((task._flags & IN_COROUTINE) !== 0) yield strandOf(task).tail;
  else {
    const turn = turnOf(task);
    if (turn === null) return;
    if (turn.base !== turn.loop) yield turn.caller;
    yield turn.tail;
  }
}

/**
 * The fibers of a strand, from its tip to its task. If the tip was transferred to, it and its resumers come
 * first, and then the task's own resume chain:
 *
 *     task ──_resuming──▶ a ──_resuming──▶ b ──transfer──▶ c ──_resuming──▶ d        d, c, b, a, task
 *
 * If a synchronous call is on the native stack, the fiber that made it and its resumers come after the tip's. If
 * there are several such calls, that of the outermost is meant: fibers that are entered in it can open no scope.
 */
export function* upwards(task: TaskFields, tip: FiberFields): Iterable<FiberFields> {
  for (const chain of chainsOf(task, tip)) {
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

/**
 * The task to whose strand a fiber belongs; null if there is none or it is the task's turn now. A callback runs
 * in no task, and what it resumes belongs to none, although that hangs on the fiber whose turn it interrupts.
 */
export function waitingTaskOf(fiber: FiberFields): TaskFields | null {
  const flags = fiber._flags;
  if ((flags & (ON_TASK | PARKED)) === 0 || (flags & TERMINATED) !== 0) return null;
  if ((flags & ON_TASK) === 0) return strays.get(fiber) ?? null;
  const below = K.task === null && K.interrupted !== null ? K.interrupted.current : null;
  let bottom = fiber;
  while (bottom._prev !== null) {
    bottom = bottom._prev;
    if (bottom === below) return null;
  }
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

/**
 * The fiber that would be left in its open scope if control went to the target. Null if there is none.
 *
 * Code that a fiber enters by a synchronous call runs in the fiber's scopes, because the call is on the native
 * stack. A transfer to the end of the task's own chain, or the end of a coroutine, would give control to code
 * outside of them. That code could close the scopes around them, and a request would not reach them.
 */
export function leftInScope(target: FiberFields): FiberFields | null {
  const { current, task } = K;
  if (task === null || (target._flags & ON_TASK) === 0) return null;
  for (const at of upwards(task, current)) {
    if ((at._flags & ON_TASK) !== 0) return null;
    if ((at._flags & SCOPED) !== 0) return at;
  }
  return null;
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
