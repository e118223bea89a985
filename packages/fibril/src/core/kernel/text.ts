/**
 * Text made of values that programs pass: names, reasons, messages of errors. Whatever they are (a symbol,
 * an object without a prototype, a revoked proxy, a getter that throws), making text of them never throws.
 * What they do meanwhile, they do as no fiber's code: see `withRegistersSaved` in registers.ts.
 *
 * Text about fibers is here too: their names are values that programs pass.
 */
import type { Call, Label } from "./frame.js";
import { type FiberFields, withRegistersSaved } from "./registers.js";
import { CALLED } from "./state.js";

/** A property that ought to be a text; `undefined` when it is none, or cannot be read. */
export function textIn(value: object, key: "name" | "message" | "stack"): string | undefined {
  try {
    const text = withRegistersSaved(() => (value as Record<string, unknown>)[key]);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** An error by its message, anything else as `String` has it. */
export function textOf(value: unknown): string {
  try {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      return String(value);
    }
    return withRegistersSaved(() => {
      const message = value instanceof Error ? textIn(value, "message") : undefined;
      // oxlint-disable-next-line typescript/no-base-to-string -- as JavaScript has it, whatever it is
      return message ?? String(value);
    });
  } catch {
    return `a value that cannot be written (${typeof value})`;
  }
}

/** Such as `a string`, `an array`, `null`. */
export function kindOf(value: unknown): string {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "function":
      return "a function";
    case "object":
      return value === null ? "null" : kindOfObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function kindOfObject(value: object): string {
  try {
    if (Array.isArray(value)) return "an array";
    if (value instanceof Promise) return "a promise";
    if (Symbol.asyncIterator in value) return "an async generator";
  } catch {
    // A revoked proxy, or one whose traps throw.
  }
  return "an object";
}

/** The value itself where it is short, else its kind. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= 40) return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return kindOf(value);
}

/** Whether a value has a method, as far as it can be asked. */
export function hasMethod(value: unknown, name: PropertyKey): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  try {
    return typeof (value as Record<PropertyKey, unknown>)[name] === "function";
  } catch {
    return false;
  }
}

/** A fiber with a name of its own; the routine's name stays for backtraces. */
export class Named implements Label {
  readonly name: string;
  readonly routine: Label;

  constructor(name: string, routine: Label) {
    this.name = name;
    this.routine = routine;
  }
}

/** For messages, which have to tell anonymous fibers apart. */
export function nameOf(fiber: FiberFields): string {
  return textIn(fiber._label, "name") || anonymous(fiber._label);
}

/** The name as it was given: an anonymous routine has no number here. */
export function givenName({ _label }: FiberFields): string {
  return textIn(_label, "name") || "anonymous";
}

export function routineName(label: Label): string {
  return textIn(label instanceof Named ? label.routine : label, "name") || "anonymous";
}

/** `fiber "worker"`, or `fiber "worker" (routine serve)` where its innermost routine has another name. */
export function labelOf(fiber: FiberFields): string {
  const name = nameOf(fiber);
  const called = (fiber._flags & CALLED) !== 0;
  const label = called ? (fiber._frame as Call).label : fiber._label;
  const routine = label === fiber._label && !(label instanceof Named) ? name : routineName(label);
  return routine === name ? `fiber "${name}"` : `fiber "${name}" (routine ${routine})`;
}

/** Fibers' routines without a name, numbered as messages come to speak of them. */
const numbers = new WeakMap<object, number>();
let numbered = 0;

/** The first is "anonymous", the next "anonymous 2": several in one dump can be told apart. */
function anonymous(label: Label): string {
  let number = numbers.get(label);
  if (number === undefined) numbers.set(label, (number = ++numbered));
  return number === 1 ? "anonymous" : `anonymous ${number}`;
}
