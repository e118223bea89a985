/** What compiled functions in direct style call. */
import { direct, registers } from "fibril/frames";
import { Iteration } from "./generators.js";

export {
  answer,
  answerLast,
  deep,
  direct,
  entries,
  entry,
  into,
  leave,
  registers,
  SUSPEND as SUSPENDED,
} from "fibril/frames";
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

const AsyncFunction = (async () => {}).constructor;
const GeneratorFunction = Object.getPrototypeOf(function* () {}) as object;
const AsyncGeneratorFunction = Object.getPrototypeOf(async function* () {}) as object;

/** Marks the methods of a class. Its body has run so far that they are all there, and nothing else. */
export function methods(target: { readonly prototype: object }): void {
  for (const object of [target, target.prototype]) {
    for (const key of Reflect.ownKeys(object)) {
      const value: unknown = Object.getOwnPropertyDescriptor(object, key)?.value;
      if (typeof value === "function" && value !== target && isPlain(value)) direct(value);
    }
  }
}

/** Generators and async functions are not in direct style. */
function isPlain(fn: object): boolean {
  return !(
    fn instanceof AsyncFunction ||
    isHeir(fn, GeneratorFunction) ||
    isHeir(fn, AsyncGeneratorFunction)
  );
}

function isHeir(fn: object, prototype: object): boolean {
  return Object.prototype.isPrototypeOf.call(prototype, fn);
}

/** Marks the one method of an object. */
export function method<O extends object>(object: O): O {
  const [key] = Reflect.ownKeys(object);
  direct(Reflect.get(object, key as PropertyKey) as object);
  return object;
}

/**
 * The iterator of a `for-of` loop. The language closes it when an error leaves the loop, and so the program's own code
 * may run before any `catch`: the word that a call has left behind is taken back here.
 */
export class DirectIteration extends Iteration {
  override return(): unknown {
    registers.depth = 0;
    return super.return();
  }
}
