/**
 * The kernel: one loop that runs the fiber which has control.
 *
 * Switches never nest. An op writes its wish into the registers, its frame returns SUSPEND, and this loop
 * moves `K.current`. So a chain of a million resumes is a million links on the heap and one native frame.
 * The loop ends when control comes back to the *base*: the fiber whose synchronous call started it.
 */
import { FAST_PATHS } from "./fast-paths.js";
import { isDelegated, Returned } from "./delegation.js";
import { addMachineLine } from "./error-trail.js";
import { Cancelled, FiberError, nativeCrossing } from "./errors.js";
import {
  BEGIN,
  Call,
  DELIVER,
  Frame,
  type How,
  KILL,
  type Label,
  type Machine,
  RAISE,
  RAISE_IN_FINALLY,
  RETURN,
  START,
  SUSPEND,
  type TopFrame,
  clearOwn,
  enterMachine,
  generatorNext,
  generatorReturn,
  generatorThrow,
} from "./frame.js";
import { dropOp, notRun } from "./op-misuse.js";
import {
  AGAIN_STARTED,
  CALL_STARTED,
  type FiberFields,
  IDLE,
  K,
  PAUSE_STARTED,
  RESUME_STARTED,
  type RoomyFields,
  TRANSFER_STARTED,
  type TaskFields,
  type TaskSide,
  WAIT_STARTED,
  YIELD_STARTED,
  crosses,
} from "./registers.js";
import { cancelledError, forcedBy } from "./request.js";
import { fillOwn, frameOf, iteratorCode, misyielded } from "./routine.js";
import { checkCrossing, checkRaise, checkResume } from "./rules.js";
import {
  ATTACHED,
  CALLED,
  CHAIN_BITS,
  CREATED,
  CUT,
  FRAME_BITS,
  GENERATOR,
  KILLED,
  KILL_DUE,
  ON_TASK,
  PINNED,
  RAISES,
  RUNNING,
  SCHEDULED,
  SCOPED,
  TERMINATED,
  TRANSFERRED,
  UNWINDING,
  YIELDED,
} from "./state.js";
import { endTask } from "./task-end.js";
import { labelOf } from "./text.js";
import { withoutCancelled } from "./wrapped-errors.js";

/**
 * How the target of a switch is entered: as the switch wants, unless it has not started or was killed.
 * Asked before linking.
 */
export function howToEnter(target: FiberFields, how: How): How {
  if ((target._flags & (CREATED | KILLED)) === 0) return how;
  return (target._flags & CREATED) !== 0 ? BEGIN : RETURN;
}

/**
 * `from` resumes `target`. All checks have been made.
 *
 *     from                          from ──_resuming──▶ target
 *                          ⇒             ◀───_prev────
 */
function linkResume(from: FiberFields, target: FiberFields): void {
  from._resuming = target;
  target._prev = from;
  target._flags =
    (target._flags & (FRAME_BITS | KILLED | PINNED)) | RUNNING | (from._flags & CHAIN_BITS);
  K.current = target;
}

/** `from` transfers to `target`. No link changes. */
export function linkTransfer(from: FiberFields, target: FiberFields): void {
  if ((from._flags & ATTACHED) !== 0) K.tail = from;
  from._flags = (from._flags & ~RUNNING) | TRANSFERRED;
  target._flags = (target._flags & ~(TRANSFERRED | CREATED)) | RUNNING;
  K.current = target;
}

/** Runs fibers for a synchronous call of `from`, until control is back in `from`. */
export function enter(from: FiberFields, how: How, value: unknown): unknown {
  if (from === K.base) return drive(how, value);
  const outer = K.base;
  if (outer === K.loop) K.caller = from;
  K.base = from;
  from._flags |= PINNED;
  try {
    return drive(how, value);
  } finally {
    from._flags &= ~PINNED;
    K.base = outer;
  }
}

/**
 * The loop. The two most frequent entries (the outcome of an op goes to a generator or to a state machine)
 * and the three most frequent ops are written out here, because V8's budget for inlining is spent before it
 * reaches a third level of calls. Everything else is in functions of its own.
 *
 * Copies: the yield, transfer and resume of `performOp`.
 */
