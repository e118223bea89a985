/**
 * Random concurrent histories of the locks are linearizable: support/linearizable.ts finds an order of the calls in
 * which a mere number of permits (support/sequential.ts) gives the same results. A semaphore is resized meanwhile.
 *
 * FIBRIL_LOCK_RUNS  how many; FIBRIL_SEED  which
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Routine, type Scope, seeded, supervised, yieldNow } from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { isLinearizable } from "./support/linearizable.ts";
import { play } from "./support/manual-host.ts";
import { permitKinds } from "./support/permit-kinds.ts";
import { SEED } from "./support/seed.ts";
import { type PermitCall, SequentialPermits } from "./support/sequential.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);

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
  cuts: fc.array(
    fc.record({
      after: fc.nat(3),
      who: fc.nat(9),
      deed: fc.constantFrom("cancel", "cancel", "kill", "kill", "resize"),
    }),
    { maxLength: 4 },
  ),
});

for (const [name, create] of permitKinds) {
  test(`${RUNS} random histories of a ${name.replace(/,.*/, "")}`, (t) => {
    let calls = 0;
    fc.assert(
      fc.property(plan, fc.nat(), ({ cuts, workers }, seed) => {
        const lock = create();
        const history: PermitCall[] = [];
        let clock = 0;
        const happened = (
          what: PermitCall["what"],
          weight: number,
          begun: number,
          got = true,
        ): void => {
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
                if (!got) happened("back", weight, begun);
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
              for (const { after, deed, who } of cuts) {
                for (let left = after; left > 0; left--) yield* yieldNow();
                if (deed === "resize") {
                  // Never to fewer than a worker may ask for: that is an error, and lock-model.test.ts has it.
                  if (lock.resize === undefined) continue;
                  const begun = clock++;
                  const limit = lock.limit + (who % 3);
                  lock.resize(limit);
                  happened("resize", limit, begun);
                  continue;
                }
                const fiber = fibers[who % fibers.length] as AnyFiber;
                // A try that has got something gives way before it is in its `try`.
                if (!fiber.alive || workers[who % fibers.length]?.tries === true) continue;
                if (deed === "kill") fiber.kill();
                else void fiber.cancel();
              }
            });
          },
          { policy: seeded(seed) },
        );
        calls += history.length;
        assert.equal(lock.held(), 0);
        assert.ok(
          isLinearizable(history, new SequentialPermits(lock.limit)),
          JSON.stringify(history),
        );
      }),
      { seed: SEED, numRuns: RUNS, includeErrorInReport: true },
    );
    t.diagnostic(`seed ${SEED}: ${calls} calls`);
  });
}
