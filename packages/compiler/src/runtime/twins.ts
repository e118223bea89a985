/**
 * Twins of built-in methods that call a function in direct style and let it wait: those of arrays, and `call` and
 * `apply` of functions. They are functions in direct style, written by hand.
 */
import { answer, begin, deep, direct, entry, leaveWith, maySuspend } from "fibril/frames";
import { RAISE, registers, RETURN, settle, SUSPEND } from "fibril/frames";
import { numberOf, REENTERS, TOO_DEEP } from "./depths.js";

type AnyFunction = (...args: unknown[]) => unknown;

const { apply, getPrototypeOf } = Reflect;
const { isArray, prototype: ArrayPrototype } = Array;

/** The twin of a method that compiled code is about to call, or the method itself. */
export function twin(method: unknown, receiver: unknown, first: unknown): unknown {
  if (method === callMethod) return maySuspend(receiver) ? callTwin : method;
  if (method === applyMethod) return maySuspend(receiver) ? applyTwin : method;
  if (!maySuspend(first)) return method;
  const found = twins.get(method);
  if (found === undefined || !isArray(receiver)) return method;
  // The result of a subclass would be of that class.
  return getPrototypeOf(receiver) === ArrayPrototype ? found : method;
}

/** What `step` answers while there is more to do. */
const GOES_ON: unique symbol = Symbol("goes on");

/** One walk over an array. */
interface Walk {
  readonly array: readonly unknown[];
  readonly callback: AnyFunction;
  readonly receiver: unknown;
  /** How many elements there were when it began. */
  readonly length: number;
  index: number;
  /** What the callback was given. It may have changed the array since. */
  item: unknown;
  result: any;
}

/** What makes one method different from another. */
interface Kind {
  readonly backward?: true;
  /** It visits holes as well. */
  readonly holes?: true;
  /** It hands its result on to the next call. */
  readonly folds?: true;
  readonly begin: (walk: Walk) => unknown;
  /** Takes what the callback has answered. Returns the result of the whole, or GOES_ON. */
  readonly step: (walk: Walk, answer: any) => unknown;
}

const nothing = (): undefined => undefined;

/** The result of `map` has a hole for each hole of the array. */
function withHoles(length: number): unknown[] {
  const array: unknown[] = [];
  array.length = length;
  return array;
}

const KINDS: Readonly<Record<string, Kind>> = {
  forEach: { begin: nothing, step: () => GOES_ON },
  map: {
    begin: ({ length }) => withHoles(length),
    step: ({ result, index }, value) => ((result[index] = value), GOES_ON),
  },
  filter: {
    begin: () => [],
    step: (walk, isIn) => {
      if (isIn) walk.result.push(walk.item);
      return GOES_ON;
    },
  },
  flatMap: {
    begin: () => [],
    step: ({ result }, value) => {
      if (!isArray(value)) result.push(value);
      else value.forEach((each) => result.push(each));
      return GOES_ON;
    },
  },
  some: { begin: () => false, step: (_walk, found) => (found ? true : GOES_ON) },
  every: { begin: () => true, step: (_walk, holds) => (holds ? GOES_ON : false) },
  find: { holes: true, begin: nothing, step: ({ item }, found) => (found ? item : GOES_ON) },
  findIndex: {
    holes: true,
    begin: () => -1,
    step: (walk, found) => (found ? walk.index : GOES_ON),
  },
  reduce: { folds: true, begin: nothing, step: (walk, value) => ((walk.result = value), GOES_ON) },
};
const BACKWARD: Readonly<Record<string, string>> = {
  findLast: "find",
  findLastIndex: "findIndex",
  reduceRight: "reduce",
};

const twins = new Map<unknown, AnyFunction>();
for (const [name, kind] of Object.entries(KINDS)) addTwin(name, kind);
for (const [name, forward] of Object.entries(BACKWARD)) {
  addTwin(name, { ...(KINDS[forward] as Kind), backward: true });
}

function addTwin(name: string, kind: Kind): void {
  const method: unknown = Reflect.get(ArrayPrototype, name);
  if (typeof method === "function") twins.set(method, twinOf(name, kind));
}

