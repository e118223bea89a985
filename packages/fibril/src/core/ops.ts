/**
 * The ops of Ruby's contract, and the call: what stands under `yield*` in a coroutine. What an op is,
 * op.ts says; the waits of tasks are in wait.ts.
 */
import { contractError, FiberError, leavesScope, nativeCrossing, unhandled } from "./errors.js";
import { Frame, type TopFrame } from "./frame.js";
import * as frames from "./frame.js";
import type { FiberFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import { KILLING, notRun, Op, record, watched } from "./op.js";
import { checkResume, checkTransfer, crosses, deepest, entersByTransfer } from "./rules.js";
import type { How } from "./state.js";
import * as state from "./state.js";
import { holderOf, holdKill } from "./strand.js";
import { killInTask, raiseInTask } from "./wait.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { SUSPEND } = frames;
const {
  AGAIN_CREATED,
  CALL_CREATED,
  IDLE,
  K,
  RESUME_CREATED,
  STARTED,
  TRANSFER_CREATED,
  YIELD_CREATED,
} = kernel;
const {
  CREATED,
  DELIVER,
  HELD,
  KILL_HELD,
  KILLED,
  PINNED,
  RAISE,
  RETURN,
  SCOPED,
  START,
  TERMINATED,
} = state;

const YIELD: Op<unknown> = new Op(YIELD_CREATED);
const RESUME: Op<unknown> = new Op(RESUME_CREATED);
const TRANSFER: Op<unknown> = new Op(TRANSFER_CREATED);
const CALL: Op<unknown> = new Op(CALL_CREATED);
const AGAIN: Op<unknown> = new Op(AGAIN_CREATED);

export function yieldOp(value: unknown): Op<unknown> {
  const prev = K.current._prev;
  if (
    K.phase !== IDLE ||
    prev === null ||
    (prev !== K.base && (prev._flags & PINNED) !== 0) ||
    K.debug
  ) {
    checkYield(prev);
  }
  K.phase = YIELD_CREATED;
  K.value = value;
  return YIELD;
}

/** Lines 14 and 15, out of the way of the fast path. */
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
  const broken = checkTransfer(target) ?? checkCrossing(target) ?? checkLeaving();
  if (broken !== null) throw broken;
  return aim(TRANSFER, TRANSFER_CREATED, target, DELIVER, argc, value);
}

export function raiseOp(target: FiberFields, error: unknown): Op<unknown> {
  ready("Fiber.raise");
  const end = deepest(target);
  const task = holderOf(end);
  if (task !== null) {
    raiseInTask(task, end, error);
    return again(DELIVER, undefined);
  }
  return raisesByTransfer(end, error)
    ? aim(TRANSFER, TRANSFER_CREATED, end, RAISE, 1, error)
    : aim(RESUME, RESUME_CREATED, end, RAISE, 1, error);
}

export function killOp(fiber: FiberFields): Op<unknown> {
  ready("Fiber.kill");
  if (fiber === K.root) throw killRoot();
  if ((fiber._flags & (KILLED | KILL_HELD)) !== 0) return again(DELIVER, false);
  if (fiber !== K.current && holdKill(fiber)) return again(DELIVER, fiber);
  const end = deepest(fiber);
  const task = holderOf(end);
  if (task !== null) {
    killInTask(task, fiber, end);
    return again(DELIVER, fiber);
  }
  fiber._flags |= KILLED;
  if (fiber === K.current) return again(RETURN, undefined);
  if (endsAtOnce(fiber)) return again(DELIVER, fiber);
  const error = end === fiber ? undefined : unhandled();
  const phase = raisesByTransfer(end, error) ? TRANSFER_CREATED : RESUME_CREATED;
  K.phase = CALL_CREATED;
  K.frame = new Frame(killing, fiber, end, error, phase + STARTED);
  K.frameBits = 0;
  K.label = KILLING;
  return CALL;
}

/**
 * A frame, because the result of a kill is the fiber, whatever that fiber answers and whoever gives
 * control back; so somebody has to remember it meanwhile.
 */
function killing(frame: Frame, how: How, value: unknown): unknown {
  switch (how) {
    case START: {
      const { a: fiber, b: end, c: error, d: phase } = frame;
      aim(RESUME, phase as number, end as FiberFields, end === fiber ? RETURN : RAISE, 1, error);
      return SUSPEND;
    }
    case RAISE:
      throw value;
    case RETURN:
      return frames.KILL;
    default:
      return frame.a;
  }
}

/** The call of a routine: its frame is made, and runs when the op does. */
export function callOp(frame: TopFrame, frameBits: number, label: { name: string }): Op<unknown> {
  ready(label);
  K.phase = CALL_CREATED + watched();
  K.frame = frame;
  K.frameBits = frameBits;
  K.label = label;
  return CALL;
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

/** The op's outcome is known without a switch. */
function again(how: typeof DELIVER | typeof RETURN, value: unknown): Op<unknown> {
  K.phase = AGAIN_CREATED + watched();
  K.how = how;
  K.value = value;
  return AGAIN;
}

/** An op may be created: none is in hand, and a fiber has control. */
export function ready(what: string | { readonly name: string }): void {
  if (K.phase !== IDLE) throw notRun();
  // Asked for here only: the name of a function is a call into C++.
  if (K.current === K.root) throw outside(typeof what === "string" ? what : what.name);
  if (K.debug) record();
}

/**
 * The rules of a raise or kill: by transfer into a fiber that left by transfer, else by resume (29).
 * Answers whether by transfer; throws the error itself when it is for the current fiber.
 */
export function checkRaise(target: FiberFields, error: unknown): boolean {
  if (target === K.current) throw error;
  const byTransfer = entersByTransfer(target);
  const broken = byTransfer
    ? (checkTransfer(target) ?? checkCrossing(target))
    : checkResume(target, true);
  if (broken !== null) throw broken;
  return byTransfer;
}

function raisesByTransfer(target: FiberFields, error: unknown): boolean {
  const byTransfer = checkRaise(target, error);
  const broken = byTransfer ? checkLeaving() : null;
  if (broken !== null) throw broken;
  return byTransfer;
}

/**
 * A transfer out of a chain that does not hang on the task gives control back to the task itself, or
 * to whom it likes: then whoever stands above in the chain must not have a scope open.
 */
function checkLeaving(): FiberError | null {
  const { current, task } = K;
  if (task === null || current._prev === null || (current._flags & HELD) !== 0) return null;
  for (let at: FiberFields | null = current._prev; at !== null; at = at._prev) {
    if ((at._flags & SCOPED) !== 0) return leavesScope(labelOf(at));
  }
  return null;
}

/** Control would have to leave a synchronous call below which the target waits, or its scheduler. */
export function checkCrossing(target: FiberFields): FiberError | null {
  return crosses(target) ? nativeCrossing(labelOf(K.current), labelOf(target)) : null;
}

/** Kill of a fiber that has not started or has ended: nothing to unwind (line 33). */
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

function outside(name: string): FiberError {
  return new FiberError(
    "outside",
    `${name}(…) is for yield* inside a fiber: in plain code use the method on the fiber, ` +
      `or new Fiber(…).resume(…) for a routine`,
  );
}
