/** The wait for time, and the one that only gives way. */
import {
  needsHost,
  type Op,
  pauseOp,
  schedulerOf,
  shown,
  type Task,
  Timer,
  wait,
  type Wait,
  type WaitKind,
  wake,
} from "./core/index.js";

/**
 * A sleep is one object, wait and timer at once, because a million of them must fit into memory. So `since` is
 * computed from the deadline when it is read. A sleep without end has no deadline; there `at` is its
 * beginning.
 */
class Sleep extends Timer implements Wait {
  readonly task: Task;
  readonly ms: number;

  constructor(task: Task, ms: number) {
    super();
    this.task = task;
    this.ms = ms;
  }

  get what(): string {
    return `sleep(${this.ms} ms)`;
  }

  get since(): number {
    return Number.isFinite(this.ms) ? this.at - Math.ceil(this.ms) : this.at;
  }

  fire(): void {
    wake(this.task, undefined);
  }

  undo(): void {
    schedulerOf(this.task).timers.remove(this);
  }
}

const SLEEP: WaitKind = { name: "sleep(…)", begin: beginSleep };

function beginSleep(task: Task, ms: number): Wait {
  const scheduler = schedulerOf(task);
  if (!scheduler.hosted) throw needsHost(`sleep(${ms})`);
  const sleep = new Sleep(task, ms);
  if (ms === Number.POSITIVE_INFINITY) sleep.at = scheduler.now();
  else scheduler.timers.add(sleep, scheduler.tickAfter(ms));
  return sleep;
}

/**
 * Waits for at least `ms` milliseconds, rounded up to whole ones. `Infinity` waits until the fiber is
 * cancelled.
 *
 * Suspends always, also for 0. Throws Cancelled, and RangeError when `ms` is negative or not a number.
 *
 * ```ts
 * await run(function* () {
 *   yield* sleep(10);
 * });
 * ```
 */
export function sleep(ms: number): Op<void> {
  if (typeof ms !== "number" || !(ms >= 0)) {
    throw new RangeError(`sleep takes milliseconds from 0 to Infinity, not ${shown(ms)}`);
  }
  return wait(SLEEP, ms);
}

/**
 * Lets every other fiber that is ready run before this one goes on.
 *
 * Suspends always. Throws Cancelled, also when the fiber was asked to end meanwhile.
 *
 * ```ts
 * const order: string[] = [];
 * spawn(function* () {
 *   order.push("child");
 *   yield* yieldNow();
 * });
 * yield* yieldNow();
 * order.push("parent");
 * order; // ["child", "parent"]
 * ```
 */
export function yieldNow(): Op<void> {
  return pauseOp();
}

export { checkpoint } from "./core/index.js";
