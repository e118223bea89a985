/**
 * What compiled routines call. Their code runs with two kinds of frames: a fiber's own, which the kernel enters, and
 * that of a generator object, when the routine was called plainly, for instance by a routine that is not compiled.
 */
import { Fiber, park, yieldNow } from "fibril";
import {
  type Code,
  delegateOp,
  enterCode,
  type Frame,
  Op,
  perform,
  performNow,
  performPark,
  performTransfer,
  performYield,
  performYieldNow,
  SUSPEND,
  callDepth,
} from "fibril/frames";
import {
  CompiledPrototype,
  delegates as delegatesInGenerator,
  freshCodeOf,
  freshFrameOf,
  GeneratorFrame,
  iteratorOf,
  leavesFor,
  makeWith,
  ofMethod,
  prepare,
  running,
  SUSPEND as SUSPENDED,
  suspendsBy,
} from "./generators.js";
import { Lent } from "./lent.js";

export {
  bound,
  Checked,
  Elements,
  generator,
  invoke,
  Iteration,
  keyOf,
  keysOf,
  make,
  Resources,
  restOf,
  suppressed,
  yields,
} from "./generators.js";
export { makeFrame, NO_FRAME } from "fibril/frames";
export { SUSPEND };

suspendsBy(SUSPEND);

// `spawn(() => this.work())`: the kernel calls a function that gives a generator object, and takes the frame out of it.
Object.defineProperty(CompiledPrototype, Symbol.for("fibril.frame"), {
  value(this: unknown): GeneratorFrame | null {
    return freshFrameOf(this);
  },
});

type AnyFrame = Frame | GeneratorFrame;

/** A function that fibers take for a state machine because it has `code`. */
type Compiled = ((...args: unknown[]) => object) & { code: Code };

/**
 * By the prototype, because code is entered with frames of many hidden classes (a fiber's, a task's, a called one's), and a
 * load of a field would be megamorphic in a program that has them all.
 */
function isGenerator(frame: AnyFrame): frame is GeneratorFrame {
  return frame instanceof GeneratorFrame;
}

/** The same, faster where the class of the frame is not known in advance: in tasks, which have one prototype more. */
function isOfGenerator(frame: AnyFrame): frame is GeneratorFrame {
  return frame === running;
}

/** The generator object of a plain call. */
export function start(
  fn: object,
  code: Code,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): object {
  // In a circle of modules, a function may be called before its own module has run.
  if ((fn as Partial<Compiled>).code === undefined) attach(fn, code);
  const frame = new GeneratorFrame(code as never, a, b, c, d);
  frame.isRoutine = true;
  return makeWith(fn, frame);
}

/** The code of a routine, where neither a proxy of it nor an heir shows it. */
class Known extends Lent {
  readonly #code: Code;

  constructor(fn: object, code: Code) {
    super(fn);
    this.#code = code;
  }

  static codeIn(fn: object): Code | null {
    return #code in fn ? fn.#code : null;
  }
}

/** The code of a function if it is a compiled routine and can be called on the native stack here. */
export function codeIn(fn: unknown, depth: number): Code | null {
  return depth !== 0 && typeof fn === "function" ? Known.codeIn(fn) : null;
}

/** Makes a declared function a routine: fibers enter its code directly. `fits`: it needs three slots at most. */
export function attach(fn: object, code: Code, fits?: boolean): void {
  prepare(fn);
  void new Known(fn, code);
  Object.defineProperty(fn, "code", { value: code });
  if (fits === true) Object.defineProperty(fn, "fits", { value: true });
  // Stack traces show this name.
  Object.defineProperty(code, "name", { value: (fn as Compiled).name, configurable: true });
}

type Made = Record<string, (...args: never[]) => object>;
type Values = readonly unknown[];

/**
 * Functions of each length, as the only method of an object, because the language takes the name from there. To define
 * `length` anew would make V8 keep the function's properties in a hash table, and `code` is read at every call.
 */
const made: readonly ((name: string, call: (...args: Values) => object) => Made)[] = [
  (name, call) => ({ [name]: (...more: Values) => call(...more) }),
  (name, call) => ({ [name]: (a: unknown, ...more: Values) => call(a, ...more) }),
  (name, call) => ({ [name]: (a: unknown, b: unknown, ...more: Values) => call(a, b, ...more) }),
  (name, call) => ({
    [name]: (a: unknown, b: unknown, c: unknown, ...more: Values) => call(a, b, c, ...more),
  }),
  (name, call) => ({
    [name]: (a: unknown, b: unknown, c: unknown, d: unknown) => call(a, b, c, d),
  }),
];

