/** Everything that is claimed and given back, as one of a kind that excludes all others. */
import {
  Mutex,
  type Op,
  openPool,
  type Routine,
  RwLock,
  type RwLockSide,
  Semaphore,
  sleep,
} from "fibril";

/** Something that one fiber at a time has. */
export interface Subject {
  take(): Routine<void>;
  /** Gives back what the running fiber has taken. */
  give(): void;
  tryTake(): boolean;
  with<Result>(body: () => Routine<Result>): Op<Result>;
  waiting(): number;
  /** Nobody has it, and nobody waits. */
  isFree(): boolean;
}

export interface LockKind {
  readonly name: string;
  create(): Routine<Subject>;
}

function ofSide(lock: RwLock, side: RwLockSide): Subject {
  return {
    *take() {
      yield* side.acquire();
    },
    give: () => side.release(),
    tryTake: () => side.tryAcquire(),
    with: (body) => side.with(body),
    waiting: () => lock.stats().waiting,
    isFree: () => Object.values(lock.stats()).every((number) => number === 0),
  };
}

function ofSemaphore(limit: number): Subject {
  const semaphore = new Semaphore(limit, { name: "s" });
  return {
    *take() {
      yield* semaphore.acquire(limit);
    },
    give: () => semaphore.release(limit),
    tryTake: () => semaphore.tryAcquire(limit),
    with: (body) => semaphore.withPermits(limit, body),
    waiting: () => semaphore.stats().waiting,
    isFree: () => semaphore.available === limit && semaphore.stats().waiting === 0,
  };
}

function* ofPool(checked: boolean): Routine<Subject> {
  let made = 0;
  const pool = yield* openPool({
    name: "p",
    limit: 1,
    *create() {
      yield* sleep(0);
      return { id: ++made };
    },
    ...(checked
      ? {
          *check() {
            yield* sleep(0);
            return true;
          },
        }
      : {}),
  });
  const taken: { id: number }[] = [];
  return {
    *take() {
      taken.push(yield* pool.acquire());
    },
    give: () => pool.release(taken.pop() as { id: number }),
    tryTake() {
      const resource = pool.tryAcquire();
      if (resource !== undefined) taken.push(resource);
      return resource !== undefined;
    },
    with: (body) => pool.with(() => body()),
    waiting: () => pool.stats().waiting,
    isFree: () => pool.stats().lent === 0 && pool.stats().waiting === 0 && made <= 1,
  };
}

export const lockKinds: readonly LockKind[] = [
  {
    name: "Mutex",
    *create() {
      const mutex = new Mutex({ name: "m" });
      return {
        *take() {
          yield* mutex.acquire();
        },
        give: () => mutex.release(),
        tryTake: () => mutex.tryAcquire(),
        with: (body) => mutex.with(body),
        waiting: () => mutex.stats().waiting,
        isFree: () => !mutex.locked && mutex.stats().waiting === 0,
      };
    },
  },
  {
    name: "Semaphore of 1",
    *create() {
      return ofSemaphore(1);
    },
  },
  {
    name: "Semaphore of 3, all at once",
    *create() {
      return ofSemaphore(3);
    },
  },
  {
    name: "RwLock, writing",
    *create() {
      const lock = new RwLock({ name: "rw" });
      return ofSide(lock, lock.write);
    },
  },
  { name: "Pool of 1", create: () => ofPool(false) },
  { name: "Pool of 1, checked", create: () => ofPool(true) },
];
