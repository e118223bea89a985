/** The locks as what hands out permits: see permits.ts. */
import { Mutex, type Routine, RwLock, Semaphore } from "fibril";
import type { Permits } from "./permits.ts";

const READERS = 1_000;

function ofMutex(): Permits {
  const mutex = new Mutex({ name: "m" });
  return {
    limit: 1,
    weight: () => 1,
    acquire: () => mutex.acquire(),
    with: (_weight, body) => mutex.with(body),
    tryAcquire: () => mutex.tryAcquire(),
    release: () => mutex.release(),
    held: () => mutex.stats().held,
    waiting: () => mutex.stats().waiting,
  };
}

function ofSemaphore(): Permits {
  const limit = 3;
  const semaphore = new Semaphore(limit, { name: "s" });
  return {
    limit,
    weight: (lot) => 1 + (lot % limit),
    acquire: (weight) => semaphore.acquire(weight),
    with: (weight, body) => semaphore.withPermits(weight, body),
    tryAcquire: (weight) => semaphore.tryAcquire(weight),
    release: (weight) => semaphore.release(weight),
    held: () => semaphore.stats().held,
    waiting: () => semaphore.stats().waiting,
    resize: (to) => semaphore.resize(to),
  };
}

function ofRwLock(): Permits {
  const lock = new RwLock({ name: "rw" });
  const side = (weight: number) => (weight === 1 ? lock.read : lock.write);
  return {
    limit: READERS,
    weight: (lot) => (lot % 3 === 0 ? READERS : 1),
    acquire: (weight) => side(weight).acquire(),
    with: <Result>(weight: number, body: () => Routine<Result>) => side(weight).with(body),
    tryAcquire: (weight) => side(weight).tryAcquire(),
    release: (weight) => side(weight).release(),
    held() {
      const { readers, writers } = lock.stats();
      return readers + writers * READERS;
    },
    waiting: () => lock.stats().waiting,
  };
}

export const permitKinds: readonly (readonly [name: string, create: () => Permits])[] = [
  ["Mutex", ofMutex],
  ["Semaphore, weighted and resized", ofSemaphore],
  ["RwLock", ofRwLock],
];
