/**
 * Text made from values that programs pass: names, reasons, messages of errors. Whatever the value is (a
 * symbol, an object without a prototype, a revoked proxy, a getter that throws), making text from it never
 * throws. Code of the program's that runs meanwhile does not count as code of a fiber: see
 * `withRegistersSaved` in registers.ts.
 *
 * Text about fibers is here too, because programs choose their names.
 */
import type { Call, Label } from "./frame.js";
import { type FiberFields, withRegistersSaved } from "./registers.js";
import { CALLED } from "./state.js";

/** A property that should be a string; `undefined` if it is not one or cannot be read. */
export function textIn(value: object, key: "name" | "message" | "stack"): string | undefined {
  try {
    const text = withRegistersSaved(() => (value as Record<string, unknown>)[key]);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The message of an error; anything else as `String` converts it. */
export function textOf(value: unknown): string {
  try {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      return String(value);
    }
    return withRegistersSaved(() => {
      const message = value instanceof Error ? textIn(value, "message") : undefined;
      // oxlint-disable-next-line typescript/no-base-to-string -- as JavaScript converts it, whatever it is
      return message ?? String(value);
    });
  } catch {
    return `a value that has no text (${typeof value})`;
  }
}

/** The kind of a value: `a string`, `an array`, `null`. */
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

/** The value itself if it is short, otherwise its kind. */
export function shown(value: unknown): string {
  if (typeof value === "string" && value.length <= 40) return JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return kindOf(value);
}

/** Whether a value has a method. False if it cannot be asked, as with a revoked proxy. */
export function hasMethod(value: unknown, name: PropertyKey): boolean {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  try {
    return typeof (value as Record<PropertyKey, unknown>)[name] === "function";
  } catch {
    return false;
  }
}

/** The label of a fiber with a name of its own. Backtraces still show the routine's name. */
export class Named implements Label {
  readonly name: string;
  readonly routine: Label;

  constructor(name: string, routine: Label) {
    this.name = name;
    this.routine = routine;
  }
}

/** A fiber's name for messages. Fibers of anonymous routines are numbered, so that they can be told apart. */
export function nameOf(fiber: FiberFields): string {
  return textIn(fiber._label, "name") || anonymous(fiber._label);
}

/** The name as it was given. Anonymous routines are not numbered here. */
export function givenName({ _label }: FiberFields): string {
  return textIn(_label, "name") || "anonymous";
}

export function routineName(label: Label): string {
  return textIn(routineOf(label), "name") || "anonymous";
}

/** What a label stands for: the routine itself, except for the library's own frames. */
export function routineOf(label: Label): Label {
  return label instanceof Named ? label.routine : label;
}

/** `fiber "worker"`, or `fiber "worker" (routine serve)` if its innermost routine has a name, and another one. */
export function labelOf(fiber: FiberFields): string {
  const name = nameOf(fiber);
  const called = (fiber._flags & CALLED) !== 0;
  const label = called ? (fiber._frame as Call).label : fiber._label;
  const routine = textIn(routineOf(label), "name") || name;
  return routine === name ? `fiber "${name}"` : `fiber "${name}" (routine ${routine})`;
}

/** The numbers of routines without a name. Each gets its number when a message first mentions it. */
const numbers = new WeakMap<object, number>();
let numbered = 0;

/** The first is "anonymous", the next "anonymous 2", so several in one dump can be told apart. */
function anonymous(label: Label): string {
  let number = numbers.get(label);
  if (number === undefined) numbers.set(label, (number = ++numbered));
  return number === 1 ? "anonymous" : `anonymous ${number}`;
}
