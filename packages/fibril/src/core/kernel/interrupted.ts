/**
 * What is interrupted: a scheduler's turn or a callback of the program's stands on top of it on the native stack.
 *
 * A fiber that runs a program within the program is interrupted by the turns of that program, and so is the task
 * in whose turn it runs. A callback runs in no task (wall.ts). But the interrupted turn is not over. A request that
 * is made meanwhile has to find the fiber that has control in it, because that fiber may have scopes open.
 */
import { type FiberFields, type Interrupted, K } from "./registers.js";
import { PINNED } from "./state.js";

/** Saves the registers of what is interrupted now. */
export function interrupt(): void {
  const { base, caller, current, interrupted: below, loop, mostAtOnce, tail, task } = K;
  const pinned = current._flags & PINNED;
  K.interrupted = { task, current, pinned, base, loop, caller, tail, mostAtOnce, below };
}

/** Begins a scheduler's turn, on top of what runs now. */
export function enterTurn(loop: FiberFields, mostAtOnce: number): void {
  interrupt();
  K.current._flags |= PINNED;
  K.base = K.current = K.loop = loop;
  K.mostAtOnce = mostAtOnce;
}

/** Ends a scheduler's turn: what it has interrupted goes on. */
export function leaveTurn(): void {
  const outer = K.interrupted as Interrupted;
  const { current, pinned } = outer;
  K.interrupted = outer.below;
  K.base = outer.base;
  K.caller = outer.caller;
  K.current = current;
  K.loop = outer.loop;
  K.mostAtOnce = outer.mostAtOnce;
  K.tail = outer.tail;
  K.task = outer.task;
  current._flags = (current._flags & ~PINNED) | pinned;
}
