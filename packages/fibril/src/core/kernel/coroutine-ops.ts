/**
 * The ops of Ruby's contract: yield, resume, transfer, raise and kill. op.ts explains what an op is, and
 * also makes the op of a call. The waits of tasks are in wait.ts.
 */
import {
  Cancelled,
  FiberError,
  contractError,
  endLeavesScope,
  leavesScope,
  nativeCrossing,
  pending,
  unhandled,
} from "./errors.js";
import { DELIVER, Frame, type How, KILL, RAISE, RETURN, START, SUSPEND } from "./frame.js";
import { KILLING, notRun, record } from "./op-misuse.js";
import { CALL, Op, ready, watched } from "./op.js";
import {
  AGAIN_CREATED,
  CALL_CREATED,
  type FiberFields,
  IDLE,
  K,
  RESUME_CREATED,
  STARTED,
  TRANSFER_CREATED,
  type TaskFields,
  type TaskSide,
  YIELD_CREATED,
  crosses,
} from "./registers.js";
import { checkCrossing, checkRaise, checkResume, checkTransfer, deepest } from "./rules.js";
import {
  CREATED,
  CUT,
  FRESH,
  KILLED,
  KILL_DUE,
  KILL_POSTPONED,
  ON_TASK,
  PARKED,
  RAISES,
  READY,
  SCOPED,
  TERMINATED,
} from "./state.js";
import { leftInScope, redirect, waitingTaskOf } from "./strand.js";
import { endTask } from "./task-end.js";
import { labelOf } from "./text.js";
import { givenTo } from "./wait-slot.js";
import { interrupt, isBeingUndone, replace } from "./wait.js";

const YIELD: Op<unknown> = new Op(YIELD_CREATED);
const RESUME: Op<unknown> = new Op(RESUME_CREATED);
const TRANSFER: Op<unknown> = new Op(TRANSFER_CREATED);

const AGAIN: Op<unknown> = new Op(AGAIN_CREATED);

export function yieldOp(value: unknown): Op<unknown> {
  const prev = K.current._prev;
  if (K.phase !== IDLE || prev === null || (prev !== K.base && crosses(prev)) || K.debug) {
    checkYield(prev);
  }
  K.phase = YIELD_CREATED;
  K.value = value;
  return YIELD;
}

/** Lines 14 and 15 of the contract, in a function of their own to keep the fast path small. */
export function checkYield(prev: FiberFields | null): void {
  if (K.phase !== IDLE) throw notRun();
  if (prev === null) throw contractError("not-resumed");
  const broken = checkCrossing(prev);
  if (broken !== null) throw broken;
  record();
}

export function resumeOp(target: FiberFields, argc: number, value: unknown): Op<unknown> {
  ready("Fiber.resume");
  const broken = checkResume(target, false);
  if (broken !== null) throw broken;
  return aim(RESUME, RESUME_CREATED, target, DELIVER, argc, value);
}

export function transferOp(target: FiberFields, argc: number, value: unknown): Op<unknown> {
  ready("Fiber.transfer");
  if (target === K.current) return again(DELIVER, value);
  const broken = checkTransfer(target) ?? checkCrossing(target) ?? checkTask(target);
  if (broken !== null) throw broken;
  return aim(TRANSFER, TRANSFER_CREATED, target, DELIVER, argc, value);
}

export function raiseOp(target: FiberFields, error: unknown): Op<unknown> {
  ready("Fiber.raise");
  const end = deepest(target);
  const task = holderOf(end);
  if (task !== null) {
    (K.tasks as TaskSide).raiseInTask(task, end, error);
    return again(DELIVER, undefined);
  }
  return raisesByTransfer(end, error)
    ? aim(TRANSFER, TRANSFER_CREATED, end, RAISE, 1, error)
    : aim(RESUME, RESUME_CREATED, end, RAISE, 1, error);
}

export function killOp(fiber: FiberFields): Op<unknown> {
  ready("Fiber.kill");
  if (fiber === K.root) throw killRoot();
  if ((fiber._flags & (KILLED | KILL_POSTPONED)) !== 0) return again(DELIVER, false);
  if (fiber !== K.current && isPostponed(fiber)) return again(DELIVER, fiber);
  const end = deepest(fiber);
  const task = holderOf(end);
  if (task !== null) {
    (K.tasks as TaskSide).killInTask(task, fiber, end);
    return again(DELIVER, fiber);
  }
  fiber._flags |= KILLED;
  if (fiber === K.current) return again(RETURN, undefined);
  if (endsAtOnce(fiber)) return again(DELIVER, fiber);
  const error = end === fiber ? undefined : unhandled();
  const phase = raisesByTransfer(end, error) ? TRANSFER_CREATED : RESUME_CREATED;
  K.phase = CALL_CREATED;
  K.frame = new Frame(killCode, fiber, end, error, phase + STARTED);
  K.frameBits = 0;
  K.label = KILLING;
  return CALL;
}

/**
 * A kill is a frame of its own, because its result is the killed fiber, whatever that fiber returns and
 * whichever fiber gives control back. The frame remembers the fiber until then.
 */
function killCode(frame: Frame, how: How, value: unknown): unknown {
  switch (how) {
    case START: {
      const { a: fiber, b: end, c: error, d: phase } = frame;
      aim(RESUME, phase as number, end as FiberFields, end === fiber ? RETURN : RAISE, 1, error);
      return SUSPEND;
    }
    case RAISE:
      throw value;
    case RETURN:
      return KILL;
    default:
      return frame.a;
  }
}

