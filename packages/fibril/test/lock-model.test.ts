/**
 * The locks against a naive model (support/permits.ts): random programs, shrunk by fast-check, in seeded
 * orders. A permit that is lost, a waiter that is passed, starved or left behind, two holders: each fails.
 *
 * FIBRIL_LOCK_RUNS  how many; FIBRIL_SEED  which
 */
import { test } from "node:test";
import * as fc from "fast-check";
import { seeded } from "fibril";
import { permitKinds } from "./support/permit-kinds.ts";
import { type DeedPlan, PermitsRun, type Plan, type WorkerPlan } from "./support/permits.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_LOCK_RUNS"] ?? 200);
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

for (const [name, create] of permitKinds) {
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
