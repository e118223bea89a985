import type { FiberFields } from "./kernel.js";
import type { Label } from "./frame.js";

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

/** `fiber "worker"`, or `fiber "worker" (routine serve)` where they differ. */
export function labelOf(fiber: FiberFields): string {
  const name = nameOf(fiber);
  const routine = routineName(fiber._label);
  return routine === name ? `fiber "${name}"` : `fiber "${name}" (routine ${routine})`;
}