function aim(
  op: Op<unknown>,
  phase: number,
  target: FiberFields,
  how: How,
  argc: number,
  value: unknown,
): Op<unknown> {
  K.phase = phase;
  K.target = target;
  K.how = how;
  K.argc = argc;
  K.value = value;
  return op;
}

/** An op whose outcome is known without a switch. */
function again(how: typeof DELIVER | typeof RETURN, value: unknown): Op<unknown> {
  K.phase = AGAIN_CREATED + watched();
  K.how = how;
  K.value = value;
  return AGAIN;
}

/** The waiting task to whose strand a fiber belongs. */
export function holderOf(fiber: FiberFields): TaskFields | null {
  if ((fiber._flags & (ON_TASK | PARKED)) === 0) return null;
  return (K.tasks as TaskSide).waitingTaskOf(fiber);
}

/** Whether the fiber is to be killed later, because it does what was deferred, or acquires a resource. */
export function isPostponed(fiber: FiberFields): boolean {
  return K.tasks !== null && K.tasks.postponeKill(fiber);
}

/** Inside a task, a transfer must not leave an open scope behind. */
function checkTask(target: FiberFields): Error | null {
  return K.task === null ? null : (K.tasks as TaskSide).checkLeaving(target);
}

function raisesByTransfer(target: FiberFields, error: unknown): boolean {
  const byTransfer = checkRaise(target, error);
  const broken = byTransfer ? checkTask(target) : null;
  if (broken !== null) throw broken;
  return byTransfer;
}

/**
 * A transfer may leave a chain of resumes that does not hang on the task. Control then comes back to the
 * task itself, or goes to any other fiber, and the resumers in the chain may never go on. So none of them
 * may have a scope open.
 */
export function checkLeaving(target: FiberFields): FiberError | null {
  const { current } = K;
  if ((current._flags & ON_TASK) !== 0) return null;
  for (let at: FiberFields | null = current._prev; at !== null; at = at._prev) {
    if ((at._flags & SCOPED) !== 0) return leavesScope(labelOf(at));
  }
  return checkCalling(target);
}

/** A synchronous call may leave its caller with a scope open, but not for code outside of that scope. */
export function checkCalling(target: FiberFields): FiberError | null {
  const left = leftInScope(target);
  return left === null ? null : leavesScope(labelOf(left));
}

/**
 * The same for the end of a fiber. The end of a fiber that a callback has entered must not give control to the
 * task that the callback interrupts, either.
 */
export function isLeaving(fiber: FiberFields, target: FiberFields, how: How): boolean {
  if (K.base === K.loop || target === K.base) return false;
  const options = how === RAISE ? { cause: K.value } : {};
  if (K.task === null) {
    if (waitingTaskOf(target) === null) return false;
    K.value = nativeCrossing(`the end of ${labelOf(fiber)}`, labelOf(target), options);
    return true;
  }
  const left = leftInScope(target);
  if (left === null) return false;
  K.value = endLeavesScope(labelOf(fiber), labelOf(left), options);
  return true;
}

/**
 * Kills a fiber that has not started or has ended, so that there is nothing to unwind (line 33). Returns
 * whether it did.
 */
export function endsAtOnce(fiber: FiberFields): boolean {
  if ((fiber._flags & CREATED) !== 0) {
    fiber._flags = TERMINATED | KILLED;
    fiber._frame = null;
    fiber._storage = null;
    return true;
  }
  return (fiber._flags & TERMINATED) !== 0;
}

export function killRoot(): FiberError {
  return new FiberError(
    "kill-root",
    "the root fiber stands for plain code, which cannot be killed",
  );
}

/** `raise` on a fiber of a waiting strand: the error is thrown at the task's next turn. */
export function raiseInTask(task: TaskFields, tip: FiberFields, error: unknown): void {
  const flags = task._flags;
  if ((flags & FRESH) !== 0) throw contractError("unborn");
  if ((flags & (READY | PARKED)) === 0) throw nativeCrossing("an error", labelOf(tip));
  // A Cancelled that has not been thrown yet may be replaced, because it is thrown again at the next wait.
  // But if an undo raises (an AbortSignal's listener may do so), it only repeats an error that the fiber is
  // about to get.
  if ((flags & RAISES) !== 0) {
    if (!Cancelled.is(givenTo(task))) throw pending(labelOf(task), error);
    if (isBeingUndone(task)) return;
  }
  redirect(task, tip);
  if ((flags & RAISES) !== 0) replace(task, error);
  else interrupt(task, RAISE, error);
}

/**
 * `kill` of a fiber of a waiting strand: it unwinds at the task's next turn. `end` is the last fiber of
 * its resume chain. If that is another fiber, an error is raised in it instead (line 36).
 */
export function killInTask(task: TaskFields, fiber: FiberFields, end: FiberFields): void {
  const flags = task._flags;
  if ((flags & FRESH) !== 0) {
    task._flags |= KILLED;
    endTask(task, CUT, undefined);
    return;
  }
  if ((flags & (READY | PARKED)) === 0) {
    // Another scheduler's turn, on the native stack, interrupts the task's: the fiber unwinds at its next op.
    fiber._flags |= KILLED;
    end._flags |= KILL_DUE;
    return;
  }
  redirect(task, end);
  fiber._flags |= KILLED;
  if (end === fiber) interrupt(task, DELIVER, undefined);
  else interrupt(task, RAISE, unhandled());
}
