"use fibers";
/** Tasks that sleep, and tasks with time limits. */
import { type Deadline } from "fibril";
import { moveOnAfter, park, sleep, spawn, type Task, unpark, yieldNow } from "fibril/direct";
import { each, n, startClock, stopClock, unit, upTo, weight } from "../bench.js";

function sleeper(): void {
  sleep(each * 1000);
  unit(1);
}

/** N tasks sleep at once. The run ends when all of them have slept. */
export function sleeps(): void {
  for (const _ of upTo(n)) spawn(sleeper);
}

/** The same with tasks that do nothing else. */
export function sleepsBare(): void {
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(sleep, each * 1000));
  for (const task of tasks) {
    task.join();
    unit(1);
  }
}

const LATE = "late";
/** Counts the tasks that have begun to wait. */
const crowd = { standing: 0 };

function waiting(): void {
  const given = moveOnAfter(each * 1000, waitingFor, LATE);
  if (typeof given === "string") throw new Error("timed out");
  unit(given);
}

function waitingFor(): number {
  crowd.standing++;
  return park<number>();
}

/** Every task waits under its own time limit, and gets what it waits for in time. */
export function timeouts(): void {
  crowd.standing = 0;
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(waiting));
  while (crowd.standing < n) yieldNow();
  for (const [index, task] of tasks.entries()) unpark(task, weight(index));
  for (const task of tasks) task.join();
}

/** The time limits, in milliseconds: they are cleared long before they expire. */
const MINUTE = 60_000;

/** N time limits that are pending at once are set and cleared, `each` times. Their tasks stay alive. */
export function deadlines(): void {
  const set: Deadline[] = [];
  const limited = (): void => {
    moveOnAfter(Number.POSITIVE_INFINITY, (deadline) => {
      set.push(deadline);
      park();
    });
  };
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(limited));
  while (set.length < n) yieldNow();
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

/** One task sets N time limits, one after the other, around work that ends in time. */
export function limits(): void {
  for (const index of upTo(n)) unit(moveOnAfter(MINUTE, () => weight(index)) ?? 0);
}
