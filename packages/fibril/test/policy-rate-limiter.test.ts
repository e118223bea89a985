import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { now, RateLimiter, type Routine, run, scope, seeded, sleep, spawn, yieldNow } from "fibril";
import { VirtualHost } from "fibril/testing";
import { SEED } from "./support/seed.ts";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

/** When each of so many gets its permit. */
function* times(limiter: RateLimiter, count: number): Routine<number[], never> {
  const at: number[] = [];
  for (let n = 0; n < count; n++) {
    yield* limiter.acquire();
    at.push(now());
  }
  return at;
}

test("a bucket: a burst, then evenly; what nobody wants is saved up to the burst", async () => {
  await virtual(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 10, burst: 3 });
    assert.deepEqual(yield* times(limiter, 6), [0, 0, 0, 10, 20, 30]);
    yield* sleep(1_000);
    assert.deepEqual(yield* times(limiter, 5), [1_030, 1_030, 1_030, 1_040, 1_050]);
  });
});

test("a window: never more than its limit in any stretch", async () => {
  await virtual(function* () {
    const limiter = new RateLimiter({ limit: 3, per: 100, algorithm: "window" });
    assert.deepEqual(yield* times(limiter, 2), [0, 0]);
    yield* sleep(60);
    assert.deepEqual(yield* times(limiter, 6), [60, 100, 100, 160, 200, 200]);
  });
});

test("who waits is served in the order of coming, however many it wants", async () => {
  await virtual(function* () {
    const limiter = new RateLimiter({ limit: 4, per: 40 });
    const log: string[] = [];
    yield* scope(function* () {
      for (const [name, permits] of [
        ["a", 4],
        ["b", 4],
        ["c", 1],
        ["d", 2],
      ] as const) {
        spawn(function* () {
          yield* limiter.acquire(permits);
          log.push(`${name} at ${now()}`);
        });
      }
      yield* yieldNow();
      assert.equal(limiter.tryAcquire(), false, "nobody jumps the line");
      assert.deepEqual(limiter.stats(), { available: 0, waiting: 3, granted: 4 });
    });
    assert.deepEqual(log, ["a at 0", "b at 40", "c at 50", "d at 70"]);
  });
});

test("who gives up takes none, and passes its turn on", async () => {
  for (const how of ["cancel", "kill", "raise"] as const) {
    for (const victim of [0, 1, 2]) {
      await virtual(function* () {
        const limiter = new RateLimiter({ limit: 1, per: 10 });
        yield* limiter.acquire();
        const log: string[] = [];
        const fibers = [0, 1, 2].map((n) =>
          spawn(function* () {
            try {
              yield* limiter.acquire();
              log.push(`${n} at ${now()}`);
            } catch {}
          }),
        );
        yield* sleep(5);
        if (how === "kill") fibers[victim]?.kill();
        else if (how === "raise") fibers[victim]?.raise(new Error("out"));
        else void fibers[victim]?.cancel();
        yield* sleep(100);
        const left = [0, 1, 2].filter((n) => n !== victim);
        assert.deepEqual(log, [`${left[0]} at 10`, `${left[1]} at 20`], `${how} ${victim}`);
        assert.equal(limiter.stats().waiting, 0);
        assert.ok(limiter.tryAcquire());
      });
    }
  }
});

test("killed between its turn and its next step, it passes the turn on all the same", async () => {
  await virtual(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 10 });
    yield* limiter.acquire();
    const first = spawn(() => limiter.acquire());
    const second = spawn(() => limiter.acquire());
    const third = spawn(() => limiter.acquire());
    yield* sleep(5);
    first.kill();
    // The first passes its turn on in its next step; the second is ended between that and its own.
    while (first.alive) yield* yieldNow();
    second.kill();
    yield* third;
    assert.equal(now(), 10);
    assert.equal(limiter.stats().waiting, 0);
  });
});

test("with: runs the work when there is a permit, and gives its result", async () => {
  await virtual(function* () {
    const limiter = new RateLimiter({ limit: 1, per: 10 });
    const work = function* (): Routine<number, never> {
      yield* sleep(1);
      return now();
    };
    assert.equal(yield* limiter.with(work), 1);
    assert.equal(yield* limiter.with(work), 11);
  });
});

test("what it is given is checked at once", async () => {
  await virtual(function* () {
    assert.throws(() => new RateLimiter({} as never), /its rate/);
    assert.throws(() => new RateLimiter({ limit: 0, per: 1 }), RangeError);
    assert.throws(() => new RateLimiter({ limit: 1, per: 0 }), RangeError);
    assert.throws(
      () => new RateLimiter({ limit: 1, per: 1, algorithm: "window", burst: 2 }),
      /no burst/,
    );
    const limiter = new RateLimiter({ limit: 2, per: 10 });
    assert.throws(() => limiter.acquire(3), /at most 2 at once/);
    assert.throws(() => limiter.tryAcquire(0), RangeError);
  });
});

interface Rate {
  readonly algorithm: "bucket" | "window";
  readonly burst: number;
  readonly limit: number;
  readonly per: number;
}

/** What a limiter grants, by a simulation in whole milliseconds: when each of its customers is served. */
function model(
  { algorithm, burst, limit, per }: Rate,
  customers: readonly { readonly at: number; readonly permits: number }[],
): number[] {
  const grants: { at: number; permits: number }[] = [];
  let level = burst;
  let last = 0;
  let time = 0;
  return customers.map(({ at, permits }) => {
    for (time = Math.max(time, at); ; time++) {
      if (algorithm === "bucket") {
        level = Math.min(burst, level + ((time - last) * limit) / per);
        last = time;
        if (level < permits - 1e-6) continue;
        level -= permits;
      } else {
        const used = grants.filter((grant) => grant.at + per > time);
        const sum = used.reduce((total, grant) => total + grant.permits, 0);
        if (sum + permits > limit) continue;
        grants.push({ at: time, permits });
      }
      return time;
    }
  });
}

test(`model: whoever comes whenever is served when a naive limiter says so, seed ${SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        algorithm: fc.constantFrom("bucket" as const, "window" as const),
        limit: fc.integer({ min: 1, max: 5 }),
        per: fc.integer({ min: 1, max: 50 }),
        burst: fc.integer({ min: 1, max: 6 }),
      }),
      fc.array(fc.record({ wait: fc.nat(30), permits: fc.integer({ min: 1, max: 6 }) }), {
        maxLength: 12,
      }),
      fc.nat(),
      async ({ algorithm, burst, limit, per }, arrivals, seed) => {
        const most = algorithm === "bucket" ? burst : limit;
        let at = 0;
        const customers = arrivals.map(({ permits, wait }) => ({
          // Never two at once: their order would be the policy's.
          at: (at += wait + 1),
          permits: Math.min(permits, most),
        }));
        const served: number[] = [];
        await run({ host: new VirtualHost(), policy: seeded(seed) }, function* () {
          const options = { algorithm, limit, per };
          const limiter = new RateLimiter(algorithm === "bucket" ? { ...options, burst } : options);
          limiter.stats(); // a bucket fills from its first use on
          yield* scope(function* () {
            for (const [index, customer] of customers.entries()) {
              spawn(function* () {
                yield* sleep(customer.at);
                yield* limiter.acquire(customer.permits);
                served[index] = now();
              });
            }
          });
        });
        assert.deepEqual(served, model({ algorithm, burst, limit, per }, customers));
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});
