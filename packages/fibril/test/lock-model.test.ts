/**
 * The locks against a naive model (support/permits.ts): random programs, shrunk by fast-check, in seeded
 * orders. A permit that is lost, a waiter that is passed, starved or left behind, two holders: each fails.
 *
 * FIBRIL_LOCK_RUNS  how many; FIBRIL_SEED  which
 */
import { test } from "node:test";
import fc from "fast-check";
import { Mutex, type Routine, RwLock, Semaphore, seeded } from "fibril";
import { type DeedPlan, type Permits, PermitsRun, type Plan, type WorkerPlan } from "./support/permits.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);
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

const worker: fc.Arbitrary<WorkerPlan> = fc.record({
  manner: fc.constantFrom("with", "acquire", "try", "coroutine"),
  lot: fc.nat(5),
  hold: fc.nat(3),
  times: fc.integer({ min: 1, max: 4 }),
});

const deed: fc.Arbitrary<DeedPlan> = fc.record({
  after: fc.nat(3),
  deed: fc.constantFrom("cancel", "kill", "raise", "resize"),
  who: fc.nat(9),
  lot: fc.nat(9),
});

const plan: fc.Arbitrary<Plan> = fc.record({
  workers: fc.array(worker, { minLength: 1, maxLength: 7 }),
  deeds: fc.array(deed, { maxLength: 8 }),
});

for (const [name, create] of [
  ["Mutex", ofMutex],
  ["Semaphore, weighted and resized", ofSemaphore],
  ["RwLock", ofRwLock],
] as const) {
  test(`${RUNS} random programs with a ${name}`, (t) => {
    const counts: Record<string, number> = {};
    fc.assert(
      fc.property(plan, fc.nat(), (program, seed) => {
        const run = new PermitsRun(create());
        run.run(program, seeded(seed));
        for (const [what, count] of Object.entries(run.counts)) {
          counts[what] = (counts[what] ?? 0) + count;
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(counts)}`);
  });
}
