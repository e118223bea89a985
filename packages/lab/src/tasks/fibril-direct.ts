/** Task programs on Fibril in direct style, for the workloads in which tasks switch. */
import { run } from "fibril/direct";
import { measure } from "./bench.js";
import { lines, rendezvous, rings, streams } from "./fibril-direct/channels.js";
import { yields } from "./fibril-direct/storms.js";
import { skynet, spawned, spawnedAtOnce } from "./fibril-direct/trees.js";
import { joins, parks, sleeps, suspends, untils } from "./fibril-direct/waits.js";

const running = (program: () => void) => (): PromiseLike<void> => run(program);

await measure({
  spawn: running(spawned),
  "spawn-at-once": running(spawnedAtOnce),
  skynet: running(skynet),
  sleep: running(sleeps),
  yield: running(yields),
  suspend: running(suspends),
  park: running(parks),
  until: running(untils),
  join: running(joins),
  rendezvous: running(rendezvous),
  stream: running(streams),
  "channel-ring": running(rings),
  line: running(lines),
});
