/**
 * A task's turn: how it is entered, and the two ways in which most turns end. The most frequent entry, into
 * a generator that goes on, stands in the scheduler's sweep itself.
 */
import { endTask } from "./ending.js";
import type { Frame } from "./frame.js";
import * as frames from "./frame.js";
import type { FiberFields, TaskFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import type { ReadySet } from "./ready-set.js";
import * as state from "./state.js";
import type { Away } from "./strand.js";
import { drive, driveOn, howToEnter } from "./switch.js";
import { parkTask } from "./wait.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { generatorNext, makesGenerators, SUSPEND } = frames;
const { IDLE, K, PAUSE_STARTED, WAIT_STARTED } = kernel;
const {
  ARGUMENT_BITS,
  AWAY,
  BEGIN,
  CALLED,
  DELIVER,
  FRESH,
  GENERATOR,
  LEFT,
  ONE_ARGUMENT,
  PARKED,
  PAUSED,
  RAISE,
  RAISES,
  READY,
  RUNNING,
} = state;

/** What a turn changes in a task's flags, there and back. */
export const TURN: number = LEFT | READY | RUNNING;

/** The same for a fiber that runs in a state machine: the task has been made the running one. */
export function turnOfMachine(
  ready: ReadySet<TaskFields>,
  task: TaskFields,
  flags: number,
  top: Frame,
  value: unknown,
): void {
  let out: unknown;
  try {
    out = top.code(top, DELIVER, value);
  } catch (error) {
    driveOn(task, RAISE, error);
    return;
  }
  const running = (flags & ~PAUSED) ^ TURN;
  if (out !== SUSPEND || task._flags !== running || !leave(ready, task, flags)) {
    driveOn(task, DELIVER, out);
  }
}

/**
 * The two most frequent ends of a turn: the fiber gives way, or waits. Answers whether it was one of
 * them; `flags` are those with which the turn began.
 */
export function leave(ready: ReadySet<TaskFields>, task: TaskFields, flags: number): boolean {
  if (K.phase === WAIT_STARTED) {
    K.phase = IDLE;
    const how = parkTask(task);
    if (K.current === task) {
      // The outcome was known at once.
      const { value } = K;
      K.value = undefined;
      drive(how, value);
    }
    return true;
  }
  if (K.phase !== PAUSE_STARTED || task._scope.effective !== null) return false;
  K.phase = IDLE;
  task._flags = flags | PAUSED;
  ready.add(task);
  return true;
}

/**
 * A task's first turn, where its routine is a generator function: what `drive` and `beginFrame` in switch.ts
 * do, in one piece, because a program that spawns a fiber for each small thing pays for little else.
 */
export function firstTurn(ready: ReadySet<TaskFields>, task: TaskFields, flags: number): void {
  const routine = task._frame;
  if (!makesGenerators(routine)) return enter(task);
  const later = (flags & ~(FRESH | ARGUMENT_BITS)) | GENERATOR;
  const running = later ^ TURN;
  const args = task._wait;
  task._wait = undefined;
  task._flags = running ^ GENERATOR;
  K.current = K.task = task;
  K.atOnce = 0;
  let result: IteratorResult<unknown>;
  try {
    const frame = callWith(routine as (...args: unknown[]) => Generator, flags, args);
    task._frame = frame;
    task._flags = running;
    result = generatorNext.call(frame, undefined);
  } catch (error) {
    driveOn(task, RAISE, error);
    return;
  }
  if (
    result.value === SUSPEND
      ? task._flags === running && leave(ready, task, later)
      : ended(task, running, result)
  ) {
    return;
  }
  driveOn(task, DELIVER, result);
}

function callWith(
  routine: (...args: unknown[]) => Generator,
  flags: number,
  args: unknown,
): Generator {
  if ((flags & ARGUMENT_BITS) === 0) return routine();
  return (flags & ONE_ARGUMENT) === 0 ? routine(...(args as unknown[])) : routine(args);
}

/**
 * The most frequent end of a task: its routine returns, and it has spawned and deferred nothing. Answers
 * whether that was so.
 */
export function ended(task: TaskFields, running: number, result: IteratorResult<unknown>): boolean {
  if (
    result.done !== true ||
    K.phase !== IDLE ||
    task._flags !== running ||
    (running & CALLED) !== 0 ||
    task._scope.owner === task
  ) {
    return false;
  }
  K.current = K.base;
  endTask(task, 0, result.value);
  return true;
}

/** The turn of any task. */
export function enter(task: TaskFields): void {
  const flags = task._flags;
  let value = task._wait;
  let tip: FiberFields = task;
  K.task = task;
  K.atOnce = 0;
  task._flags = flags & ~(READY | PAUSED | RAISES | FRESH | ARGUMENT_BITS);
  task._wait = undefined;
  if ((flags & AWAY) !== 0) {
    const away = value as Away;
    task._flags &= ~AWAY;
    tip = away.tip;
    value = away.value;
    K.tail = away.tail;
  }
  tip._flags = (tip._flags & ~(LEFT | PARKED)) | RUNNING;
  K.current = tip;
  if ((flags & FRESH) !== 0) {
    K.argc = (flags & ARGUMENT_BITS) === 0 ? 0 : (flags & ONE_ARGUMENT) === 0 ? 2 : 1;
    drive(BEGIN, value);
  } else {
    drive(howToEnter(tip, (flags & RAISES) === 0 ? DELIVER : RAISE), value);
  }
}
