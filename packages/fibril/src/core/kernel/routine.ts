/**
 * Routines: the functions that fibers run, and how a call of one becomes a frame.
 */
import { DELEGATED } from "./delegation.js";
import { FiberError } from "./errors.js";
import {
  type Code,
  Frame,
  KILL,
  type Label,
  RETURN,
  START,
  SUSPEND,
  type TopFrame,
  makesGenerators,
} from "./frame.js";
import { dropOp, notRun } from "./op-misuse.js";
import { Op, callOp } from "./op.js";
import { IDLE, K, type RoomyFields } from "./registers.js";
import { GENERATOR } from "./state.js";
import { hasMethod, kindOf, labelOf, routineName } from "./text.js";
import type { RoutineFunction, Waitable } from "./types.js";

/** The property of a wrapped routine that holds the function behind it. */
const INNER: unique symbol = Symbol("fibril.routine");

/** The object of a compiled routine gives away the frame that it would run, if it has not started. */
const TAKE: unique symbol = Symbol.for("fibril.frame");
type Compiled = { [TAKE](): Frame | null };

type AnyFunction = (...args: unknown[]) => unknown;
type Wrapped = AnyFunction & {
  readonly [INNER]?: AnyFunction;
  readonly code?: Code;
  readonly fits?: true;
};

/**
 * Whether a fiber can hold the routine's frame itself: its code uses no slot but `a`, `b` and `c`.
 */
export function fitsIntoFiber(fn: unknown): boolean {
  return (fn as Wrapped).fits === true;
}

/** Puts the arguments into a fiber that holds its frame. Returns the code, which is in `_frame` from now on. */
export function fillOwn(fiber: RoomyFields, argc: number, args: unknown): Code {
  const code = (fiber._frame as Wrapped).code as Code;
  fiber._frame = code;
  if (argc > 1) {
    fiber.a = (args as unknown[])[0];
    fiber.b = (args as unknown[])[1];
    fiber.c = (args as unknown[])[2];
  } else {
    fiber.a = args;
  }
  return code;
}

/** A routine that is a state machine: see {@link frames}. */
export interface FrameRoutine<Args extends readonly unknown[], Result, Yields, Receives> {
  (...args: Args): Op<Result, Yields, Receives>;
  /** The function that runs its frames. */
  readonly code: Code;
}

/**
 * Wraps a generator function so that `yield* f(x)` is a call on the runtime's own frame stack.
 *
 * A resume then costs the same at any call depth, recursion can be as deep as memory allows, and
 * `backtrace()` shows the frame. Calling the wrapped function does not run the body; `yield*` does. The
 * call suspends whenever the body does, and throws what the body throws.
 *
 * ```ts
 * const sum = routine("sum", function* (n: number): Routine<number> {
 *   return n === 0 ? 0 : n + (yield* sum(n - 1));
 * });
 * new Fiber(sum).resume(100_000); // 5000050000
 * ```
 */
export function routine<
  Args extends readonly unknown[],
  Result,
  Yields = never,
  Receives = unknown,
>(
  fn: RoutineFunction<Args, Result, Yields, Receives>,
): (...args: Args) => Op<Result, Yields, Receives>;
/** The same with a name for backtraces, for a function without one. */
export function routine<
  Args extends readonly unknown[],
  Result,
  Yields = never,
  Receives = unknown,
>(
  name: string,
  fn: RoutineFunction<Args, Result, Yields, Receives>,
): (...args: Args) => Op<Result, Yields, Receives>;
export function routine(first: unknown, second?: unknown): unknown {
  const fn = typeof first === "string" ? second : first;
  if (typeof fn !== "function") throw noRoutine(fn);
  const inner = ((fn as Wrapped)[INNER] ?? fn) as AnyFunction;
  const label: Label = typeof first === "string" ? { name: first } : fn;
  const native = makesGenerators(inner);
  function wrapped(this: unknown, ...args: unknown[]): Op<unknown> {
    if (!native) {
      const { code } = inner as Wrapped;
      if (code !== undefined && args.length <= 4) {
        return callOp(new Frame(code, args[0], args[1], args[2], args[3]), 0, label);
      }
      const usesThis = this !== undefined && (inner as Wrapped).code === undefined;
      return opOf(usesThis ? inner.bind(this) : fn, label, args);
    }
    return callOp(
      inner.apply(this, args) as Generator<unknown, unknown, unknown>,
      GENERATOR,
      label,
    );
  }
  return Object.defineProperties(wrapped, {
    name: { value: label.name },
    length: { value: inner.length },
    [INNER]: { value: inner },
  });
}

