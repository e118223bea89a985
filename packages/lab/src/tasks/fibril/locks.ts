/** Tasks that share what only few may have at once. */
import { map, Mutex, type Routine, Semaphore, type Spawned, spawn, yieldNow } from "fibril";
import { CONCURRENCY, PERMITS } from "../between.js";
import { each, n, startClock, unit, upTo, weight } from "../bench.js";

// oxlint-disable-next-line require-yield -- what is measured is the lock
function* counted(times: number): Routine<void> {
  unit(times);
}

function* locking(mutex: Mutex): Routine<void> {
  for (let times = 1; times <= each; times++) yield* mutex.with(counted, times);
}

/** Each of N tasks has a lock of its own. */
export function* locks(): Routine<void> {
  for (const _ of upTo(n)) yield* spawn(locking, new Mutex());
}

// oxlint-disable-next-line require-yield -- it never waits, and that is what is measured
function* trying(mutex: Mutex): Routine<void> {
  for (let times = 1; times <= each; times++) {
    if (!mutex.tryAcquire()) throw new Error("the lock is taken");
    unit(times);
    mutex.release();
  }
}

/** The same without any wait. */
export function* triedLocks(): Routine<void> {
  for (const _ of upTo(n)) yield* spawn(trying, new Mutex());
}

/** What a holder does: it waits once, so that all others come into the line. */
function* held(times: number): Routine<void> {
  unit(times);
  yield* yieldNow();
}

function* contending(lock: Mutex | Semaphore): Routine<void> {
  for (let times = 1; times <= each; times++) yield* lock.with(held, times);
}

/** N tasks wait for one lock, which passes from one to the next. */
export function* handOvers(): Routine<void> {
  const mutex = new Mutex();
  yield* mutex.acquire();
  const tasks: Spawned<void>[] = [];
  for (const _ of upTo(n)) tasks.push(spawn(contending, mutex));
  while (mutex.stats().waiting < n) yield* yieldNow();
  startClock();
  mutex.release();
  for (const task of tasks) yield* task;
}

/** N tasks want one of ten permits. */
// oxlint-disable-next-line require-yield -- the run waits for them
export function* semaphores(): Routine<void> {
  const semaphore = new Semaphore(PERMITS);
  for (const _ of upTo(n)) spawn(contending, semaphore);
}

function* worked(index: number) {
  yield* yieldNow();
  return weight(index);
}

/** N items are worked on, a hundred at once. */
export function* maps(): Routine<void> {
  for (const result of yield* map(upTo(n), worked, { concurrency: CONCURRENCY })) unit(result);
}
