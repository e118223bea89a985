/** What compiled functions in direct style call. */
import { direct, registers } from "fibril/frames";
import { SUSPENDS } from "./depths.js";
import { Elements, Iteration } from "./iteration.js";

export {
  answer,
  answerHeld,
  answerLast,
  back,
  begin,
  deep,
  direct,
  end,
  ended,
  into,
  intoDirect,
  last,
  leave,
  leaveMany,
  quiet,
  registers,
  SUSPEND as SUSPENDED,
} from "fibril/frames";
export {
  givesWay as directGivesWay,
  parks as directParks,
  transfers as directTransfers,
  yields as directYields,
} from "./direct-ops.js";
export { twin } from "./twins.js";

/* oxlint-disable typescript/unbound-method -- the intrinsics are read once, before a program can replace them */
export const apply: typeof Reflect.apply = Reflect.apply;

const { bind, call: callMethod } = Function.prototype;

/** `fn.call(receiver, ...args)`, whatever `fn.call` is. */
export const call = bind.call(callMethod, callMethod) as (
  fn: unknown,
  receiver: unknown,
  ...args: readonly unknown[]
) => unknown;
/* oxlint-enable typescript/unbound-method */

/** As the tag of a template, it gives the object that tags are given. */
export function strings(object: TemplateStringsArray): TemplateStringsArray {
  return object;
}

/**
 * Marks the methods of a class. Its body has run so far that they are all there, and nothing else. Generators and async
 * functions are not in direct style; they are told from a plain function of the same place by their prototypes.
 */
export function methods(target: { readonly prototype: object }, plain: () => void): void {
  const ordinary = Reflect.getPrototypeOf(plain);
  markIn(target, target, ordinary);
  markIn(target.prototype, target, ordinary);
}

function markIn(object: object, target: object, ordinary: object | null): void {
  const keys = Reflect.ownKeys(object);
  // Not by an iterator: a program may have replaced that of arrays.
  for (let n = 0; n < keys.length; n++) {
    const found = Reflect.getOwnPropertyDescriptor(object, keys[n] as PropertyKey);
    const value: unknown = found?.value;
    const isMethod = typeof value === "function" && value !== target;
    if (isMethod && Reflect.getPrototypeOf(value) === ordinary) direct(value);
  }
}

/** Marks those methods of an object. Each of the names is that of a method, and the object was made just now. */
export function ownMethods<O extends object>(object: O, ...names: readonly string[]): O {
  for (let n = 0; n < names.length; n++) {
    const found = Reflect.getOwnPropertyDescriptor(object, names[n] as string);
    direct(found?.value as object);
  }
  return object;
}

/** Marks the one method of an object. */
export function method<O extends object>(object: O): O {
  direct(Reflect.get(object, Reflect.ownKeys(object)[0] as PropertyKey) as object);
  return object;
}

/**
 * The iterator of a `for-of` loop. The language closes it when an error leaves the loop, and so the program's own code
 * may run before any `catch`: the word that a call has left behind is taken back here. If the loop is left because the
 * function suspends, it is kept.
 */
export class DirectIteration extends Iteration {
  // Node 20 runs the one that the language supplies through the iterator of arrays, which a program may replace.
  // oxlint-disable-next-line no-useless-constructor
  constructor(iterable: Iterable<unknown>) {
    super(iterable);
  }

  override return(): unknown {
    registers.depth = 0;
    if ((registers.phase & SUSPENDS) !== 0) this.kept = true;
    return super.return();
  }
}

/** The same for an array pattern. */
export class DirectElements extends Elements {
  // oxlint-disable-next-line no-useless-constructor -- see above
  constructor(iterable: Iterable<unknown>) {
    super(iterable);
  }

  override return(): unknown {
    registers.depth = 0;
    if ((registers.phase & SUSPENDS) !== 0) this.kept = true;
    return super.return();
  }
}