export function drive(how: How, value: unknown): unknown {
  for (;;) {
    const fiber = K.current;
    if (fiber === K.base) return arrive(fiber, how, value);

    const flags = fiber._flags;
    let out: unknown;
    try {
      if (how >= RETURN) {
        out = how === BEGIN ? beginFrame(fiber, value) : unwindFrame(fiber, how, value);
      } else {
        const frame = fiber._frame;
        const top = ((flags & CALLED) === 0 ? frame : (frame as Call).frame) as TopFrame;
        if ((flags & GENERATOR) === 0) {
          if (how === RAISE) addMachineLine(value, top as Machine, labelOfTop(fiber));
          if (typeof top === "function") out = top(fiber as unknown as Frame, how, value);
          else {
            const { code } = top as Frame; // called without a receiver: see `Frame`
            out = code(top as Frame, how, value);
          }
          if (out !== SUSPEND && K.phase !== IDLE) throw notRun();
        } else {
          K.phase = how;
          out = generatorNext.call(top as Generator, value);
          if (out !== SUSPEND) out = answerOf(top as Generator, out as Result);
        }
      }
    } catch (error) {
      if (K.phase !== IDLE) dropOp(error);
      how = endFrame(fiber, RAISE, error);
      value = takeValue();
      continue;
    }

    if (out !== SUSPEND) {
      how = endFrame(fiber, DELIVER, out);
    } else if (!FAST_PATHS || (fiber._flags & (KILLED | SCOPED)) !== 0) {
      how = performOp(fiber);
    } else if (K.phase === YIELD_STARTED) {
      K.phase = IDLE;
      how = passBack(fiber, (fiber._flags & FRAME_BITS) | YIELDED, DELIVER);
    } else if (K.phase === TRANSFER_STARTED) {
      K.phase = IDLE;
      if (fiber._flags === RUNNING && K.passOn !== null) how = K.passOn(fiber);
      else {
        const target = K.target as FiberFields;
        how = howToEnter(target, K.how);
        linkTransfer(fiber, target);
      }
    } else if (K.phase === RESUME_STARTED) {
      K.phase = IDLE;
      const target = K.target as FiberFields;
      how = howToEnter(target, K.how);
      linkResume(fiber, target);
    } else {
      how = performOp(fiber);
    }
    value = K.value;
    K.value = undefined;
  }
}

type Result = IteratorResult<unknown, unknown>;

export function takeValue(): unknown {
  const { value } = K;
  K.value = undefined;
  return value;
}

/** Goes on where a fast path of `Fiber#resume` gave up: the fiber's frame has already run. */
export function driveOn(fiber: FiberFields, ended: How, out: unknown): unknown {
  if (ended === DELIVER && out !== SUSPEND) {
    try {
      if ((fiber._flags & GENERATOR) !== 0)
        out = answerOf(topOf(fiber) as Generator, out as Result);
      else if (K.phase !== IDLE) throw notRun();
    } catch (error) {
      ended = RAISE;
      out = error;
    }
  }
  if (ended === RAISE && K.phase !== IDLE) dropOp(out);
  const how = out === SUSPEND && ended === DELIVER ? performOp(fiber) : endFrame(fiber, ended, out);
  return drive(how, takeValue());
}

/** Control is back in the fiber that made the synchronous call. Returns the value or throws the error. */
function arrive(base: FiberFields, how: How, value: unknown): unknown {
  // A native frame cannot be unwound from outside: if the fiber was killed meanwhile, it unwinds at its next op.
  if ((base._flags & KILLED) !== 0) base._flags |= KILL_DUE;
  if (how === RAISE) throw value;
  return value;
}

/** The name of the top frame's routine. */
function labelOfTop(fiber: FiberFields): Label {
  return (fiber._flags & CALLED) === 0 ? fiber._label : (fiber._frame as Call).label;
}

/** The innermost frame. */
export function topOf(fiber: FiberFields): TopFrame {
  const frame = fiber._frame;
  return ((fiber._flags & CALLED) === 0 ? frame : (frame as Call).frame) as TopFrame;
}

/**
 * The fiber was killed, so its top frame runs its `finally` blocks. If an op in these has failed, its
 * `return` throws the error (`Op.return`).
 */
function unwindFrame(fiber: FiberFields, how: How, error: unknown): unknown {
  const flags = fiber._flags;
  const top = topOf(fiber);
  fiber._flags = flags | UNWINDING;
  if (how === RAISE_IN_FINALLY) {
    K.phase = RAISE;
    K.value = error;
  }
  if ((flags & GENERATOR) === 0) {
    const value = Returned.is(error) ? error.value : KILL;
    const out = enterMachine(fiber, top as Machine, RETURN, value);
    return out === SUSPEND ? out : untaken(out, error);
  }
  const result = generatorReturn.call(top as Generator, KILL);
  if (K.phase === RAISE) untaken(result, error);
  return answerOf(top as Generator, result);
}