/** A routine from the code of a function expression. */
export function routine(name: string, length: number, code: Code, fits?: boolean): Compiled {
  const fn = made[length]?.(name, (a, b, c, d) => start(fn, code, a, b, c, d))[name] as Compiled;
  attach(fn, code, fits);
  return fn;
}

/** Makes a function look like what it was, but fibers must not take its objects for native generators. */
export function prepared<F extends object>(fn: F): F {
  prepare(fn);
  return fn;
}

function isOrdinary(fn: object): boolean {
  return (fn as { prototype?: { constructor?: unknown } }).prototype?.constructor === fn;
}

/** The generator object of a call of a routine whose code is a closure of the call. Fibers take the frame out of it. */
export function makeRoutine(fn: object | undefined, code: Code, target?: unknown): object {
  if (target !== undefined) throw new TypeError("a generator function is not a constructor");
  if (fn === undefined) return ofMethod(code as never);
  // In a circle of modules, a function may be called before its own module has run.
  if (isOrdinary(fn)) prepare(fn);
  const frame = new GeneratorFrame(code as never);
  frame.isRoutine = true;
  return makeWith(fn, frame);
}

/** `yield* iterable` in code that was entered with `frame` and `how`. */
export function delegates(frame: AnyFrame, how: number, iterable: Iterable<unknown>): unknown {
  if (!isOfGenerator(frame)) {
    if (iterable instanceof Op) return performNow(iterable as Op<unknown, unknown, never>, frame);
    // Asked here, because V8 takes 5 ns to find that an object lacks a private field, and three are looked for below.
    if (iterable instanceof Fiber) return iterates(frame, iterable as Iterable<unknown>);
    return delegatesTo(frame, how, iterable);
  }
  const out = delegatesInGenerator(frame, iterable);
  return out === SUSPENDED ? SUSPEND : out;
}

function delegatesTo(frame: Frame, how: number, iterable: Iterable<unknown>): unknown {
  const method = freshCodeOf(iterable);
  if (method !== null) {
    return enterCode(frame, how, method as Code);
  }
  const fresh = freshFrameOf(iterable);
  if (fresh !== null) {
    const { a, b, c, d } = fresh;
    return enterCode(frame, how, fresh.code as Code, a, b, c, d);
  }
  return iterates(frame, iterable);
}

function iterates(frame: Frame, iterable: Iterable<unknown>): unknown {
  const inner = iteratorOf(iterable);
  if (inner instanceof Op) return performNow(inner as Op<unknown, unknown, never>, frame);
  return perform(delegateOp(inner, GENERATOR));
}

/** What a backtrace shows for an iterator. */
const GENERATOR = { name: "generator" };

/** `yield* Fiber.yield(value)` */
export function hands(frame: AnyFrame, value?: unknown): unknown {
  if (isGenerator(frame)) return leavesFor(frame, Fiber.yield(value) as never);
  return performYield(value);
}

/**
 * What `fn$code(…)` gets in place of a `How`, so that `yield* fn(…)` is a call on the native stack. 0 if it has to be made by
 * `calls`.
 */
export function depthIn(frame: AnyFrame, how: number): number {
  return isGenerator(frame) ? 0 : callDepth(frame, how);
}

/** `yield* Fiber.transfer(fiber)` and `yield* Fiber.transfer(fiber, value)`; a fiber that starts sees which of them it was. */
export function transfers(frame: AnyFrame, fiber: Fiber, value?: unknown): unknown {
  if (isGenerator(frame)) {
    const op = arguments.length > 2 ? Fiber.transfer(fiber, value) : Fiber.transfer(fiber);
    return leavesFor(frame, op as never);
  }
  return arguments.length > 2 ? performTransfer(fiber, value) : performTransfer(fiber);
}

/** `yield* yieldNow()` */
export function givesWay(frame: AnyFrame): unknown {
  return isOfGenerator(frame) ? leavesFor(frame, yieldNow() as never) : performYieldNow();
}

/** `yield* park()` */
export function parks(frame: AnyFrame): unknown {
  return isOfGenerator(frame) ? leavesFor(frame, park() as never) : performPark();
}

/** `yield* fn(a, b, c, d)` for a compiled routine. */
export function calls(
  frame: AnyFrame,
  how: number,
  fn: Compiled,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): unknown {
  if (isGenerator(frame) || fn.code === undefined) {
    return delegates(frame, how, fn(a, b, c, d) as never);
  }
  return enterCode(frame, how, fn.code, a, b, c, d);
}
