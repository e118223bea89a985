/**
 * A task's turn: how it is entered, and the two ways in which most turns end. The most frequent entries, into
 * a frame that goes on, are written out in the scheduler's loops themselves (`sweep`, `sweepMachines`).
 */
import {
  BEGIN,
  type Code,
  DELIVER,
  Frame,
  KILL,
  RAISE,
  START,
  SUSPEND,
  generatorNext,
  makesGenerators,
  NONE,
} from "../kernel/frame.js";
import {
  type FiberFields,
  IDLE,
  K,
  PAUSE_STARTED,
  type RoomyFields,
  type TaskFields,
  WAIT_STARTED,
} from "../kernel/registers.js";
import {
  ARGUMENT_BITS,
  BARE,
  CALLED,
  FRESH,
  GENERATOR,
  IN_COROUTINE,
  ONE_ARGUMENT,
  PARKED,
  PAUSED,
  RAISES,
  READY,
  RUNNING,
  TASK_FRESH,
  TASK_KEEPS,
  TRANSFERRED,
} from "../kernel/state.js";
import { fillOwn } from "../kernel/routine.js";
import { drive, driveOn, howToEnter } from "../kernel/switch.js";
import { endTask } from "../kernel/task-end.js";
import { StrandWait, takeGiven } from "../kernel/wait-slot.js";
import { PARK, parkTask } from "../kernel/wait.js";
import type { ReadySet } from "../ready/ready-set.js";

/** The flags that the beginning of a turn flips in a task, and that its end flips back. */
export const TURN: number = TRANSFERRED | READY | RUNNING;

/**
 * The two most frequent ends of a turn: the task gives way, or it waits. Answers whether it was one of
 * them. `flags` are the task's flags at the beginning of the turn.
 *
 * Copies: the pause and the wait of `performOp`, and `park` for a pause and a bare park.
 */
export function leave(ready: ReadySet<TaskFields>, task: TaskFields, flags: number): boolean {
  if (K.phase === WAIT_STARTED) {
    K.phase = IDLE;
    if (K.begin === PARK && task._scope.effective === null) {
      K.begin = null;
      task._flags = (flags & ~(READY | PAUSED)) | PARKED | BARE;
      return true;
    }
    const how = parkTask(task);
    if (K.current === task) {
      // The wait ended at once.
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
 * A task's first turn, if its routine is a generator function; `enter` runs others. It is in one piece, because first
 * turns are most of the cost in a program that spawns a fiber for each small job.
 *
 * Copies: `enter`, `drive` and `beginFrame` in switch.ts, and `frameOf` in routine.ts.
 */
export function firstTurn(ready: ReadySet<TaskFields>, task: TaskFields, flags: number): void {
  const routine = task._frame;
  if ((flags & ~(TASK_KEEPS | ARGUMENT_BITS)) !== TASK_FRESH) return enter(task);
  if (!makesGenerators(routine)) return firstTurnOfMachine(ready, task, flags);
  const later = (flags & ~(FRESH | ARGUMENT_BITS)) | GENERATOR;
  const running = later ^ TURN;
  const args = takeGiven(task);
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
 * The same for a state machine.
 *
 * Copies: `enter`, `drive` and `beginFrame` in switch.ts, and `frameOf` in routine.ts.
 */
function firstTurnOfMachine(ready: ReadySet<TaskFields>, task: TaskFields, flags: number): void {
  const { code } = task._frame as unknown as { readonly code?: Code };
  if (code === undefined) return enter(task);
  const later = flags & ~(FRESH | ARGUMENT_BITS);
  const running = later ^ TURN;
  const args = takeGiven(task);
  task._flags = running;
  K.current = K.task = task;
  K.atOnce = 0;
  let out: unknown;
  try {
    out = code(frameFor(task, code, flags, args), START, undefined, NONE, NONE, NONE, NONE);
  } catch (error) {
    driveOn(task, RAISE, error);
    return;
  }
  if (
    out === SUSPEND
      ? task._flags === running && leave(ready, task, later)
      : out !== KILL && returned(task, running, out)
  ) {
    return;
  }
  driveOn(task, DELIVER, out);
}

/** The frame in which a task's machine starts: the task itself, if it fits in there. */
function frameFor(task: TaskFields, code: Code, flags: number, args: unknown): Frame {
  const isOne = (flags & ONE_ARGUMENT) !== 0;
  const all = isOne || (flags & ARGUMENT_BITS) === 0 ? null : (args as readonly unknown[]);
  if ((task as unknown as RoomyFields).pc === 0) {
    fillOwn(task as unknown as RoomyFields, all === null ? 1 : 2, args);
    return task as unknown as Frame;
  }
  const frame =
    all === null ? new Frame(code, args) : new Frame(code, all[0], all[1], all[2], all[3]);
  task._frame = frame;
  return frame;
}

/** Whether a generator that has run was that of a task that ended in the most frequent way. */
export function ended(task: TaskFields, running: number, result: IteratorResult<unknown>): boolean {
  return result.done === true && returned(task, running, result.value);
}

/**
 * The most frequent end of a task: its routine returns, and it has no scope of its own, because it has
 * spawned and deferred nothing. Answers whether that was so.
 *
 * Copies: `endFrame` and `endRoutine` in switch.ts.
 */
export function returned(task: TaskFields, running: number, value: unknown): boolean {
  if (
    K.phase !== IDLE ||
    task._flags !== running ||
    (running & CALLED) !== 0 ||
    task._scope.owner === task
  ) {
    return false;
  }
  K.current = K.base;
  endTask(task, 0, value);
  return true;
}

/** The turn of any task. */
export function enter(task: TaskFields): void {
  const flags = task._flags;
  let value = takeGiven(task);
  let tip: FiberFields = task;
  K.task = task;
  K.atOnce = 0;
  task._flags = flags & ~(READY | PAUSED | RAISES | FRESH | ARGUMENT_BITS);
  if ((flags & IN_COROUTINE) !== 0) {
    const strand = value as StrandWait;
    task._flags &= ~IN_COROUTINE;
    tip = strand.tip;
    value = strand.value;
    K.tail = strand.tail;
  }
  tip._flags = (tip._flags & ~(TRANSFERRED | PARKED)) | RUNNING;
  K.current = tip;
  if ((flags & FRESH) !== 0) {
    K.argc = (flags & ARGUMENT_BITS) === 0 ? 0 : (flags & ONE_ARGUMENT) === 0 ? 2 : 1;
    drive(BEGIN, value);
  } else {
    drive(howToEnter(tip, (flags & RAISES) === 0 ? DELIVER : RAISE), value);
  }
}
