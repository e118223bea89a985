/**
 * What a state machine calls instead of `yield*` where speed counts. `perform(op)` works for every op; the
 * two functions here need no op. Both check what the creation of the op would check.
 */
import { isDirect } from "./direct-word.js";
import { FAST_PATHS } from "./fast-paths.js";
import { checkYield, yieldOp } from "./coroutine-ops.js";
import {
  Call,
  Frame,
  generatorNext,
  KILL,
  type Label,
  makesGenerators,
  RETURN,
  START,
  SUSPEND,
  type TopFrame,
} from "./frame.js";
import { NO_FRAME } from "./late-frame.js";
import { dropOp, notRun } from "./op-misuse.js";
import { callOp, DONE, Op, perform, ready } from "./op.js";
import {
  AGAIN_STARTED,
  CALL_CREATED,
  type FiberFields,
  IDLE,
  K,
  YIELD_STARTED,
  crosses,
} from "./registers.js";
import { call, type FrameRoutine, waitable } from "./routine.js";
import { CALLED, FRAME_BITS, GENERATOR, KILL_DUE } from "./state.js";
import { answerOf } from "./switch.js";
import type { RoutineFunction, Waitable } from "./types.js";

/** What a frame returns when it waits: `SUSPEND`. */
type Suspended = IteratorYieldResult<unknown>;

/** How many calls may stand on the native stack. Deeper ones are made by the kernel's loop. */
const NATIVE_CALLS = 200;

/**
 * Does what `perform(Fiber.yield(value))` does, in half the time: suspends the current fiber and hands the
 * value to its resumer. The state machine must return what it returns. Throws FiberError if the fiber was
 * not resumed by another.
 *
 * Copies: `yieldOp`, and `Op.start`.
 */
export function performYield(value?: unknown): Suspended {
  if (!FAST_PATHS) return perform(yieldOp(value));
  const prev = K.current._prev;
  if (K.phase !== IDLE || (prev !== K.base && (prev === null || crosses(prev))) || K.debug) {
    checkYield(prev);
  }
  K.phase = YIELD_STARTED;
  K.value = value;
  return SUSPEND;
}

/**
 * Calls a routine made by `frames`. If the routine ends without suspending, this returns its result or
 * throws its error. Otherwise it returns SUSPEND: the state machine must return that too, and is entered
 * later, with DELIVER and the result or with RAISE and the error. A recursion can be as deep as memory allows.
 *
 * ```ts
 * const twice = frames<[n: number], number>("twice", (frame) => 2 * (frame.a as number));
 * const machine = frames<[n: number], number>("machine", (frame, how, value) => {
 *   if (how === RAISE) throw value;
 *   if (how === RETURN) return KILL;
 *   if (how === START) value = performCall(twice, frame.a as number);
 *   return value === SUSPEND ? SUSPEND : (value as number) + 1;
 * });
 * new Fiber(machine).resume(20); // 41
 * ```
 */
export function performCall<Args extends readonly unknown[], Result>(
  routine: FrameRoutine<Args, Result, any, any>,
  ...args: Args
): Result | Suspended;
export function performCall(
  routine: FrameRoutine<any, any, any, any>,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): unknown {
  if (K.phase !== IDLE || K.current === K.root || K.debug) ready(routine);
  const frame = new Frame(routine.code, a, b, c, d);
  const fiber = K.current;
  const flags = fiber._flags;
  if (K.nativeCalls === NATIVE_CALLS || (flags & KILL_DUE) !== 0) {
    return perform(callOp(frame, 0, routine));
  }
  return callNatively(fiber, flags, frame, routine);
}

/**
 * `perform` for a state machine that can go on at once, as a generator can under `yield*`. If the op has its result without
 * waiting, because a message is there or a lock is free, this returns the result. A call of another state machine runs on
 * the native stack, and this returns its result or throws its error. Otherwise it returns SUSPEND: the state machine must
 * return that too, and is entered later. `own` is the frame of compiled code, which may have none yet.
 */
export function performNow(op: Op<unknown, unknown, never>, own?: object): unknown {
  if (K.phase !== CALL_CREATED) {
    const result = op.next(undefined);
    if (result === SUSPEND) return SUSPEND;
    const { value } = result;
    DONE.value = undefined; // no start clears it here, and it would keep the value alive
    return value;
  }
  const fiber = K.current;
  const flags = fiber._flags;
  if (
    // The callee's frame would be linked before that of its caller is made.
    own === NO_FRAME ||
    K.frameBits !== 0 ||
    K.nativeCalls === NATIVE_CALLS ||
    (flags & KILL_DUE) !== 0
  ) {
    return perform(op);
  }
  const frame = K.frame as Frame;
  const label = K.label as Label;
  K.phase = IDLE;
  K.frame = null;
  K.label = null;
  return callNatively(fiber, flags, frame, label);
}

/** Links a state machine to the top of the fiber's stack, and enters it on the native stack. */
function callNatively(fiber: FiberFields, flags: number, frame: Frame, label: Label): unknown {
  const caller = fiber._frame as TopFrame | Call;
  fiber._frame = new Call(frame, caller, flags & FRAME_BITS, label);
  fiber._flags = (flags & ~FRAME_BITS) | CALLED;
  K.nativeCalls++;
  let out: unknown;
  try {
    const { code } = frame;
    out = code(frame, START, undefined);
    if (out !== SUSPEND && K.phase !== IDLE) throw notRun();
  } catch (error) {
    K.nativeCalls--;
    if (K.phase !== IDLE) dropOp(error);
    pop(fiber, caller, flags);
    throw error;
  }
  K.nativeCalls--;
  if (out === SUSPEND) return SUSPEND;
  pop(fiber, caller, flags);
  return out === KILL ? unwind() : out;
}

