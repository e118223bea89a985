"use fibers";
/** Tasks that wait, one workload for each kind of wait, and are woken lap after lap. */
import { park, spawn, suspend, type Task, unpark, until, yieldNow } from "fibril/direct";
import { each, inOrder, n, startClock, stopClock, unit, units, upTo } from "../bench.js";

/** For each task the function that ends its wait. It takes whether the task goes on. */
const wakes: ((goOn: boolean) => void)[] = [];
const crowd = { standing: 0 };
const settled = Promise.resolve();

function suspending(index: number): void {
  crowd.standing++;
  for (let times = 1; ; times++) {
    const goOn = suspend<boolean>((wake) => {
      wakes[index] = wake;
    });
    if (!goOn) return;
    unit(times);
  }
}

function awaiting(index: number): void {
  crowd.standing++;
  for (let times = 1; ; times++) {
    const promise = new Promise<boolean>((resolve) => {
      wakes[index] = resolve;
    });
    if (!until(promise)) return;
    unit(times);
  }
}

function parking(): void {
  crowd.standing++;
  for (let times = 1; park<boolean>(); times++) unit(times);
}

/** Each task waits by `suspend`. */
export const suspends = (): void => laps(suspending, wakeEach, yieldNow);

/** Each task waits for its own promise. */
export const untils = (): void => laps(awaiting, wakeEach, () => until(settled));

/** Each task waits by `park`. */
export const parks = (): void => laps(parking, unparkEach, yieldNow);

function wakeEach(order: readonly number[], goOn: boolean): void {
  for (const index of order) wakes[index]!(goOn);
}

function unparkEach(order: readonly number[], goOn: boolean, tasks: readonly Task<void>[]): void {
  for (const index of order) unpark(tasks[index]!, goOn);
}

function laps(task: (index: number) => void, wakeAll: typeof unparkEach, turn: () => void): void {
  const tasks: Task<void>[] = [];
  crowd.standing = 0;
  for (const index of upTo(n)) tasks.push(spawn(task, index));
  while (crowd.standing < n) yieldNow();
  const order = inOrder([...tasks.keys()]);
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    wakeAll(order, true, tasks);
    while (units() < lap * n) turn();
  }
  stopClock();
  wakeAll(order, false, tasks);
}

function once(lap: number): number {
  yieldNow();
  return lap;
}

/** Spawns N tasks that wait once each, and joins them, `each` times. */
export function joins(): void {
  for (let lap = 1; lap <= each; lap++) {
    const tasks: Task<number>[] = [];
    for (let index = 0; index < n; index++) tasks.push(spawn(once, lap));
    for (const task of tasks) unit(task.join());
  }
}
