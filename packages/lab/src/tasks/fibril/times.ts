/** Tasks that wait for time to pass, or set limits to it. */
import {
  type Deadline,
  moveOnAfter,
  park,
  type Routine,
  type Spawned,
  sleep,
  spawn,
  unpark,
  yieldNow,
} from "fibril";
import { each, n, startClock, stopClock, unit, upTo, weight } from "../bench.js";

function* sleeper(): Routine<void> {
  yield* sleep(each * 1000);
  unit(1);
}

/** N tasks sleep at once. The run ends when they have. */
// oxlint-disable-next-line require-yield -- it has nothing to wait for
export function* sleeps(): Routine<void> {
  for (const _ of upTo(n)) spawn(sleeper);
}

/** The same where a task does nothing but sleep. */
export function* sleepsBare(): Routine<void> {
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(sleep, each * 1000));
  for (const task of tasks) {
    yield* task;
    unit(1);
  }
}

const LATE = "late";
/** How many wait. */
const crowd = { standing: 0 };

function* waiting(): Routine<void> {
  const given = yield* moveOnAfter(each * 1000, waitingFor, LATE);
  if (typeof given === "string") throw new Error("timed out");
  unit(given);
}

function* waitingFor(): Routine<number> {
  crowd.standing++;
  return yield* park<number>();
}

/** Every task waits under a limit of its own, and is given what it waits for. */
export function* timeouts(): Routine<void> {
  crowd.standing = 0;
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(waiting));
  while (crowd.standing < n) yield* yieldNow();
  for (const [index, task] of tasks.entries()) unpark(task, weight(index));
  for (const task of tasks) yield* task;
}

/** A minute: set and cleared long before. */
const MINUTE = 60_000;

/** N limits that are pending at once, set and then cleared, `each` times. Their tasks live on. */
export function* deadlines(): Routine<void> {
  const set: Deadline[] = [];
  const limited = function* (): Routine<void> {
    yield* moveOnAfter(Number.POSITIVE_INFINITY, function* (deadline): Routine<void> {
      set.push(deadline);
      yield* park();
    });
  };
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(limited));
  while (set.length < n) yield* yieldNow();
  startClock();
  for (let lap = 0; lap < each; lap++) {
    for (const deadline of set) deadline.reset(MINUTE);
    for (const deadline of set) {
      deadline.clear();
      if (!deadline.passed) unit(1);
    }
  }
  stopClock();
  for (const task of tasks) unpark(task);
}

/**
 * One task sets itself N limits, one after the other, for work that ends in time. A function that only
 * calls the routine, because a generator function that is made anew for each limit costs V8 a map and a
 * prototype: ten times the limit itself.
 */
export function* limits(): Routine<void> {
  for (const index of upTo(n)) unit((yield* moveOnAfter(MINUTE, () => inTime(index))) ?? 0);
}

// oxlint-disable-next-line require-yield -- what is measured is the limit
function* inTime(index: number): Routine<number> {
  return weight(index);
}