/**
 * The same for a routine of the user's, which the library calls with the given arguments. A generator that
 * ends without suspending does not go through the kernel's loop.
 *
 * Copies: `callOp`, `performOp`, and the entry of a generator in `drive`.
 */
export function performRoutine(routine: unknown, args: readonly unknown[]): unknown {
  if (!makesGenerators(routine)) return perform(call(routine as () => never, ...(args as [])));
  const make = routine as ((...args: unknown[]) => Generator) & Label;
  const generator = args.length === 0 ? make() : make(...args);
  const fiber = K.current;
  const flags = fiber._flags;
  const takesLoop = !FAST_PATHS || K.nativeCalls === NATIVE_CALLS || (flags & KILL_DUE) !== 0;
  if (takesLoop || K.phase !== IDLE || K.debug) {
    return perform(callOp(generator, GENERATOR, make));
  }
  const caller = fiber._frame as Frame | Call;
  fiber._frame = new Call(generator, caller, flags & FRAME_BITS, make);
  fiber._flags = (flags & ~FRAME_BITS) | CALLED | GENERATOR;
  K.nativeCalls++;
  let out: unknown;
  try {
    out = generatorNext.call(generator, undefined);
    if (out !== SUSPEND) out = answerOf(generator, out as IteratorResult<unknown>);
  } catch (error) {
    K.nativeCalls--;
    if (K.phase !== IDLE) dropOp(error);
    pop(fiber, caller, flags);
    throw error;
  }
  K.nativeCalls--;
  if (out === SUSPEND) return SUSPEND;
  pop(fiber, caller, flags);
  return out === KILL ? unwind() : out;
}

/**
 * Whether `yield*` passes on the very object that the iterator below it gave, as V8 does. JavaScriptCore makes a new one,
 * and then the kernel has to know that a generator answers: it must be the fiber's top frame.
 */
const PASSES_ON: boolean = (() => {
  const below = { [Symbol.iterator]: () => below, next: () => SUSPEND };
  const generator = (function* () {
    yield* below;
  })();
  return generatorNext.call(generator, undefined) === SUSPEND;
})();

/**
 * The op that calls one of the library's own state machines. It runs the machine inside its own `next`, on top of
 * the generator that waits for it. If the machine ends without suspending, as a lock that is free does, the
 * generator is not left at all.
 *
 * Copies: `performOp` for a call, and `drive`.
 */
class CallNow extends Op<unknown> {
  override next(value?: unknown): IteratorResult<unknown, unknown> {
    const fiber = K.current;
    const flags = fiber._flags;
    if (
      !FAST_PATHS ||
      K.phase !== CALL_CREATED ||
      K.nativeCalls === NATIVE_CALLS ||
      (flags & KILL_DUE) !== 0 ||
      (!PASSES_ON && (flags & GENERATOR) !== 0)
    ) {
      return super.next(value);
    }
    const frame = K.frame as Frame;
    const label = K.label as Label;
    K.phase = IDLE;
    K.frame = null;
    K.label = null;
    const out = callNatively(fiber, flags, frame, label);
    DONE.value = undefined;
    if (out === SUSPEND) return SUSPEND;
    DONE.value = out;
    return DONE;
  }
}

const CALL_NOW: Op<unknown> = new CallNow(CALL_CREATED);

/** Calls a state machine of the library's that often ends without suspending. */
export function callNowOp(frame: Frame, label: Label): Op<unknown> {
  callOp(frame, 0, label);
  return CALL_NOW;
}

/**
 * `fn(...args)` under `yield*`, for packages that call functions of a program: a function in direct style and a state
 * machine are called by the kernel. So the first may wait as well; for the second, that is an op that often has its result
 * at once, in place of an object that behaves like a generator. Suspends as the function does; throws what it throws.
 *
 * ```ts
 * import { type Routine, type RoutineFunction, run, sleep } from "fibril";
 * import { calling } from "fibril/extend";
 *
 * function* timed(work: RoutineFunction<[n: number], number, never, any>): Routine<number> {
 *   return yield* calling(work, 20);
 * }
 * const answer = await run(timed, function* (n: number) {
 *   yield* sleep(1);
 *   return 2 * n + 2;
 * });
 * answer; // 42
 * ```
 */
export function calling<Args extends readonly unknown[], Result, Yields>(
  fn: RoutineFunction<Args, Result, Yields, any>,
  ...args: Args
): Waitable<Result, Yields, any> {
  if (makesGenerators(fn)) return fn(...args);
  const { code } = fn as Partial<FrameRoutine<Args, Result, Yields, any>>;
  // The code is looked for first, because V8 takes 5 ns to find that the brand of direct style is missing.
  if (code === undefined) return isDirect(fn) ? call(fn, ...args) : waitable(fn(...args), fn);
  const frame = new Frame(code, args[0], args[1], args[2], args[3]);
  return callNowOp(frame, fn) as Op<Result, Yields, any>;
}

/** Takes the callee off the frame stack. Restores only FRAME_BITS, because other bits may have changed meanwhile. */
function pop(fiber: FiberFields, caller: TopFrame | Call, flags: number): void {
  fiber._frame = caller;
  fiber._flags = (fiber._flags & ~FRAME_BITS) | (flags & FRAME_BITS);
}

/** The callee has been unwound, so its caller is unwound next. */
function unwind(): Suspended {
  K.phase = AGAIN_STARTED;
  K.how = RETURN;
  return SUSPEND;
}
