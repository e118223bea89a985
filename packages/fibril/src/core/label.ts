import type { FiberFields } from "./kernel.js";
import type { Call, Label } from "./frame.js";
import { CALLED } from "./state.js";
import { textIn } from "./text.js";

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