/**
 * Calls a generator function on the runtime's own frame stack: `routine(fn)(...args)`, once.
 *
 * Suspends when the function does. Throws what it throws, and TypeError when `fn` is not a function.
 *
 * ```ts
 * function* double(n: number) {
 *   return 2 * (yield* Fiber.yield<number>(n));
 * }
 * const fiber = new Fiber(function* () {
 *   return yield* call(double, 5);
 * });
 * fiber.resume(); // 5
 * fiber.resume(21); // 42
 * ```
 */
export function call<Args extends readonly unknown[], Result, Yields = never, Receives = unknown>(
  fn: RoutineFunction<Args, Result, Yields, Receives>,
  ...args: Args
): Op<Result, Yields, Receives> {
  if (typeof fn !== "function") throw noRoutine(fn);
  return opOf(fn, fn, args) as Op<never, never>;
}

/**
 * Makes a routine from a hand-written state machine. `code` is entered with the frame, how, and a value.
 * It returns `perform(op)` to wait, its result to end, or `KILL` when it has unwound. Throws TypeError when
 * `code` is not a function.
 */
export function frames<
  Args extends readonly unknown[],
  Result = unknown,
  Yields = any,
  Receives = any,
>(name: string, code: Code): FrameRoutine<Args, Result, Yields, Receives> {
  if (typeof code !== "function") {
    throw new TypeError(`the code of the state machine "${name}" must be a function`);
  }
  const machine = (a?: unknown, b?: unknown, c?: unknown, d?: unknown): unknown =>
    callOp(new Frame(code, a, b, c, d), 0, machine);
  return Object.defineProperties(machine, {
    name: { value: name },
    code: { value: code },
  }) as never;
}

/** The op that calls a function. If the function only returns an op, as `() => sleep(5)` does, it is that op. */
function opOf(fn: unknown, label: Label, args: readonly unknown[]): Op<unknown> {
  const frame = frameOf(fn, 2, args);
  if (!(frame instanceof Frame)) return callOp(frame, GENERATOR, label);
  if (frame.code === iteratorCode && frame.a instanceof Op && K.phase !== IDLE) {
    return frame.a as Op<unknown>;
  }
  return callOp(frame, 0, label);
}

/**
 * The op of a plain `yield*` in compiled code, for an iterator that is not compiled: the kernel enters it by its own methods.
 * `label` names it in backtraces. Suspends when the iterator does.
 */
export function delegateOp(iterator: Iterator<unknown>, label: Label): Op<unknown> {
  return callOp(new Frame(iteratorCode, iterator, undefined, DELEGATED), 0, label);
}

/**
 * Calls a routine and returns its frame, which has not been entered. `args` is one value, or an array if
 * `argc` > 1.
 */
export function frameOf(fn: unknown, argc: number, args: unknown): TopFrame {
  if (makesGenerators(fn)) return apply(fn as AnyFunction, argc, args) as TopFrame;
  const inner = (fn as Wrapped)[INNER];
  if (inner !== undefined && makesGenerators(inner)) {
    return apply(inner, argc, args) as TopFrame;
  }
  const direct = K.direct === null ? null : K.direct(inner ?? fn, argc, args);
  if (direct !== null) return direct;
  const { code } = fn as Wrapped;
  if (code !== undefined) {
    return argc > 1
      ? new Frame(code, ...(args as [unknown, unknown, unknown, unknown]))
      : new Frame(code, args);
  }
  const made = apply(inner ?? (fn as AnyFunction), argc, args);
  const fresh = hasMethod(made, TAKE) ? (made as Compiled)[TAKE]() : null;
  if (fresh !== null) return new Frame(fresh.code, fresh.a, fresh.b, fresh.c, fresh.d);
  const iterator = iteratorOf(made);
  if (iterator === undefined) {
    throw new TypeError(
      `the routine of ${labelOf(K.current)} must be a generator function (function*): ` +
        `calling it gave ${kindOf(made)}${adviceOn(made)}`,
    );
  }
  return iterator instanceof Op
    ? frameOfOp(iterator as Op<unknown>)
    : new Frame(iteratorCode, iterator);
}

/**
 * Saves a fifth of the memory of a million sleeping fibers. It stays small, because there is one op for
 * each kind of op.
 */
const OP_FRAMES: Map<Op<unknown>, Frame> = new Map();

/**
 * One frame for all fibers whose whole routine is this op. It can be shared, because neither it nor the op
 * has state.
 */