/** An unwinding frame has ended or suspended. Throws the error here if no op has thrown it. */
function untaken(out: unknown, error: unknown): unknown {
  if (K.phase === RAISE) throw error;
  if (K.phase !== IDLE) throw notRun();
  return out;
}

/** The fiber's first entry: `args` holds the routine's arguments. */
function beginFrame(fiber: FiberFields, args: unknown): unknown {
  if ((fiber as RoomyFields).pc === 0) {
    return startMachine(fiber, fillOwn(fiber as RoomyFields, K.argc, args));
  }
  const frame = frameOf(fiber._frame, K.argc, args);
  fiber._frame = frame;
  if (frame instanceof Frame) return startMachine(fiber, frame);
  fiber._flags |= GENERATOR;
  return answerOf(frame as Generator, generatorNext.call(frame as Generator, undefined));
}

/** Starts a state machine. As in the loop, it must not end with an op in hand. */
function startMachine(fiber: FiberFields, machine: Machine): unknown {
  const out = enterMachine(fiber, machine, START, undefined);
  if (out !== SUSPEND && K.phase !== IDLE) throw notRun();
  return out;
}

/** The result of a generator that did not suspend by an op: either it ended, or it used `yield` instead of `yield*`. */
export function answerOf(generator: Generator, result: IteratorResult<unknown, unknown>): unknown {
  while (result !== SUSPEND && result.value !== SUSPEND) {
    if (result.done === true) {
      if (K.phase !== IDLE) throw notRun();
      return result.value;
    }
    result = generatorThrow.call(generator, misyielded(result.value));
  }
  return SUSPEND;
}

/** Does what the started op wants. Returns how to enter `K.current`; the value is in `K.value`. */
export function performOp(fiber: FiberFields): How {
  const flags = fiber._flags;
  if ((flags & KILL_DUE) !== 0) {
    fiber._flags = flags & ~KILL_DUE;
    dropOp(null);
    return RETURN;
  }
  const phase = K.phase;
  K.phase = IDLE;
  if ((flags & SCOPED) !== 0 && (phase === YIELD_STARTED || phase === TRANSFER_STARTED)) {
    K.value = dropOp((K.tasks as TaskSide).leavesScope(fiber));
    return backTo(fiber, RAISE);
  }
  switch (phase) {
    case PAUSE_STARTED:
      return (K.tasks as TaskSide).park(fiber, phase);
    case WAIT_STARTED: {
      const how = (K.tasks as TaskSide).park(fiber, phase);
      return K.current === fiber ? backTo(fiber, how) : how;
    }
    case YIELD_STARTED:
      return passBack(fiber, (flags & (FRAME_BITS | KILLED)) | YIELDED, DELIVER);
    case RESUME_STARTED: {
      const target = K.target as FiberFields;
      const how = howToEnter(target, K.how);
      linkResume(fiber, target);
      return how;
    }
    case TRANSFER_STARTED: {
      const target = K.target as FiberFields;
      const how = howToEnter(target, K.how);
      linkTransfer(fiber, target);
      return how;
    }
    case CALL_STARTED:
      fiber._frame = new Call(
        K.frame as TopFrame,
        fiber._frame as TopFrame | Call,
        flags & FRAME_BITS,
        K.label as { name: string },
      );
      fiber._flags = (flags & ~FRAME_BITS) | CALLED | K.frameBits;
      K.frame = null;
      K.label = null;
      return START;
    case AGAIN_STARTED:
      return K.how;
    default: {
      const error = dropOp(
        new FiberError(
          "op-misused",
          `${labelOf(fiber)} suspended without an op of this library: use yield* on an op, or return perform(op)`,
        ),
      );
      // The error ends a state machine, because one that ignores it would return SUSPEND again for ever.
      if ((flags & GENERATOR) === 0) return endFrame(fiber, RAISE, error);
      K.value = error;
      return backTo(fiber, RAISE);
    }
  }
}

/**
 * `fiber` yields or ends: control goes back to its resumer.
 *
 *     prev ──_resuming──▶ fiber             prev        fiber
 *          ◀───_prev────            ⇒
 */
function passBack(fiber: FiberFields, flags: number, how: How): How {
  const prev = fiber._prev as FiberFields;
  fiber._prev = null;
  prev._resuming = null;
  fiber._flags = flags;
  K.current = prev;
  return (prev._flags & KILLED) !== 0 ? RETURN : how;
}

