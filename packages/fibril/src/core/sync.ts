/**
 * The synchronous calls, `fiber.resume(…)` and its kin, outside the fast path of `resume`: they stand
 * on the native stack until control is back.
 */
import type { FiberError } from "./errors.js";
import { type Call, Frame } from "./frame.js";
import * as frames from "./frame.js";
import type { FiberFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { notRun } from "./op.js";
import { checkCrossing, checkRaise } from "./ops.js";
import { frameOf } from "./routine.js";
import { checkResume } from "./rules.js";
import type { How } from "./state.js";
import * as state from "./state.js";
import { driveOn, enter, howToEnter, linkResume, linkTransfer } from "./switch.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { generatorNext, SUSPEND } = frames;
const { IDLE, K, YIELD_STARTED } = kernel;
const { CALLED, CHAIN_BITS, CREATED, DELIVER, GENERATOR, RAISE, RUNNING, START, YIELDED } = state;

/** A synchronous call inside a fiber may not enter anyone who waits below it, its own base included. */
export function crossingFrom(from: FiberFields, target: FiberFields): FiberError | null {
  if (from === K.base) return checkCrossing(target);
  const { base } = K;
  K.base = from;
  const broken = checkCrossing(target);
  K.base = base;
  return broken;
}

/** Flips the state of a suspended fiber to running. */
const RESUMES: number = YIELDED | RUNNING;

/**
 * The fast path of `resume`: a fiber that waits in a generator, at any call depth, is resumed from the
 * base and yields again. It does what the loop in switch.ts would do, in one piece small enough to be
 * inlined, through `resume`, into the caller's loop.
 */
export function resumeGenerator(
  fiber: FiberFields,
  from: FiberFields,
  flags: number,
  value: unknown,
): unknown {
  const running = (flags ^ RESUMES) | (from._flags & CHAIN_BITS);
  const frame = fiber._frame;
  const top = (flags & CALLED) === 0 ? frame : (frame as Call).frame;
  from._resuming = fiber;
  fiber._prev = from;
  fiber._flags = running;
  K.current = fiber;
  K.phase = DELIVER;
  let result: IteratorResult<unknown>;
  try {
    result = generatorNext.call(top as Generator, value);
  } catch (error) {
    return driveOn(fiber, RAISE, error);
  }
  if (result.value !== SUSPEND || K.phase !== YIELD_STARTED || fiber._flags !== running) {
    return driveOn(fiber, DELIVER, result);
  }
  K.phase = IDLE;
  from._resuming = null;
  fiber._prev = null;
  fiber._flags = flags;
  K.current = from;
  value = K.value;
  K.value = undefined;
  return value;
}

/** The same for a fiber that waits in a state machine. */
export function resumeMachine(
  fiber: FiberFields,
  from: FiberFields,
  flags: number,
  value: unknown,
): unknown {
  const running = (flags ^ RESUMES) | (from._flags & CHAIN_BITS);
  const frame = fiber._frame;
  const top = ((flags & CALLED) === 0 ? frame : (frame as Call).frame) as Frame;
  from._resuming = fiber;
  fiber._prev = from;
  fiber._flags = running;
  K.current = fiber;
  let out: unknown;
  try {
    out = top.code(top, DELIVER, value);
  } catch (error) {
    return driveOn(fiber, RAISE, error);
  }
  if (out !== SUSPEND || K.phase !== YIELD_STARTED || fiber._flags !== running) {
    return driveOn(fiber, DELIVER, out);
  }
  K.phase = IDLE;
  from._resuming = null;
  fiber._prev = null;
  fiber._flags = flags;
  K.current = from;
  value = K.value;
  K.value = undefined;
  return value;
}

/**
 * `resume` outside its fast path. First entries, state machines and packed values have a second one
 * here. This function must stay longer than V8 inlines (460 bytecodes): inlined into `resume`, it made
 * that one too big for its callers' loops, by a sixth of a switch (docs/performance.md).
 */
export function resumeAnyhow(fiber: FiberFields, argc: number, value: unknown): unknown {
  if (K.phase !== IDLE) throw notRun();
  const from = K.current;
  const flags = fiber._flags;
  if ((flags !== CREATED && (flags & ~(CALLED | GENERATOR)) !== YIELDED) || from !== K.base) {
    const broken = checkResume(fiber, false);
    if (broken !== null) throw broken;
    K.argc = argc;
    const how = howToEnter(fiber, DELIVER);
    linkResume(from, fiber);
    return enter(from, how, value);
  }
  let running = (flags & (CALLED | GENERATOR)) | RUNNING | (from._flags & CHAIN_BITS);
  from._resuming = fiber;
  fiber._prev = from;
  fiber._flags = running;
  K.current = fiber;
  let out: unknown;
  try {
    if (flags === CREATED) {
      const frame = frameOf(fiber._frame, argc, value);
      fiber._frame = frame;
      if (frame instanceof Frame) {
        out = frame.code(frame, START, undefined);
      } else {
        running |= GENERATOR;
        fiber._flags |= GENERATOR;
        out = generatorNext.call(frame, undefined);
      }
    } else {
      const frame = fiber._frame;
      const top = (flags & CALLED) === 0 ? frame : (frame as Call).frame;
      if ((flags & GENERATOR) === 0) {
        out = (top as Frame).code(top as Frame, DELIVER, value);
      } else {
        K.phase = DELIVER;
        out = generatorNext.call(top as Generator, value);
      }
    }
  } catch (error) {
    return driveOn(fiber, RAISE, error);
  }
  if (
    (out !== SUSPEND &&
      ((running & GENERATOR) === 0 || (out as IteratorResult<unknown>).value !== SUSPEND)) ||
    K.phase !== YIELD_STARTED ||
    fiber._flags !== running
  ) {
    return driveOn(fiber, DELIVER, out);
  }
  K.phase = IDLE;
  from._resuming = null;
  fiber._prev = null;
  fiber._flags = (running & (CALLED | GENERATOR)) | YIELDED;
  K.current = from;
  value = K.value;
  K.value = undefined;
  return value;
}

/** The synchronous raise and kill. */
export function raiseInto(target: FiberFields, how: How, error: unknown): unknown {
  if (K.phase !== IDLE) throw notRun();
  const from = K.current;
  const byTransfer = checkRaise(target, error);
  if (byTransfer) {
    const broken = crossingFrom(from, target);
    if (broken !== null) throw broken;
  }
  how = howToEnter(target, how);
  if (byTransfer) linkTransfer(from, target);
  else linkResume(from, target);
  return enter(from, how, error);
}
