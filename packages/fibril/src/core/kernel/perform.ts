/**
 * What a state machine says instead of `yield*`, where speed counts. `perform(op)` is enough for
 * every op; the two here need no op in between. Both check what the op's creation checks, and answer
 * what the machine is to answer.
 */
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
} from "./frame.js";
import { dropOp, notRun } from "./op-misuse.js";
import { callOp, perform, ready } from "./op.js";
import { AGAIN_STARTED, type FiberFields, IDLE, K, YIELD_STARTED } from "./registers.js";
import { call, type FrameRoutine } from "./routine.js";
import { CALLED, FRAME_BITS, GENERATOR, KILL_DUE, PINNED } from "./state.js";
import { answerOf } from "./switch.js";

/** The answer of a frame that waits: `SUSPEND`. */
type Suspended = IteratorYieldResult<unknown>;

/** So many calls stand on the native stack; what is called deeper is called by the kernel's loop. */
const NATIVE_CALLS = 200;

/**
 * `perform(Fiber.yield(value))`, in half the time: suspends the current fiber, and its resumer gets
 * the value. Answer what it answers. Throws FiberError when nobody resumed the fiber.
 *
 * Copies: `yieldOp`, and `Op.start`.
 */
export function performYield(value?: unknown): Suspended {
  if (!FAST_PATHS) return perform(yieldOp(value));
  const prev = K.current._prev;
  if (
    K.phase !== IDLE ||
    (prev !== K.base && (prev === null || (prev._flags & PINNED) !== 0)) ||
    K.debug
  ) {
    checkYield(prev);
  }
  K.phase = YIELD_STARTED;
  K.value = value;
  return SUSPEND;
}

/**
 * Calls a routine made by `frames`. Answers its result when it ends without having suspended, and
 * throws what it throws; else answers SUSPEND: then answer that, and the result comes with DELIVER, the
 * error with RAISE. A recursion is as deep as memory.
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
  const { code } = routine;
  const frame = new Frame(code, a, b, c, d);
  const fiber = K.current;
  const flags = fiber._flags;
  if (K.nativeCalls === NATIVE_CALLS || (flags & KILL_DUE) !== 0) {
    return perform(callOp(frame, 0, routine));
  }
  const caller = fiber._frame as Frame | Call;
  fiber._frame = new Call(frame, caller, flags & FRAME_BITS, routine);
  fiber._flags = (flags & ~FRAME_BITS) | CALLED;
  K.nativeCalls++;
  let out: unknown;
  try {
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
 * The same for a routine of the user's, which the library calls with what it was given. A generator that ends
 * without having suspended has cost no way through the kernel's loop.
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

/** Only the bits of the frame: others may have changed meanwhile. */
function pop(fiber: FiberFields, caller: Frame | Call, flags: number): void {
  fiber._frame = caller;
  fiber._flags = (fiber._flags & ~FRAME_BITS) | (flags & FRAME_BITS);
}

/** The callee has been unwound: its caller is next. */
function unwind(): Suspended {
  K.phase = AGAIN_STARTED;
  K.how = RETURN;
  return SUSPEND;
}
