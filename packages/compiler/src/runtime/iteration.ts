/** Iterations in the middle of which a function suspends. */

/* oxlint-disable typescript/unbound-method -- methods of iterators are read once and called with `apply` */

const { apply, getPrototypeOf } = Reflect;
const { isArray } = Array;
const { includes, [Symbol.iterator]: valuesOfArray } = Array.prototype;
const nextOfArray: unknown = (getPrototypeOf([][Symbol.iterator]()) as Iterator<unknown>).next;

export interface Result {
  value: unknown;
  done: boolean;
}

export function isObject(value: unknown): value is object {
  return (typeof value === "object" && value !== null) || typeof value === "function";
}

/** The iterator of an iterable, as the language asks for it. */
export function iteratorOf(iterable: Iterable<unknown>): Iterator<unknown> {
  return checked(apply(methodOf(iterable), iterable, []));
}

/** The engine's own message would quote this file. */
function methodOf(iterable: Iterable<unknown>): () => unknown {
  const method: unknown = (iterable as Partial<typeof iterable> | undefined)?.[Symbol.iterator];
  if (typeof method === "function") return method as () => unknown;
  throw new TypeError(`${isObject(iterable) ? "the object" : String(iterable)} is not iterable`);
}

function checked(iterator: unknown): Iterator<unknown> {
  if (!isObject(iterator)) {
    throw new TypeError("Result of the Symbol.iterator method is not an object");
  }
  return iterator as Iterator<unknown>;
}

const AGAIN: Result = { value: undefined, done: false };
const OVER: Result = { value: undefined, done: true };
const NOTHING = {};

/**
 * The iterator of a `for-of` loop whose body suspends. The loop stays a `for-of` loop, so the language itself
 * closes the iterator. It runs over this object, which does not pass the closing on when the loop is left only
 * because the code suspends, and which repeats the current element when the loop is entered again.
 */
export class Iteration {
  /** One stays alive, because V8 drops a hidden class with its last object, and the optimised code that knows it. */
  static readonly example: object = new Iteration([]);
  /** Set before the code suspends. */
  kept = false;
  readonly #iterator: Iterator<unknown>;
  readonly #next: () => unknown;
  /**
   * An array that the program iterates in the usual way: its elements are read here, because V8 inlines the iterator of an
   * array only where it was made.
   */
  readonly #array: readonly unknown[] | null;
  #index: number;

  constructor(iterable: Iterable<unknown>) {
    const method = methodOf(iterable);
    const iterator = checked(apply(method, iterable, []));
    const { next } = iterator;
    this.#iterator = iterator;
    this.#next = next as () => unknown;
    const isUsual = method === valuesOfArray && next === nextOfArray && isArray(iterable);
    this.#array = isUsual && iterator.return === undefined ? iterable : null;
    this.#index = 0;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): Result {
    if (this.kept) {
      this.kept = false;
      return AGAIN;
    }
    const array = this.#array;
    if (array === null) return apply(this.#next, this.#iterator, []) as Result;
    return this.#index < array.length ? { value: array[this.#index++], done: false } : OVER;
  }

  return(): unknown {
    return this.kept ? NOTHING : close(this.#iterator);
  }
}

/**
 * The iterator of an array pattern that suspends. The pattern is the body of a loop over this object, which ends after the
 * first time. So the language itself closes the iterator of the program, whichever way the pattern is left.
 *
 * It shares no class with Iteration, because a constructor that makes objects of two shapes takes 10 ns longer for each.
 */
export class Elements {
  /** Set before the code suspends. */
  kept = false;
  /** It needs no closing: it has ended, or it has thrown. */
  #done = false;
  readonly #iterator: Iterator<unknown>;
  readonly #next: () => unknown;

  constructor(iterable: Iterable<unknown>) {
    this.#iterator = iteratorOf(iterable);
    this.#next = this.#iterator.next as () => unknown;
  }

  [Symbol.iterator](): this {
    return this;
  }

  next(): Result {
    this.kept = false;
    return AGAIN;
  }

  /** The next element; undefined after the last. */
  take(): unknown {
    if (this.#done) return undefined;
    // What it throws itself ends it.
    this.#done = true;
    const result: unknown = apply(this.#next, this.#iterator, []);
    if (!isObject(result)) throw new TypeError("Iterator result is not an object");
    if ((result as Result).done) return undefined;
    const { value } = result as Result;
    this.#done = false;
    return value;
  }

  /** All elements that are left. */
  rest(): unknown[] {
    const rest: unknown[] = [];
    for (;;) {
      const value = this.take();
      if (this.#done) return rest;
      define(rest, rest.length, value);
    }
  }

  return(): unknown {
    return this.kept || this.#done ? NOTHING : close(this.#iterator);
  }
}

/** What an iterator says to its closing. A loop checks that it is an object. */
function close(iterator: Iterator<unknown>): unknown {
  const method: unknown = iterator.return;
  if (method === undefined || method === null) return NOTHING;
  return apply(method as () => unknown, iterator, []);
}

/** Adds a property, whatever the prototype has. */
function define(object: object, key: PropertyKey, value: unknown): void {
  Reflect.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** `{ …, ...rest } = source`: a copy of the source without the keys that the pattern has taken. */
export function restOf(source: unknown, taken: readonly PropertyKey[]): object {
  const rest = {};
  const from = Object(source) as Record<PropertyKey, unknown>;
  const keys = Reflect.ownKeys(from);
  // Not by an iterator: a program may have replaced that of arrays.
  for (let n = 0; n < keys.length; n++) {
    const key = keys[n] as PropertyKey;
    if (apply(includes, taken, [key])) continue;
    if (Reflect.getOwnPropertyDescriptor(from, key)?.enumerable === true) {
      define(rest, key, from[key]);
    }
  }
  return rest;
}

/** The keys of a `for-in` loop whose body suspends. */
export function* keysOf(object: object): Generator<string> {
  for (const key in object) yield key;
}