function twinOf(name: string, kind: Kind): AnyFunction {
  const outside = numberOf(name);
  function walks(this: unknown, ...args: unknown[]): unknown {
    const depth = begin(outside);
    if (depth === TOO_DEEP) return deep(args);
    if (depth !== REENTERS) {
      return goOn(kind, beginWalk(kind, this as unknown[], args), depth);
    }
    const { how, value } = entry;
    entry.value = undefined;
    if (how === RAISE) throw value;
    // If the fiber is killed, it is what the callback has returned instead.
    return how === RETURN ? value : took(kind, args[0] as Walk, value, 1);
  }
  // Its name stands in the stacks of errors and in backtraces.
  return direct(Object.defineProperty(walks, "name", { value: name }));
}

function beginWalk(kind: Kind, array: readonly unknown[], args: readonly unknown[]): Walk {
  const { length } = array;
  const walk: Walk = {
    array,
    callback: args[0] as AnyFunction,
    receiver: kind.folds === true ? undefined : args[1],
    length,
    index: kind.backward === true ? length - 1 : 0,
    item: undefined,
    result: undefined,
  };
  walk.result = kind.begin(walk);
  if (kind.folds !== true) return walk;
  if (args.length > 1) {
    walk.result = args[1];
    return walk;
  }
  while (isWithin(walk) && !(walk.index in array)) next(kind, walk);
  if (!isWithin(walk)) throw new TypeError("Reduce of empty array with no initial value");
  walk.result = itemOf(walk);
  next(kind, walk);
  return walk;
}

function isWithin({ index, length }: Walk): boolean {
  return index >= 0 && index < length;
}

function itemOf({ array, index }: Walk): unknown {
  return array[index];
}

function next(kind: Kind, walk: Walk): void {
  walk.index += kind.backward === true ? -1 : 1;
}

function goOn(kind: Kind, walk: Walk, depth: number): unknown {
  const { array, callback, receiver } = walk;
  for (; isWithin(walk); next(kind, walk)) {
    if (kind.holes !== true && !(walk.index in array)) continue;
    const item = (walk.item = itemOf(walk));
    const args = [item, walk.index, array];
    if (kind.folds === true) args.unshift(walk.result);
    registers.depth = depth + 1;
    let value = apply(callback, receiver, args);
    if (registers.phase !== 0) {
      value = answer(depth, value);
      if (value === SUSPEND) return leaveWith(walk, callback, receiver);
    }
    const done = kind.step(walk, value);
    if (done !== GOES_ON) return done;
  }
  return walk.result;
}

/** The callback has answered after it had suspended. */
function took(kind: Kind, walk: Walk, value: unknown, depth: number): unknown {
  const done = kind.step(walk, value);
  if (done !== GOES_ON) return done;
  next(kind, walk);
  return goOn(kind, walk, depth);
}

/* oxlint-disable typescript/unbound-method -- the intrinsics are only compared */
const { apply: applyMethod, call: callMethod } = Function.prototype;
/* oxlint-enable typescript/unbound-method */

/**
 * A call of a function on behalf of `call` or `apply`, which have no frame: they are over when it has been made. So the
 * function is given their word as it is, and begins again by itself if the native stack is deep enough.
 */
function pass(fn: unknown, receiver: unknown, args: readonly unknown[], depth: number): unknown {
  registers.depth = depth;
  const value = apply(fn as AnyFunction, receiver, args);
  if (value === SUSPEND) settle(fn, receiver);
  return value;
}

const callTwin = direct(function call(this: unknown, receiver: unknown, ...args: unknown[]) {
  const { depth } = registers;
  registers.depth = 0;
  return pass(this, receiver, args, depth);
});

const applyTwin = direct(function apply(this: unknown, receiver: unknown, list?: unknown) {
  const { depth } = registers;
  registers.depth = 0;
  return pass(this, receiver, listOf(list), depth);
});

/** What is like a list may have getters, so it is read before the word is given. */
function listOf(given: unknown): unknown[] {
  const list: unknown[] = [];
  if (given === undefined || given === null) return list;
  if (typeof given !== "object" && typeof given !== "function") {
    throw new TypeError("CreateListFromArrayLike called on non-object");
  }
  const { length } = given as ArrayLike<unknown>;
  for (let n = 0; n < length; n++) list[n] = (given as ArrayLike<unknown>)[n];
  return list;
}
