/**
 * Channels, their halves and select against arrays: in random schedules, and by every policy, fibers send,
 * receive and choose, are cancelled, killed and raised in, wherever they stand, and channels and halves are
 * closed. support/channel-model.ts says what holds, after every action. fast-check shrinks a run that fails, and
 * prints its seed and the shortest list of choices.
 *
 * FIBRIL_CHANNEL_RUNS  how many; FIBRIL_SEED  which
 */
import { test } from "node:test";
import * as fc from "fast-check";
import { fifo, locality, seeded } from "fibril";
import { ChannelWorld } from "./support/channel-world.ts";
import { Choices } from "./support/choices.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_CHANNEL_RUNS"] ?? 1_000);

/** How many actions a run has, and what is drawn in it: a long run draws about 500 times. */
const ACTIONS = 60;
const DRAWS = 600;
const choices: fc.Arbitrary<number[]> = fc.array(fc.nat(0xffff), {
  minLength: 0,
  maxLength: DRAWS,
  size: "max",
});
const actions: fc.Arbitrary<number> = fc.integer({ min: 1, max: ACTIONS });

for (const [name, policy] of [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
] as const) {
  test(`${RUNS} random schedules of channels, by ${name}`, (t) => {
    const fates: Record<string, number> = {};
    fc.assert(
      fc.property(choices, actions, (list, count) => {
        const world = new ChannelWorld(new Choices(list));
        world.run(policy, count);
        for (const [fate, times] of Object.entries(world.fates)) {
          fates[fate] = (fates[fate] ?? 0) + times;
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    t.diagnostic(`seed ${SEED}: ${JSON.stringify(fates)}`);
  });
}
