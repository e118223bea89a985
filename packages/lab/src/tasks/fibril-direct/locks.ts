"use fibers";
/** Tasks that share what only few may have at once. */
import { map, Mutex, Semaphore, spawn, type Task, yieldNow } from "fibril/direct";
import { CONCURRENCY, PERMITS } from "../between.js";
import { each, n, startClock, unit, upTo, weight } from "../bench.js";

function counted(times: number): void {
  unit(times);
}

function locking(mutex: Mutex): void {
  for (let times = 1; times <= each; times++) mutex.with(counted, times);
}

/** Each of N tasks has a lock of its own. */
export function locks(): void {
  for (const _ of upTo(n)) spawn(locking, new Mutex()).join();
}

function trying(mutex: Mutex): void {
  for (let times = 1; times <= each; times++) {
    if (!mutex.tryAcquire()) throw new Error("the lock is taken");
    unit(times);
    mutex.release();
  }
}

/** The same without any wait. */
export function triedLocks(): void {
  for (const _ of upTo(n)) spawn(trying, new Mutex()).join();
}

/** What a holder does: it waits once, so that all others come into the line. */
function held(times: number): void {
  unit(times);
  yieldNow();
}

function contending(lock: Mutex | Semaphore): void {
  for (let times = 1; times <= each; times++) lock.with(held, times);
}

/** N tasks wait for one lock, which passes from one to the next. */
export function handOvers(): void {
  const mutex = new Mutex();
  mutex.acquire();
  const tasks: Task<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(contending, mutex));
  while (mutex.stats().waiting < n) yieldNow();
  startClock();
  mutex.release();
  for (const task of tasks) task.join();
}

/** N tasks want one of ten permits. */
export function semaphores(): void {
  const semaphore = new Semaphore(PERMITS);
  for (const _ of upTo(n)) spawn(contending, semaphore);
}

function worked(index: number): number {
  yieldNow();
  return weight(index);
}

/** N items are worked on, a hundred at once. */
export function maps(): void {
  for (const result of map(upTo(n), worked, { concurrency: CONCURRENCY })) unit(result);
}
