import type { FiberFields } from "./kernel.js";
import type { Call, Label } from "./frame.js";
import { CALLED } from "./state.js";

/** A fiber with a name of its own; the routine's name stays for backtraces. */
export class Named implements Label {
  readonly name: string;
  readonly routine: Label;

  constructor(name: string, routine: Label) {
    this.name = name;
    this.routine = routine;
  }
}

export function nameOf(fiber: FiberFields): string {
  return fiber._label.name || "anonymous";
}

export function routineName(label: Label): string {
  return (label instanceof Named ? label.routine.name : label.name) || "anonymous";
}

/** `fiber "worker"`, or `fiber "worker" (routine serve)` where its innermost routine has another name. */
export function labelOf(fiber: FiberFields): string {
  const name = nameOf(fiber);
  const called = (fiber._flags & CALLED) !== 0;
  const routine = routineName(called ? (fiber._frame as Call).label : fiber._label);
  return routine === name ? `fiber "${name}"` : `fiber "${name}" (routine ${routine})`;
}
