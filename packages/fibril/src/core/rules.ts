/**
 * Who may enter whom: Ruby's checks, in Ruby's order, each with its line of the contract.
 *
 * They answer the error rather than throw it, so that the caller can first give the kernel's
 * registers back; and they run in the fiber that asks, so that the error's stack shows its line.
 */
import { contractError, type FiberError, transferToResuming, waiting } from "./errors.js";
import type { FiberFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import * as state from "./state.js";
import { holderOf, waitOf } from "./strand.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { K } = kernel;
const { CREATED, HELD, LEFT, PARKED, PINNED, SCHEDULED, TERMINATED, YIELDED } = state;

export function checkResume(target: FiberFields, raising: boolean): FiberError | null {
  const flags = target._flags;
  if ((flags & CREATED) !== 0) return raising ? contractError("unborn") : null; // 6
  if ((flags & TERMINATED) !== 0) return contractError("terminated"); // 7
  if (target === K.current) return contractError("current"); // 8
  if ((flags & (SCHEDULED | PARKED)) !== 0) {
    const broken = checkHolder(target, "resume");
    if (broken !== null) return broken;
  }
  if (target._prev !== null) return contractError("double-resume"); // 9
  if (target._resuming !== null) return contractError("resuming"); // 10
  if ((flags & LEFT) !== 0) return contractError("transferring"); // 11
  return null;
}

/** The target is not the current fiber: a transfer to oneself is no switch (21). */
export function checkTransfer(target: FiberFields): FiberError | null {
  const flags = target._flags;
  if (target._resuming !== null) return transferToResuming(); // 19
  if ((flags & YIELDED) !== 0) return contractError("yielding"); // 20
  if ((flags & TERMINATED) !== 0) return contractError("dead"); // 21
  return (flags & (HELD | PARKED)) === 0 ? null : checkHolder(target, "transfer to");
}

/** A fiber of a strand that waits is its scheduler's to enter. */
function checkHolder(target: FiberFields, verb: string): FiberError | null {
  const task = holderOf(target);
  if (task === null) return null;
  const wait = waitOf(task);
  return waiting(verb, labelOf(target), wait === null ? "is ready" : `waits for ${wait.what}`);
}

/**
 * Whether a synchronous call is in the way of a fiber's being entered. A task waits and ends by going
 * back to its scheduler, which is below every such call.
 */
export function crosses(target: FiberFields): boolean {
  if (target === K.base) return false;
  const flags = target._flags;
  if ((flags & PINNED) !== 0) return true;
  return (flags & SCHEDULED) !== 0 && K.base !== K.loop && K.loop !== null;
}

/** A raise or kill goes to the end of the target's own resume chain (29). */
export function deepest(fiber: FiberFields): FiberFields {
  while (fiber._resuming !== null) fiber = fiber._resuming;
  return fiber;
}

/** A raise enters a fiber that left by transfer the same way, any other by resume (29). */
export function entersByTransfer(fiber: FiberFields): boolean {
  return (fiber._flags & LEFT) !== 0;
}
