/**
 * What compiled code calls when it runs as a generator, that is, when it was called plainly and not by a
 * fiber. The object that a compiled function returns has the behaviour of a native generator.
 *
 * The code of a compiled function is entered with a frame, how, and a value, as in `fibril/frames`. Here
 * the frame belongs to a generator object. This file needs nothing of Fibril.
 */

import { isObject, iteratorOf, type Result } from "./iteration.js";
import { Lent } from "./lent.js";

export { Elements, Iteration, iteratorOf, keysOf, restOf } from "./iteration.js";
export { Resources, suppressed } from "./resources.js";

export const START = 0;
export const DELIVER = 1;
export const RAISE = 2;
export const RETURN = 3;

/** What the code returns when it has suspended. What it hands out is in the frame. */
export const SUSPEND: { done: boolean; value: unknown } = { done: false, value: undefined };

export type Code = (frame: any, how: any, value: unknown) => unknown;

const FRESH = 0;
const SUSPENDED = 1;
const RUNNING = 2;
const ENDED = 3;

/* oxlint-disable typescript/unbound-method -- methods of iterators are read once and called with `apply` */

const { apply, defineProperty, getPrototypeOf } = Reflect;
const { create } = Object;

const GeneratorFunctionPrototype: object = getPrototypeOf(function* () {}) as object;
const GeneratorPrototype = (GeneratorFunctionPrototype as { prototype: object }).prototype;

/** The frame of a generator. Its first six fields are those of a fiber's frame. */
export class GeneratorFrame {
  code: Code;
  pc: number;
  a: unknown;
  b: unknown;
  c: unknown;
  d: unknown;
  state: number;
  /** What the suspended code hands out: a value, or while it delegates, a result object. */
  out: unknown;
  /** The iterator of the `yield*` at which it is suspended, and the `next` of that iterator. */
  inner: Iterator<unknown> | null;
  next: unknown;
  /** Whether its code may also run with the frame of a fiber. */
  isRoutine = false;

  constructor(code: Code, a?: unknown, b?: unknown, c?: unknown, d?: unknown) {
    this.code = code;
    this.pc = 0;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.state = FRESH;
    this.out = undefined;
    this.inner = null;
    this.next = undefined;
  }
}

/** Puts a frame into an object of any prototype, where no reflection can see it. */
class Held extends Lent {
  readonly #frame: GeneratorFrame;

  constructor(object: object, frame: GeneratorFrame) {
    super(object);
    this.#frame = frame;
  }

  static frameIn(object: object): GeneratorFrame | null {
    return #frame in object ? object.#frame : null;
  }
}

/**
 * The generator objects of methods. They share one prototype, and get a frame only if they are used as generators,
 * so making one takes a few nanoseconds. Most are taken apart by a fiber at once.
 */
class OfMethod {
  /** For a routine that has not started, only its code. */
  #frame: GeneratorFrame | Code;

  constructor(frame: GeneratorFrame | Code) {
    this.#frame = frame;
  }

