/**
 * Which fiber may enter which: Ruby's checks, in Ruby's order. The number after each is its line in the
 * contract (docs/ruby.md).
 *
 * They return the error rather than throw it, so that the caller can clear the kernel's registers first.
 * They run in the fiber that tries to enter the other, so that the error's stack shows its line.
 */
import {
  FiberError,
  contractError,
  nativeCrossing,
  transferToResuming,
  waiting,
} from "./errors.js";
import { type FiberFields, K, type TaskSide, crosses } from "./registers.js";
import {
  ATTACHED,
  CREATED,
  ON_TASK,
  PARKED,
  SCHEDULED,
  TERMINATED,
  TRANSFERRED,
  YIELDED,
} from "./state.js";
import { waitingTaskOf } from "./strand.js";
import { labelOf } from "./text.js";
import { waitOf } from "./wait-slot.js";

export function checkResume(target: FiberFields, raising: boolean): Error | null {
  const flags = target._flags;
  if ((flags & CREATED) !== 0) return raising ? contractError("unborn") : null; // 6
  if ((flags & TERMINATED) !== 0) return contractError("terminated"); // 7
  if (target === K.current) return contractError("current"); // 8
  if ((flags & (SCHEDULED | PARKED)) !== 0) {
    const broken = (K.tasks as TaskSide).checkHolder(target, "resume");
    if (broken !== null) return broken;
  }
  if (target._prev !== null) return contractError("double-resume"); // 9
  if (target._resuming !== null) return contractError("resuming"); // 10
  if ((flags & TRANSFERRED) !== 0) return contractError("transferring"); // 11
  return null;
}

/** The target is not the current fiber, because a transfer to oneself is not a switch (21). */
export function checkTransfer(target: FiberFields): Error | null {
  const flags = target._flags;
  if (target._resuming !== null) return transferToResuming(); // 19
  if ((flags & YIELDED) !== 0) return contractError("yielding"); // 20
  if ((flags & TERMINATED) !== 0) return contractError("dead"); // 21
  if ((flags & (ON_TASK | PARKED)) === 0 && ((flags & ATTACHED) === 0 || K.loop === null))
    return null;
  return (K.tasks as TaskSide).checkHolder(target, "transfer to");
}

/**
 * Only its scheduler may enter a fiber of a waiting strand. During a turn, a coroutine that plain code has
 * resumed cannot be entered either, because its end would give control to that code, below the turn.
 */
export function checkHolder(target: FiberFields, verb: string): FiberError | null {
  if ((target._flags & (ON_TASK | PARKED)) === 0) {
    return bottomOf(target) === K.loop ? null : nativeCrossing(labelOf(K.current), labelOf(target));
  }
  const task = waitingTaskOf(target);
  if (task === null) return null;
  const wait = waitOf(task);
  return waiting(verb, labelOf(target), wait === null ? "is ready" : `waits for ${wait.what}`);
}

function bottomOf(fiber: FiberFields): FiberFields {
  while (fiber._prev !== null) fiber = fiber._prev;
  return fiber;
}

/** The end of the fiber's own resume chain, where a raise or kill takes effect (29). */
export function deepest(fiber: FiberFields): FiberFields {
  while (fiber._resuming !== null) fiber = fiber._resuming;
  return fiber;
}

/** A raise enters a fiber that left by transfer by transfer too, and any other by resume (29). */
function entersByTransfer(fiber: FiberFields): boolean {
  return (fiber._flags & TRANSFERRED) !== 0;
}

/** The error if entering the target would leave a synchronous call that is still on the native stack. */
export function checkCrossing(target: FiberFields): FiberError | null {
  return crosses(target) ? nativeCrossing(labelOf(K.current), labelOf(target)) : null;
}

/**
 * The rules of a raise or kill: it enters a fiber that left by transfer by transfer, and any other by
 * resume (29). Returns whether it is by transfer. If the target is the current fiber, throws the given
 * error itself.
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
