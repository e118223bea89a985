/** Tasks that sleep, and tasks with time limits. */
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

/** N tasks sleep at once. The run ends when all of them have slept. */
// oxlint-disable-next-line require-yield -- it has nothing to wait for
export function* sleeps(): Routine<void> {
  for (const _ of upTo(n)) spawn(sleeper);
}

/** The same with tasks that do nothing else. */
export function* sleepsBare(): Routine<void> {
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(sleep, each * 1000));
  for (const task of tasks) {
    yield* task;
    unit(1);
  }
}

const LATE = "late";
/** Counts the tasks that have begun to wait. */
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

/** Every task waits under its own time limit, and gets what it waits for in time. */
export function* timeouts(): Routine<void> {
  crowd.standing = 0;
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(waiting));
  while (crowd.standing < n) yield* yieldNow();
  for (const [index, task] of tasks.entries()) unpark(task, weight(index));
  for (const task of tasks) yield* task;
}

/** The time limits, in milliseconds: they are cleared long before they expire. */
const MINUTE = 60_000;

/** N time limits that are pending at once are set and cleared, `each` times. Their tasks stay alive. */
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
 * One task sets N time limits, one after the other, around work that ends in time. The limited function is an
 * arrow function that calls the routine: a generator function that is created anew for each limit costs V8
 * a map and a prototype, ten times as much as the limit itself.
 */
export function* limits(): Routine<void> {
  for (const index of upTo(n)) unit((yield* moveOnAfter(MINUTE, () => inTime(index))) ?? 0);
}

// oxlint-disable-next-line require-yield -- what is measured is the limit
function* inTime(index: number): Routine<number> {
  return weight(index);
}
