/**
 * What compiled routines call. Their code runs with two kinds of frames: a fiber's own, which the kernel enters, and
 * that of a generator object, when the routine was called plainly, for instance by a routine that is not compiled.
 */
import { Fiber, call } from "fibril";
import {
  type Code,
  type Frame,
  KILL,
  Op,
  perform,
  performCall,
  performNow,
  performYield,
  SUSPEND,
} from "fibril/frames";
import {
  CompiledPrototype,
  delegates as delegatesInGenerator,
  freshCodeOf,
  freshFrameOf,
  GeneratorFrame,
  iteratorOf,
  makeWith,
  ofMethod,
  prepare,
  SUSPEND as SUSPENDED,
  suspendsBy,
} from "./generators.js";

export {
  bound,
  Checked,
  generator,
  invoke,
  Iteration,
  keyOf,
  keysOf,
  make,
  yields,
} from "./generators.js";
export { SUSPEND };

suspendsBy(SUSPEND);

// `spawn(() => this.work())`: the kernel calls a function that gives a generator object, and takes the frame out of it.
Object.defineProperty(CompiledPrototype, Symbol.for("fibril.frame"), {
  value(this: unknown): GeneratorFrame | null {
    return freshFrameOf(this);
  },
});

/** `performCall` as what it is at run time: it takes four arguments, whether they are there or not. */
const callsRoutine = performCall as unknown as (
  routine: { readonly code: Code; readonly name: string },
  a: unknown,
  b: unknown,
  c: unknown,
  d: unknown,
) => unknown;

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

/** Makes a declared function a routine: fibers enter its code directly. `fits`: it needs three slots at most. */
export function attach(fn: object, code: Code, fits?: boolean): void {
  prepare(fn);
  Object.defineProperty(fn, "code", { value: code });
  if (fits === true) Object.defineProperty(fn, "fits", { value: true });
  // Stack traces show this name.
  Object.defineProperty(code, "name", { value: (fn as Compiled).name, configurable: true });
}

/** A routine from the code of a function expression. */
export function routine(name: string, length: number, code: Code, fits?: boolean): Compiled {
  const fn = {
    [name](a?: unknown, b?: unknown, c?: unknown, d?: unknown): object {
      return start(fn, code, a, b, c, d);
    },
  }[name] as unknown as Compiled;
  Object.defineProperty(fn, "length", { value: length, configurable: true });
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

/** What `return value` is at a suspension point when a fiber is killed. */
export function returned(frame: AnyFrame, value: unknown): unknown {
  return isGenerator(frame) ? value : KILL;
}

/** `yield* iterable` */
export function delegates(frame: AnyFrame, iterable: Iterable<unknown>): unknown {
  if (!isGenerator(frame)) {
    if (iterable instanceof Op) return performNow(iterable as Op<unknown, unknown, never>);
    return delegatesTo(iterable);
  }
  const out = delegatesInGenerator(frame, iterable);
  return out === SUSPENDED ? SUSPEND : out;
}

/** What is called, for backtraces. The name is read late, because reading a function's name is a call into C++. */
class Called {
  readonly code: Code;

  constructor(code: Code) {
    this.code = code;
  }

  get name(): string {
    return this.code.name;
  }
}

function delegatesTo(iterable: Iterable<unknown>): unknown {
  const method = freshCodeOf(iterable);
  if (method !== null) {
    return callsRoutine(new Called(method as Code), undefined, undefined, undefined, undefined);
  }
  const fresh = freshFrameOf(iterable);
  if (fresh !== null) {
    const { a, b, c, d } = fresh;
    return callsRoutine(new Called(fresh.code as Code), a, b, c, d);
  }
  const inner = iteratorOf(iterable);
  if (inner instanceof Op) return performNow(inner as Op<unknown, unknown, never>);
  // A new object, so that the kernel enters it as it is, and takes no built-in iterator for a mistake.
  const given = {
    [Symbol.iterator]: () => given,
    next: (value: unknown) => inner.next(value),
    return: (value: unknown) =>
      inner.return === undefined ? { done: true, value } : inner.return(value),
  };
  // Its name is what a backtrace shows.
  const generator: () => never = () => given as never;
  return perform(call(generator));
}

/** `yield* Fiber.yield(value)` */
export function hands(frame: AnyFrame, value?: unknown): unknown {
  if (isGenerator(frame)) return delegatesInGenerator(frame, Fiber.yield(value) as never);
  return performYield(value);
}

/** `yield* fn(a, b, c, d)` for a compiled routine. */
export function calls(
  frame: AnyFrame,
  fn: Compiled,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): unknown {
  if (isGenerator(frame) || fn.code === undefined) return delegates(frame, fn(a, b, c, d) as never);
  return callsRoutine(fn, a, b, c, d);
}
