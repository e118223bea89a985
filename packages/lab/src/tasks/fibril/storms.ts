/** Tasks that run again and again: they give their turns away, or another task wakes them. */
import { park, type Routine, type Spawned, spawn, unpark, yieldNow } from "fibril";
import { each, inOrder, n, seesContext, startClock, stopClock } from "../bench.js";
import { unit, units, upTo, waking } from "../bench.js";
import { halves } from "../halves.js";

/** Counts the tasks that have begun to wait. */
const crowd = { standing: 0 };

/** Spawns N tasks of a routine and waits until all of them have begun to wait. */
function* standingAt(routine: () => Routine<void>): Routine<Spawned<void>[]> {
  crowd.standing = 0;
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(routine));
  yield* allStand(n);
  return tasks;
}

function* allStand(count: number): Routine<void> {
  while (crowd.standing < count) yield* yieldNow();
}

/** The same tasks after a random half of them has been replaced by new ones three times. */
function* replacedAt(routine: () => Routine<void>): Routine<Spawned<void>[]> {
  const tasks = yield* standingAt(routine);
  for (const half of halves(n)) {
    for (const place of half) unpark(tasks[place]!, false);
    for (const place of half) yield* tasks[place]!;
    crowd.standing = 0;
    for (const place of half) tasks[place] = spawn(routine);
    yield* allStand(half.length);
  }
  return tasks;
}

function* yielding(): Routine<void> {
  crowd.standing++;
  if (!(yield* park<boolean>())) return;
  for (let times = 1; times <= each; times++) {
    unit(times);
    yield* yieldNow();
  }
  seesContext();
}

/** Each task is woken once and then gives its turn away `each` times. */
export function* yields(): Routine<void> {
  yield* storm(yield* standingAt(yielding));
}

/** The same among tasks of which a random half has been replaced three times. */
export function* yieldsReplaced(): Routine<void> {
  yield* storm(yield* replacedAt(yielding));
}

function* storm(tasks: readonly Spawned<void>[]): Routine<void> {
  const toWake = inOrder([...tasks]);
  startClock();
  for (const task of toWake) unpark(task, true);
  for (const task of tasks) yield* task;
}

/** Counts how often it is woken, until it is woken with `false`. */
function* woken(): Routine<void> {
  crowd.standing++;
  for (let times = 1; yield* park<boolean>(); times++) unit(times);
}

/** Another task wakes every task `each` times. */
export function* wakes(): Routine<void> {
  yield* wakeAll(yield* standingAt(woken));
}

/** The same among tasks of which a random half has been replaced three times. */
export function* wakesReplaced(): Routine<void> {
  yield* wakeAll(yield* replacedAt(woken));
}

function* wakeAll(tasks: Spawned<void>[]): Routine<void> {
  inOrder(tasks);
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    waking(() => {
      for (const task of tasks) unpark(task, true);
    });
    while (units() < lap * n) yield* yieldNow();
  }
  stopClock();
  for (const task of tasks) unpark(task, false);
}
