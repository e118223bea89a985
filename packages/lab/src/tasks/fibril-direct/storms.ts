"use fibers";
/** Tasks that run again and again: they give their turns away, or another task wakes them. */
import { park, spawn, type Task, unpark, yieldNow } from "fibril/direct";
import { each, inOrder, n, seesContext, startClock, stopClock } from "../bench.js";
import { unit, units, upTo, waking } from "../bench.js";
import { halves } from "../halves.js";

/** Counts the tasks that have begun to wait. */
const crowd = { standing: 0 };

/** Spawns N tasks of a function and waits until all of them have begun to wait. */
function standingAt(work: () => void): Task<void>[] {
  crowd.standing = 0;
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(work));
  allStand(n);
  return tasks;
}

function allStand(count: number): void {
  while (crowd.standing < count) yieldNow();
}

/** The same tasks after a random half of them has been replaced by new ones three times. */
function replacedAt(work: () => void): Task<void>[] {
  const tasks = standingAt(work);
  for (const half of halves(n)) {
    for (const place of half) unpark(tasks[place]!, false);
    for (const place of half) tasks[place]!.join();
    crowd.standing = 0;
    for (const place of half) tasks[place] = spawn(work);
    allStand(half.length);
  }
  return tasks;
}

function yielding(): void {
  crowd.standing++;
  if (!park<boolean>()) return;
  for (let times = 1; times <= each; times++) {
    unit(times);
    yieldNow();
  }
  seesContext();
}

/** Each task is woken once and then gives its turn away `each` times. */
export const yields = (): void => storm(standingAt(yielding));

/** The same among tasks of which a random half has been replaced three times. */
export const yieldsReplaced = (): void => storm(replacedAt(yielding));

function storm(tasks: readonly Task<void>[]): void {
  const toWake = inOrder([...tasks]);
  startClock();
  for (const task of toWake) unpark(task, true);
  for (const task of tasks) task.join();
}

/** Counts how often it is woken, until it is woken with `false`. */
function woken(): void {
  crowd.standing++;
  for (let times = 1; park<boolean>(); times++) unit(times);
}

/** Another task wakes every task `each` times. */
export const wakes = (): void => wakeAll(standingAt(woken));

/** The same among tasks of which a random half has been replaced three times. */
export const wakesReplaced = (): void => wakeAll(replacedAt(woken));

function wakeAll(tasks: Task<void>[]): void {
  inOrder(tasks);
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    waking(() => {
      for (const task of tasks) unpark(task, true);
    });
    while (units() < lap * n) yieldNow();
  }
  stopClock();
  for (const task of tasks) unpark(task, false);
}