/** The top frame ended. Its caller goes on, or the fiber ends. */
export function endFrame(fiber: FiberFields, how: How, out: unknown): How {
  const flags = fiber._flags;
  if ((flags & CALLED) !== 0) return backTo(fiber, popFrame(fiber, how, out));
  if (out === KILL && how === DELIVER) {
    how = RETURN;
    out = undefined;
  }
  if ((flags & SCHEDULED) !== 0) {
    return (K.tasks as TaskSide).endRoutine(fiber as TaskFields, how, out);
  }
  fiber._frame = null;
  fiber._storage = null;
  clearOwn(fiber);
  K.value = out;
  return terminate(fiber, (flags & KILLED) | TERMINATED, how === RAISE ? RAISE : DELIVER);
}

/** A called frame ended. Returns how to enter its caller. */
export function popFrame(fiber: FiberFields, how: How, out: unknown): How {
  const call = fiber._frame as Call;
  const flags = fiber._flags;
  fiber._frame = call.caller;
  fiber._flags = (flags & ~FRAME_BITS) | call.callerBits;
  if (how === DELIVER) {
    if (out === KILL) {
      K.value = undefined;
      return RETURN;
    }
    if ((flags & UNWINDING) !== 0 && isDelegated(call)) {
      K.value = new Returned(out);
      return RETURN;
    }
  } else if ((flags & UNWINDING) !== 0 && isDelegated(call)) {
    // To the language, the caller is being unwound as well, whatever it does about the error.
    fiber._flags |= UNWINDING;
  }
  K.value = out;
  return how;
}

/**
 * How to enter the top frame. An unwinding generator that has suspended is entered only by `return`: see
 * unwinding.ts.
 */
function backTo(fiber: FiberFields, how: How): How {
  if ((fiber._flags & UNWINDING) === 0 || how === RETURN || !delegates(fiber)) return how;
  if (how === RAISE) return RAISE_IN_FINALLY;
  K.value = undefined;
  return RETURN;
}

/** Whether the top frame may be inside a plain `yield* helper()`, which the kernel cannot see. */
export function delegates(fiber: FiberFields): boolean {
  return (fiber._flags & GENERATOR) !== 0 || (topOf(fiber) as Frame).code === iteratorCode;
}

/** The routine of a task has ended. Its children end first, then the task, and then the scheduler goes on. */
export function endRoutine(task: TaskFields, how: How, out: unknown): How {
  const scope = task._scope;
  if (scope.owner === task) {
    const closing = scope.release();
    if (closing !== null) {
      task._frame = closing;
      task._flags &= ~FRAME_BITS;
      K.value = out;
      return how;
    }
  }
  K.current = K.base;
  K.value = undefined;
  if (how === RETURN) {
    // A task whose grace is over counts as cancelled, not as killed, so it ends with a Cancelled that says why.
    const request = forcedBy(task);
    if (request === undefined) endTask(task, CUT, out);
    else endTask(task, RAISES | CUT, cancelledError(request, task, true));
    return DELIVER;
  }
  if (how === RAISE) out = withoutCancelled(out, (each) => isOwn(each, task));
  const cut = how === RAISE && Cancelled.is(out) && isOwn(out, task);
  endTask(task, (how === RAISE ? RAISES : 0) | (cut ? CUT : 0), out);
  return DELIVER;
}

/**
 * Whether the Cancelled belongs to the request that applies to the task. A Cancelled that was kept and
 * thrown again where no request applies is an ordinary error; otherwise it would end the fiber unnoticed.
 */
function isOwn({ request }: Cancelled, task: TaskFields): boolean {
  return request === task._scope.effective || request.target === task;
}

/**
 * The fiber ends, and control goes to its resumer or, without one, to the end of the root's chain of
 * resumes (line 24).
 */
function terminate(fiber: FiberFields, flags: number, how: How): How {
  const target = fiber._prev ?? K.tail;
  if (crosses(target)) {
    const cause = how === RAISE ? { cause: K.value } : {};
    K.value = nativeCrossing(`the end of ${labelOf(fiber)}`, labelOf(target), cause);
    return cross(fiber, flags, target);
  }
  if (fiber._prev !== null) return passBack(fiber, flags, how);
  if ((target._flags & ON_TASK) !== 0 && (K.tasks as TaskSide).isLeaving(fiber, target, how)) {
    return cross(fiber, flags, target);
  }
  fiber._flags = flags;
  target._flags = (target._flags & ~TRANSFERRED) | RUNNING;
  K.current = target;
  return (target._flags & KILLED) !== 0 ? RETURN : how;
}