function frameOfOp(op: Op<unknown>): Frame {
  let frame = OP_FRAMES.get(op);
  if (frame === undefined) OP_FRAMES.set(op, (frame = new Frame(iteratorCode, op)));
  return frame;
}

/** What a plain function has made, for `yield*`. The language's own error for anything else does not say what is wrong. */
export function waitable<T>(made: T, fn: Label): T {
  if (typeof made === "object" && hasMethod(made, Symbol.iterator)) return made;
  throw dropOp(
    new TypeError(
      `the routine "${routineName(fn)}" must be a generator function (function*), or return what yield* can wait for: ` +
        `calling it gave ${kindOf(made)}${adviceOn(made)}`,
    ),
  );
}

/** For what was passed in place of a routine. A generator stems from a call that is one too many. */
export function notRoutine(verb: string, value: unknown): TypeError {
  return new TypeError(`tried to ${verb} ${whatWasPassed(verb, value)}`);
}

function whatWasPassed(verb: string, value: unknown): string {
  return hasMethod(value, "next")
    ? `a generator: write ${verb}(routine, argument)`
    : `${kindOf(value)}: pass a generator function`;
}

function noRoutine(value: unknown): TypeError {
  return new TypeError(`a routine must be a generator function (function*), not ${kindOf(value)}`);
}

/**
 * The iterator of what a routine returned; undefined if it cannot contain ops. Built-in iterables such as
 * arrays are rejected: an empty array would pass for a routine that has ended.
 */
function iteratorOf(made: unknown): Iterator<unknown, unknown, unknown> | undefined {
  if (made === null || typeof made !== "object" || !hasMethod(made, Symbol.iterator)) {
    return undefined;
  }
  const iterator = (made as Waitable<unknown>)[Symbol.iterator]();
  if (iterator instanceof Op || (hasMethod(iterator, "next") && !isBuiltIn(iterator))) {
    return iterator;
  }
  return undefined;
}

/** `Array Iterator`, `Map Iterator` and the like. A generator compiled to older JavaScript is not one of them. */
function isBuiltIn(iterator: object): boolean {
  return / Iterator( Helper)?$/.test(Object.prototype.toString.call(iterator).slice(8, -1));
}

function adviceOn(made: unknown): string {
  // It has made an op, and could not wait for it.
  if (K.phase !== IDLE) return ': is "use fibers" missing, or the compiler?';
  return hasMethod(made, "then") ? ": to wait for a promise, write yield* until(promise)" : "";
}

function apply(fn: AnyFunction, argc: number, args: unknown): unknown {
  if (argc > 1) return fn(...(args as unknown[]));
  return argc === 1 ? fn(args) : fn();
}

/**
 * Runs an iterator that is not a native generator of this realm: an op, a generator compiled to older
 * JavaScript, or a generator of another realm. It follows the same protocol through the iterator's own
 * methods.
 */
export const iteratorCode: Code = (frame, how, value) => {
  const iterator = frame.a as Iterator<unknown, unknown, unknown>;
  if (how === RETURN) {
    // The language takes null for no method, too.
    if (iterator.return === undefined || iterator.return === null) return KILL;
    const result = iterator.return(KILL);
    return result.done === true ? result.value : SUSPEND;
  }
  if (how !== START) K.phase = how; // at START, the op that is the whole routine is in hand already
  const result = iterator.next(value);
  if (result === SUSPEND || result.value === SUSPEND) return SUSPEND;
  if (result.done !== true) throw misyielded(result.value);
  if (K.phase !== IDLE) throw notRun();
  return result.value;
};

/** The error for a routine that used `yield` instead of `yield*`. */
export function misyielded(value: unknown): FiberError {
  const label = labelOf(K.current);
  if (isOp(value)) {
    const unrun = K.phase === IDLE ? undefined : notRun();
    return new FiberError(
      "raw-yield",
      `${label} used yield on an op: write yield* before it`,
      unrun === undefined ? {} : { cause: unrun.cause ?? unrun },
    );
  }
  dropOp(null);
  return new FiberError("raw-yield", `${label} used yield${insteadOf(value)}`);
}

function insteadOf(value: unknown): string {
  if (hasMethod(value, "next")) return " on a generator: write yield* before it";
  if (hasMethod(value, "then")) return " on a promise: write yield* until(promise)";
  return ", which passes nothing to the resumer: write yield* Fiber.yield(…)";
}

/** Whether a value is an op. `instanceof` may throw at a proxy. */
function isOp(value: unknown): value is Op<unknown> {
  try {
    return value instanceof Op;
  } catch {
    return false;
  }
}
