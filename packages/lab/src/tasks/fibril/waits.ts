/**
 * Tasks that wait, one workload for each kind of wait, and are woken lap after lap. Where the tasks wait for
 * promises, the waker must wait for a promise too, because it cannot see the end of a lap otherwise.
 */
import {
  type Op,
  park,
  type Routine,
  type Spawned,
  spawn,
  suspend,
  unpark,
  until,
  yieldNow,
} from "fibril";
import { each, inOrder, n, startClock, stopClock, unit, units, upTo } from "../bench.js";

/** For each task the function that ends its wait. It takes whether the task goes on. */
const wakes: ((goOn: boolean) => void)[] = [];
const crowd = { standing: 0 };
const settled = Promise.resolve();

function* suspending(index: number): Routine<void> {
  crowd.standing++;
  for (let times = 1; ; times++) {
    const goOn = yield* suspend<boolean>((wake) => {
      wakes[index] = wake;
    });
    if (!goOn) return;
    unit(times);
  }
}

function* awaiting(index: number): Routine<void> {
  crowd.standing++;
  for (let times = 1; ; times++) {
    const promise = new Promise<boolean>((resolve) => {
      wakes[index] = resolve;
    });
    if (!(yield* until(promise))) return;
    unit(times);
  }
}

function* parking(): Routine<void> {
  crowd.standing++;
  for (let times = 1; yield* park<boolean>(); times++) unit(times);
}

/** Each task waits by `suspend`. */
export const suspends = (): Routine<void> => laps(suspending, wakeEach, yieldNow);

/** Each task waits for its own promise. */
export const untils = (): Routine<void> => laps(awaiting, wakeEach, () => until(settled));

/** Each task waits by `park`. */
export const parks = (): Routine<void> => laps(parking, unparkEach, yieldNow);

function wakeEach(order: readonly number[], goOn: boolean): void {
  for (const index of order) wakes[index]!(goOn);
}

function unparkEach(
  order: readonly number[],
  goOn: boolean,
  tasks: readonly Spawned<void>[],
): void {
  for (const index of order) unpark(tasks[index]!, goOn);
}

function* laps(
  task: (index: number) => Routine<void>,
  wakeAll: typeof unparkEach,
  turn: () => Op<void>,
): Routine<void> {
  const tasks: Spawned<void>[] = [];
  crowd.standing = 0;
  for (const index of upTo(n)) tasks.push(spawn(task, index));
  while (crowd.standing < n) yield* yieldNow();
  const order = inOrder([...tasks.keys()]);
  startClock();
  for (let lap = 1; lap <= each; lap++) {
    wakeAll(order, true, tasks);
    while (units() < lap * n) yield* turn();
  }
  stopClock();
  wakeAll(order, false, tasks);
}

function* once(lap: number): Routine<number> {
  yield* yieldNow();
  return lap;
}

/** Spawns N tasks that wait once each, and joins them, `each` times. */
export function* joins(): Routine<void> {
  for (let lap = 1; lap <= each; lap++) {
    const tasks: Spawned<number>[] = [];
    for (let index = 0; index < n; index++) tasks.push(spawn(once, lap));
    for (const task of tasks) unit(yield* task);
  }
}
