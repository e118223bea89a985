/** Waits that pass time, and the one that passes none. */
import {
  needsHost,
  type Op,
  pauseOp,
  schedulerOf,
  type Task,
  Timer,
  wait,
  type Wait,
  type WaitKind,
  wake,
} from "./core/index.js";

/**
 * A sleeping fiber is its own timer, and holds nothing else: a million of them must fit. So `since`
 * is worked out from the deadline where somebody asks. Who sleeps for ever has none, and keeps its
 * beginning in its place.
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
 * Waits for so many milliseconds, at least, rounded up to whole ones; `Infinity` waits until it is
 * cancelled.
 *
 * Suspends always, also for 0. Throws RangeError when `ms` is negative or no number, and Cancelled.
 *
 * ```ts
 * await run(function* () {
 *   yield* sleep(10);
 * });
 * ```
 */
export function sleep(ms: number): Op<void> {
  if (typeof ms !== "number" || !(ms >= 0)) {
    throw new RangeError(`sleep takes milliseconds from 0 to Infinity, not ${String(ms)}`);
  }
  return wait(SLEEP, ms);
}

/**
 * Lets every other fiber that is ready run before this one goes on.
 *
 * Suspends always. Throws Cancelled, also when the fiber was asked to end meanwhile.
 */
export function yieldNow(): Op<void> {
  return pauseOp();
}

export { checkpoint } from "./core/index.js";
