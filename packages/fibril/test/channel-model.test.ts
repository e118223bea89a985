/**
 * Channels, their halves and select against arrays: in random schedules, and by every policy, fibers send,
 * receive and choose, are cancelled, killed and raised in, wherever they stand, and channels and halves are
 * closed. support/channel-model.ts says what holds, after every action. fast-check shrinks a run that fails, and
 * prints its seed and the shortest list of choices.
 *
 * FIBRIL_CHANNEL_RUNS  how many; FIBRIL_SEED  which
 */
import { ChannelWorld } from "./support/channel-world.ts";
import { randomSchedules } from "./support/random-schedules.ts";

const RUNS = Number(process.env["FIBRIL_CHANNEL_RUNS"] ?? 1_000);

// A long run draws about 500 times.
randomSchedules("channels", { runs: RUNS, draws: 600, actions: 60 }, (draws, policy, actions) => {
  const world = new ChannelWorld(draws);
  world.run(policy, actions);
  return world.fates;
});
