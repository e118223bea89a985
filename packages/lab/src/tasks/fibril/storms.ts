/** Tasks that run again and again: they give their turns away, or another task wakes them. */
import { park, type Routine, type Spawned, spawn, unpark, yieldNow } from "fibril";
import { seeded } from "../../statistics/random.js";
import { each, inOrder, n, seesContext, startClock, stopClock } from "../bench.js";
import { unit, units, upTo, waking } from "../bench.js";

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

function* yielding(): Routine<void> {
  crowd.standing++;
  yield* park();
  for (let times = 1; times <= each; times++) {
    unit(times);
    yield* yieldNow();
  }
  seesContext();
}

/** Each task is woken once and then gives its turn away `each` times. */
export function* yields(): Routine<void> {
  const tasks = yield* standingAt(yielding);
  const toWake = inOrder([...tasks]);
  startClock();
  for (const task of toWake) unpark(task);
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

/** The same, after a random half of the tasks has been replaced by new ones three times. */
export function* wakesReplaced(): Routine<void> {
  const tasks = yield* standingAt(woken);
  const chance = seeded(n);
  for (let time = 0; time < 3; time++) {
    const replaced = shuffled([...tasks.keys()], chance).slice(0, Math.floor(n / 2));
    for (const index of replaced) unpark(tasks[index]!, false);
    for (const index of replaced) yield* tasks[index]!;
    crowd.standing = 0;
    for (const index of replaced) tasks[index] = spawn(woken);
    yield* allStand(replaced.length);
  }
  yield* wakeAll(tasks);
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

function shuffled<T>(items: T[], chance: () => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(chance() * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