  static frameIn(object: object): GeneratorFrame | null {
    if (!(#frame in object)) return Held.frameIn(object);
    if (typeof object.#frame === "function") {
      object.#frame = new GeneratorFrame(object.#frame);
      object.#frame.isRoutine = true;
    }
    return object.#frame;
  }

  static takeCode(object: object): Code | null {
    // What `yield*` stands before may be no object.
    if (!isObject(object) || !(#frame in object) || typeof object.#frame !== "function") {
      return null;
    }
    const code = object.#frame;
    object.#frame = OVER;
    return code;
  }
}

/** Of a generator whose frame was taken. */
const OVER = new GeneratorFrame(() => undefined);
OVER.state = ENDED;

/** The code of a method's object that has not started. It is taken from the object, which has then ended. */
export function freshCodeOf(object: object): Code | null {
  return OfMethod.takeCode(object);
}

/** The generator object of a method that is a routine. */
export function ofMethod(code: Code): object {
  return new OfMethod(code);
}

/** The frame of an object, if it is a compiled generator. */
function frameIn(object: unknown): GeneratorFrame | null {
  return typeof object === "object" && object !== null ? OfMethod.frameIn(object) : null;
}

function frameOf(object: unknown, method: string): GeneratorFrame {
  const frame = frameIn(object);
  if (frame !== null) return frame;
  throw new TypeError(`${method} method called on incompatible receiver ${textOf(object)}`);
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** The frame of a compiled generator that has not started. It is taken from the generator, which has then ended. */
export function freshFrameOf(object: unknown): GeneratorFrame | null {
  const frame = frameIn(object);
  if (frame === null || frame.state !== FRESH || !frame.isRoutine) return null;
  frame.state = ENDED;
  return frame;
}

let alternative: unknown = SUSPEND;

/** The code of routines has suspended when it returns this. */
export function suspendsBy(value: unknown): void {
  alternative = value;
}

/**
 * The frame of the innermost generator whose code runs. So code knows whether its own frame is that of a generator without
 * a look at the frame.
 */
export let running: GeneratorFrame | null = null;

function enter(frame: GeneratorFrame, how: number, value: unknown): unknown {
  const outer = running;
  running = frame;
  try {
    return frame.code(frame, how, value);
  } finally {
    running = outer;
  }
}

/** Enters the code and returns what `next`, `throw` or `return` of the generator returns. */
function run(frame: GeneratorFrame, how: number, value: unknown): Result {
  if (frame.state === RUNNING) throw new TypeError("Generator is already running");
  if (frame.state === ENDED || (frame.state === FRESH && how !== DELIVER)) {
    frame.state = ENDED;
    if (how === RAISE) throw value;
    return { value: how === RETURN ? value : undefined, done: true };
  }
  if (frame.state === FRESH) how = START;
  frame.state = RUNNING;
  try {
    if (frame.inner !== null) {
      try {
        const result = delegate(frame, frame.inner, how, value);
        if (!result.done) {
          frame.state = SUSPENDED;
          return result;
        }
        value = result.value;
        if (how === RAISE) how = DELIVER;
      } catch (error) {
        how = RAISE;
        value = error;
      }
      frame.inner = null;
      frame.next = undefined;
    }
    let out = enter(frame, how, value);
    while (frame.next === AT_ONCE) {
      const outcome = frame.out;
      frame.out = frame.next = undefined;
      out = enter(frame, DELIVER, outcome);
    }
    if (out === SUSPEND || out === alternative) {
      frame.state = SUSPENDED;
      const given = frame.out;
      frame.out = undefined;
      return frame.inner === null ? { value: given, done: false } : (given as Result);
    }
    end(frame);
    return { value: out, done: true };
  } catch (error) {
    end(frame);
    throw error;
  }
}

function end(frame: GeneratorFrame): void {
  frame.state = ENDED;
  frame.a = frame.b = frame.c = frame.d = frame.out = frame.inner = frame.next = undefined as never;
}

/** Stands for the outcome of a `return` at an iterator that has none. */
function over(value: unknown): Result {
  return { value, done: true };
}

/** Passes an entry on to the iterator of a `yield*`. Returns its result object, untouched if it goes on. */
function delegate(
  frame: GeneratorFrame,
  inner: Iterator<unknown>,
  how: number,
  value: unknown,
): Result {
  let result: unknown;
  if (how === DELIVER) {
    result = apply(frame.next as () => unknown, inner, [value]);
  } else if (how === RAISE) {
    const method: unknown = inner.throw;
    if (method === undefined || method === null) {
      const close: unknown = inner.return;
      if (close !== undefined && close !== null) checked(apply(close as () => unknown, inner, []));
      throw new TypeError("The iterator does not provide a 'throw' method.");
    }
    result = apply(method as () => unknown, inner, [value]);
  } else {
    const method: unknown = inner.return;
    if (method === undefined || method === null) return over(value);
    result = apply(method as () => unknown, inner, [value]);
  }
  return checked(result);
}

function checked(result: unknown): Result {
  if (!isObject(result)) {
    throw new TypeError(`Iterator result ${textOf(result)} is not an object`);
  }
  return result as Result;
}

/** `yield value` */
export function yields(frame: GeneratorFrame, value: unknown): unknown {
  frame.out = value;
  return SUSPEND;
}

/** `yield* iterable`: the result if the iterable ends at once, otherwise SUSPEND. */
export function delegates(frame: GeneratorFrame, iterable: Iterable<unknown>): unknown {
  const inner = iteratorOf(iterable);
  const next: unknown = inner.next;
  const result = checked(apply(next as () => unknown, inner, [undefined]));
  if (result.done) return result.value;
  frame.inner = inner;
  frame.next = next;
  frame.out = result;
  return SUSPEND;
}

/** The `next` of a frame whose code has left for something that was over at once. The outcome is in `out`. */
const AT_ONCE: unique symbol = Symbol("at once");

/**
 * The same where the code leaves in any case, so that it needs no branch for an outcome that comes at once. An op has
 * one only in a fiber that is being unwound. Then the generator enters its code again.
 */
export function leavesFor(frame: GeneratorFrame, iterable: Iterable<unknown>): unknown {
  const out = delegates(frame, iterable);
  if (out === SUSPEND) return SUSPEND;
  frame.out = out;
  frame.next = AT_ONCE;
  return SUSPEND;
}

/** The methods of every compiled generator. It stands between a function's `prototype` and the intrinsic one. */
const methods = {
  next(value: unknown): Result {
    return run(frameOf(this, "[Generator].prototype.next"), DELIVER, value);
  },
  return(value: unknown): Result {
    return run(frameOf(this, "[Generator].prototype.return"), RETURN, value);
  },
  throw(error: unknown): Result {
    return run(frameOf(this, "[Generator].prototype.throw"), RAISE, error);
  },
};
export const CompiledPrototype: object = OfMethod.prototype;
Reflect.setPrototypeOf(CompiledPrototype, GeneratorPrototype);
Reflect.deleteProperty(CompiledPrototype, "constructor");
adopt(CompiledPrototype);

/** Makes a function look like a generator function: its `prototype`, and whose instance it is. */
export function generator<F extends object>(fn: F): F {
  if (getPrototypeOf(fn) === GeneratorFunctionPrototype) return fn;
  prepare(fn);
  Object.setPrototypeOf(fn, GeneratorFunctionPrototype);
  return fn;
}

/** Gives a function a `prototype` whose objects have the methods of a generator. */
export function prepare(fn: object): void {
  const value: unknown = create(CompiledPrototype);
  defineProperty(fn, "prototype", { value, writable: true, enumerable: false });
}

const isPrototypeOf: (object: object) => boolean = Object.prototype.isPrototypeOf;

function inherits(object: object, prototype: object): boolean {
  return apply(isPrototypeOf, prototype, [object]);
}

/** The function's `prototype` was replaced, so the methods are the object's own. */
function adopt(object: object): void {
  for (const key of ["next", "return", "throw"] as const) {
    const value = methods[key];
    defineProperty(object, key, { value, writable: true, enumerable: false, configurable: true });
  }
}

/** The generator object of a call of `fn`. `fn` is undefined where the function has no name for itself. */
export function make(fn: object | undefined, code: Code, target?: unknown): object {
  if (target !== undefined) throw new TypeError("a generator function is not a constructor");
  if (fn !== undefined && getPrototypeOf(fn) !== GeneratorFunctionPrototype) generator(fn);
  return makeWith(fn, new GeneratorFrame(code));
}

/** A generator object for a frame. */
export function makeWith(fn: object | undefined, frame: GeneratorFrame): object {
  if (fn === undefined) return new OfMethod(frame);
  const { prototype } = fn as { prototype: unknown };
  const object = create(isObject(prototype) ? prototype : GeneratorPrototype) as object;
  if (!inherits(object, CompiledPrototype) && inherits(object, GeneratorPrototype)) adopt(object);
  return new Held(object, frame);
}

/** Marks an uninitialised variable. */
const UNSET: unique symbol = Symbol("uninitialised");

/** A variable that may be read before its declaration has run, or a constant that the code assigns to. */
export class Checked {
  readonly #name: string;
  readonly #constant: boolean;
  #value: unknown = UNSET;

  constructor(name: string, constant: boolean) {
    this.#name = name;
    this.#constant = constant;
  }

  get v(): unknown {
    if (this.#value === UNSET) throw this.#unset();
    return this.#value;
  }

  set v(value: unknown) {
    if (this.#value === UNSET) throw this.#unset();
    if (this.#constant) throw new TypeError("Assignment to constant variable.");
    this.#value = value;
  }

  /** The declaration. */
  set init(value: unknown) {
    this.#value = value;
  }

  /** The variable of a loop's next iteration. */
  next(): Checked {
    const next = new Checked(this.#name, this.#constant);
    next.#value = this.#value;
    return next;
  }

  #unset(): ReferenceError {
    return new ReferenceError(`Cannot access '${this.#name}' before initialization`);
  }
}

/** `callee.call(receiver, ...args)`, whatever `callee.call` is. */
export function invoke(callee: unknown, receiver: unknown, ...args: unknown[]): unknown {
  return apply(callee as () => unknown, receiver, args);
}

/** The key of a computed property, converted where the language converts it. */
export function keyOf(value: unknown): PropertyKey {
  if (typeof value === "symbol" || typeof value === "string") return value;
  return Reflect.ownKeys({ [value as string]: 0 })[0] as PropertyKey;
}

/** A tag whose receiver has been evaluated already. */
export function bound(tag: unknown, receiver: unknown): (...args: unknown[]) => unknown {
  return (...args) => apply(tag as () => unknown, receiver, args);
}
