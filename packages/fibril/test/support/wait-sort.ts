/** A wait as task-every-moment.test.ts wants it. */
import type { Op, Routine } from "fibril";
import type { AnyFiber } from "./body.ts";

/** What the user's code in a wait does: the moments within it. */
export interface Hooks {
  readonly begins: () => void;
  readonly undone: () => void;
}

/** One wait, ready to be made. */
export interface AWait {
  make(): Op<unknown> | Routine<unknown>;
  /** Ends it, and calls `then` before its fiber has its next turn. */
  wake?(then: () => void, target: AnyFiber): void;
}

export interface WaitSort {
  readonly name: string;
  readonly hasBegin?: true;
  readonly hasUndo?: true;
  readonly canWake?: true;
  /** Its `make` is a routine: no op could be kept. */
  readonly routine?: true;
  create(hooks: Hooks): AWait;
}

/** What all waits that can be woken result in. */
export const VALUE = "value";
