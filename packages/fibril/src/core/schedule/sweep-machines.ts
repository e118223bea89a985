/** The scheduler's loop for tasks that go on in state machines. V8 then inlines their code into it. */
import {
  type Call,
  DELIVER,
  type Frame,
  type How,
  KILL,
  type Machine,
  RAISE,
  SUSPEND,
  NONE,
} from "../kernel/frame.js";
import { K, type TaskFields } from "../kernel/registers.js";
import { CALLED, PAUSED, TASK_KEEPS, TASK_READY } from "../kernel/state.js";
import { driveOn } from "../kernel/switch.js";
import { takeGiven } from "../kernel/wait-slot.js";
import type { ReadySet } from "../ready/ready-set.js";
import type { TurnBudget } from "./turn-budget.js";
import { TURN, leave, returned } from "./turn.js";

/**
 * Runs the given task and those after it, as long as they go on in state machines. Returns the first other task, null
 * if the round is over, and undefined if the clock has to be read. `budget.left` is then up to date.
 *
 * Copies: `enter` in turn.ts, and `drive`.
 */
export function sweepMachines(
  ready: ReadySet<TaskFields>,
  budget: TurnBudget,
  task: TaskFields,
): TaskFields | null | undefined {
  let { left } = budget;
  const { look } = budget;
  for (;;) {
    left--;
    const flags = task._flags;
    const running = (flags & ~PAUSED) ^ TURN;
    const frame = task._frame;
    const top = ((flags & CALLED) === 0 ? frame : (frame as Call).frame) as Machine;
    const value = takeGiven(task);
    task._flags = running;
    K.current = K.task = task;
    K.atOnce = 0;
    let ended: How = DELIVER;
    let out: unknown;
    try {
      if (typeof top === "function")
        out = top(task as unknown as Frame, DELIVER, value, NONE, NONE, NONE, NONE);
      else {
        const { code } = top; // called without a receiver: see `Frame`
        out = code(top, DELIVER, value, NONE, NONE, NONE, NONE);
      }
    } catch (error) {
      ended = RAISE;
      out = error;
    }
    const isOver =
      ended === DELIVER &&
      (out === SUSPEND
        ? task._flags === running && leave(ready, task, flags)
        : out !== KILL && returned(task, running, out));
    if (!isOver) driveOn(task, ended, out);
    const next = left <= look ? undefined : ready.next();
    if (next == null || (next._flags & ~TASK_KEEPS) !== TASK_READY) {
      budget.left = left;
      return next;
    }
    task = next;
  }
}
