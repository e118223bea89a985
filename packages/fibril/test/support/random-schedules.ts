import { test } from "node:test";
import * as fc from "fast-check";
import { fifo, locality, type Policy, seeded } from "fibril";
import { Choices, type Draws } from "./choices.ts";
import { SEED } from "./seed.ts";

interface Sizes {
  readonly runs: number;
  /** How often a run may draw before it takes the first of each choice. */
  readonly draws: number;
  readonly actions: number;
}

/**
 * Tests a model in random schedules, by every policy. `play` runs one, and results in how often each fate came about.
 * fast-check shrinks a run that fails.
 */
export function randomSchedules(
  what: string,
  { actions, draws, runs }: Sizes,
  play: (draws: Draws, policy: Policy, actions: number) => Readonly<Record<string, number>>,
): void {
  const choices = fc.array(fc.nat(0xffff), { maxLength: draws, size: "max" });
  for (const [name, policy] of [
    ["locality", locality],
    ["fifo", fifo],
    ["seeded", seeded(SEED)],
  ] as const) {
    test(`${runs} random schedules of ${what}, by ${name}`, (t) => {
      const fates: Record<string, number> = {};
      fc.assert(
        fc.property(choices, fc.integer({ min: 1, max: actions }), (list, count) => {
          for (const [fate, times] of Object.entries(play(new Choices(list), policy, count))) {
            fates[fate] = (fates[fate] ?? 0) + times;
          }
        }),
        { seed: SEED, numRuns: runs, includeErrorInReport: true },
      );
      t.diagnostic(`seed ${SEED}: ${JSON.stringify(fates)}`);
    });
  }
}
