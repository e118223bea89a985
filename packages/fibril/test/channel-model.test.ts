/**
 * Channels, their halves and select against arrays: in random schedules, and by every policy, fibers send,
 * receive and choose, are cancelled, killed and raised in, wherever they stand, and channels and halves are
 * closed. support/channel-model.ts says what holds, after every action.
 *
 * FIBRIL_CHANNEL_RUNS  how many; FIBRIL_SEED  which
 */
import { test } from "node:test";
import { fifo, locality, seeded } from "fibril";
import { Random } from "./differential/random.ts";
import { ChannelWorld } from "./support/channel-world.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_CHANNEL_RUNS"] ?? 1_000);

for (const [name, policy] of [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
] as const) {
  test(`${RUNS} random schedules of channels, by ${name}`, (t) => {
    t.diagnostic(`seed ${SEED}`);
    const fates: Record<string, number> = {};
    for (let run = 0; run < RUNS; run++) {
      const seed = SEED + run;
      const world = new ChannelWorld(new Random(seed));
      try {
        world.run(policy, 60);
        for (const [fate, count] of Object.entries(world.fates)) {
          fates[fate] = (fates[fate] ?? 0) + count;
        }
      } catch (cause) {
        throw new Error(`FIBRIL_SEED=${seed} FIBRIL_CHANNEL_RUNS=1`, { cause });
      }
    }
    t.diagnostic(JSON.stringify(fates));
  });
}