/**
 * A fiber ended, and the fiber that should get control waits below a synchronous call on the native stack, or
 * outside of a scope in which the call was made. That call throws the error in `K.value`. The fiber that made the call, the base, is
 * current again, and no link of the call remains:
 *
 *     base ──_resuming──▶ x …   (x had transferred away)      ⇒    base      x
 *     target ──_resuming──▶ fiber                                   target    fiber
 */
function cross(fiber: FiberFields, flags: number, target: FiberFields): How {
  const { base } = K;
  fiber._flags = flags;
  if (fiber._prev !== null) {
    fiber._prev = null;
    target._resuming = null;
    target._flags = (target._flags & ~RUNNING) | TRANSFERRED;
  }
  let cut = base._resuming;
  if (cut !== null) {
    base._resuming = null;
    cut._prev = null;
    // The rest of the chain no longer hangs on the root. This is rare, so the chain may be walked.
    for (; cut !== null; cut = cut._resuming) cut._flags &= ~ATTACHED;
  }
  if ((target._flags & ATTACHED) !== 0) K.tail = target;
  base._flags = (base._flags & ~TRANSFERRED) | RUNNING;
  K.current = base;
  return RAISE;
}

// The synchronous calls, such as `fiber.resume(…)`. They stand on the native stack until control is back.

/** The error if a synchronous call of `from` would enter a fiber that waits below it, such as the present base. */
export function crossingFrom(from: FiberFields, target: FiberFields): Error | null {
  if (from === K.base) return checkCrossing(target);
  const { base } = K;
  K.base = from;
  const broken = checkCrossing(target);
  K.base = base;
  return broken ?? (K.task === null ? null : (K.tasks as TaskSide).checkCalling(target));
}

/** An XOR with this flips a fiber that has yielded to running. */
const RESUMES: number = YIELDED | RUNNING;

/**
 * The fast path of `resume`: the base resumes a fiber that waits in a generator, at any call depth, and the
 * fiber yields again. The function is small enough to be inlined, through `resume`, into the caller's loop.
 * Its beginning and its end are the same as in `resumeMachine`, because a common function would not be
 * inlined.
 *
 * Copies: `linkResume`, `drive`, and `passBack` of a yield.
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

/**
 * The same for a fiber that waits in a state machine.
 *
 * Copies: `linkResume`, `drive`, and `passBack` of a yield.
 */
export function resumeMachine(
  fiber: FiberFields,
  from: FiberFields,
  flags: number,
  value: unknown,
): unknown {
  const running = (flags ^ RESUMES) | (from._flags & CHAIN_BITS);
  const frame = fiber._frame;
  const top = ((flags & CALLED) === 0 ? frame : (frame as Call).frame) as Machine;
  from._resuming = fiber;
  fiber._prev = from;
  fiber._flags = running;
  K.current = fiber;
  let out: unknown;
  try {
    if (typeof top === "function") out = top(fiber as unknown as Frame, DELIVER, value);
    else {
      const { code } = top;
      out = code(top, DELIVER, value);
    }
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
 * `resume` outside its fast path. It has a second fast path for first entries, state machines and packed
 * values. It must stay longer than V8's limit for inlining (460 bytecodes): when it was inlined into
 * `resume`, that function became too big for its callers' loops, which cost a sixth of a switch
 * (docs/performance.md).
 *
 * Copies: `linkResume`, `beginFrame`, `drive`, and `passBack` of a yield.
 */
export function resumeAnyhow(fiber: FiberFields, argc: number, value: unknown): unknown {
  if (K.phase !== IDLE) throw notRun();
  const from = K.current;
  const flags = fiber._flags;
  if (
    !FAST_PATHS ||
    (flags !== CREATED && (flags & ~(CALLED | GENERATOR)) !== YIELDED) ||
    from !== K.base
  ) {
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
      if ((fiber as RoomyFields).pc === 0) {
        const code = fillOwn(fiber as RoomyFields, argc, value);
        out = code(fiber as unknown as Frame, START, undefined);
      } else {
        const frame = frameOf(fiber._frame, argc, value);
        fiber._frame = frame;
        if (frame instanceof Frame) {
          const { code } = frame;
          out = code(frame, START, undefined);
        } else {
          running |= GENERATOR;
          fiber._flags |= GENERATOR;
          out = generatorNext.call(frame as Generator, undefined);
        }
      }
    } else {
      const frame = fiber._frame;
      const top = (flags & CALLED) === 0 ? frame : (frame as Call).frame;
      if ((flags & GENERATOR) === 0) {
        out = enterMachine(fiber, top as Machine, DELIVER, value);
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

/** `raise` and `kill` as synchronous calls. */
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
