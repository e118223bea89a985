/**
 * Random concurrent histories of the locks are linearizable: there is an order of the calls, each between its
 * beginning and its end, in which a lock without a line, a mere number of free permits, answers the same.
 * The search is Wing and Gong's. A call that was cut takes nothing, but has stood in the line meanwhile.
 *
 * FIBRIL_LOCK_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Routine, type Scope, seeded, supervised, yieldNow } from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { play } from "./support/manual-host.ts";
import { permitKinds } from "./support/permit-kinds.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);

/** A call that has happened. */
interface Call {
  readonly what: "acquire" | "try" | "release" | "cut";
  readonly weight: number;
  readonly begun: number;
  readonly ended: number;
  /** Of a `try`: whether it got them. */
  readonly got: boolean;
}

/** Whether some order explains the history. At most 30 calls. */
function isLinearizable(history: readonly Call[], limit: number): boolean {
  const all = (1 << history.length) - 1;
  const dead = new Set<string>();
  const search = (done: number, held: number): boolean => {
    if (done === all) return true;
    const key = `${done} ${held}`;
    if (dead.has(key)) return false;
    const left = history
      .map((call, index) => ({ call, bit: 1 << index }))
      .filter(({ bit }) => (done & bit) === 0);
    const earliest = Math.min(...left.map(({ call }) => call.ended));
    for (const { bit, call } of left) {
      // It has begun after another has ended, and so comes after that.
      if (call.begun > earliest) continue;
      const fits = held + call.weight <= limit;
      if (call.what === "cut") {
        if (search(done | bit, held)) return true;
      } else if (call.what === "release") {
        if (search(done | bit, held - call.weight)) return true;
      } else if (call.what === "acquire" || call.got) {
        if (fits && search(done | bit, held + call.weight)) return true;
      } else {
        // It does not pass those that wait: so it may miss what is free, if somebody does.
        const other = left.some(({ call: { begun, what } }) => {
          return (what === "acquire" || what === "cut") && begun < call.ended;
        });
        if ((!fits || other) && search(done | bit, held)) return true;
      }
    }
    dead.add(key);
    return false;
  };
  return search(0, 0);
}

test("the search itself: two holders are found, and a try that misses what is free", () => {
  const call = (what: Call["what"], begun: number, ended: number, got = true): Call => ({
    what,
    weight: 1,
    begun,
    ended,
    got,
  });
  assert.equal(isLinearizable([call("acquire", 0, 1), call("acquire", 2, 3)], 1), false);
  assert.equal(
    isLinearizable([call("acquire", 0, 1), call("release", 2, 5), call("acquire", 3, 4)], 1),
    true,
  );
  assert.equal(isLinearizable([call("try", 0, 1, false)], 1), false);
  assert.equal(
    isLinearizable([call("acquire", 0, 1), call("release", 2, 3), call("try", 4, 5, false)], 1),
    false,
  );
});

const plan = fc.record({
  workers: fc.array(
    fc.record({
      tries: fc.boolean(),
      lot: fc.nat(5),
      hold: fc.nat(2),
      times: fc.integer({ min: 1, max: 2 }),
    }),
    { minLength: 2, maxLength: 6 },
  ),
  cuts: fc.array(fc.record({ after: fc.nat(3), who: fc.nat(9), kill: fc.boolean() }), {
    maxLength: 4,
  }),
});

for (const [name, create] of permitKinds) {
  test(`${RUNS} random histories of a ${name.replace(/,.*/, "")}`, (t) => {
    let calls = 0;
    fc.assert(
      fc.property(plan, fc.nat(), ({ cuts, workers }, seed) => {
        const lock = create();
        const history: Call[] = [];
        let clock = 0;
        const happened = (what: Call["what"], weight: number, begun: number, got = true): void => {
          history.push({ what, weight, begun, ended: clock++, got });
        };
        function* works({ hold, lot, times, tries }: (typeof workers)[number]): Routine<void> {
          for (let time = 0; time < times; time++) {
            const weight = lock.weight(lot + time);
            const begun = clock++;
            if (tries) {
              const got = lock.tryAcquire(weight);
              happened("try", weight, begun, got);
              yield* yieldNow();
              if (!got) continue;
            } else {
              let got = false;
              try {
                yield* lock.acquire(weight);
                got = true;
              } finally {
                happened(got ? "acquire" : "cut", weight, begun);
              }
            }
            try {
              for (let left = hold; left > 0; left--) yield* yieldNow();
            } finally {
              const released = clock++;
              lock.release(weight);
              happened("release", weight, released);
            }
          }
        }
        play(
          function* () {
            yield* supervised(function* (all: Scope) {
              const fibers = workers.map((each) => all.spawn(() => works(each)) as AnyFiber);
              for (const { after, kill, who } of cuts) {
                for (let left = after; left > 0; left--) yield* yieldNow();
                const fiber = fibers[who % fibers.length] as AnyFiber;
                // A try that has got something gives way before it is in its `try`.
                if (!fiber.alive || workers[who % fibers.length]?.tries === true) continue;
                if (kill) fiber.kill();
                else void fiber.cancel();
              }
            });
          },
          { policy: seeded(seed) },
        );
        calls += history.length;
        assert.equal(lock.held(), 0);
        assert.ok(isLinearizable(history, lock.limit), JSON.stringify(history));
      }),
      { seed: SEED, numRuns: RUNS, includeErrorInReport: true },
    );
    t.diagnostic(`seed ${SEED}: ${calls} calls`);
  });
}
