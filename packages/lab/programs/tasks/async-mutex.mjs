/** Async functions that share what only few may have at once, by the package async-mutex. */
import { Mutex, Semaphore } from "async-mutex";
import { PERMITS } from "#lab/tasks/between.js";
import { each, measure, n, startClock, unit, upTo } from "#lab/tasks/bench.js";

const turn = Promise.resolve();

async function locking(mutex) {
  for (let times = 1; times <= each; times++) {
    // oxlint-disable-next-line no-await-in-loop -- this is what is measured
    await mutex.runExclusive(() => unit(times));
  }
}

async function locks() {
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(locking(new Mutex()));
  await Promise.all(tasks);
}

async function contending(lock) {
  for (let times = 1; times <= each; times++) {
    // oxlint-disable-next-line no-await-in-loop -- this is what is measured
    await lock.runExclusive(async () => {
      unit(times);
      await turn;
    });
  }
}

/** The lock is taken until all of them wait for it. */
async function handOvers() {
  const lock = new Mutex();
  const release = await lock.acquire();
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(contending(lock));
  startClock();
  release();
  await Promise.all(tasks);
}

async function semaphores() {
  const lock = new Semaphore(PERMITS);
  const tasks = [];
  for (const _ of upTo(n)) tasks.push(contending(lock));
  await Promise.all(tasks);
}

await measure({
  lock: locks,
  "hand-over": handOvers,
  semaphore: semaphores,
});
