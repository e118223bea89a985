/** The task programs on Fibril. */
import { fifo, type Routine, run, type RunOptions } from "fibril";
import { how, measure } from "./bench.js";
import { broadcasts, drains } from "./fibril/audiences.js";
import { fans, lines, rendezvous, rings, selects, sieve, streams } from "./fibril/channels.js";
import { handOvers, locks, maps, semaphores, triedLocks } from "./fibril/locks.js";
import { wakes, wakesReplaced, yields, yieldsReplaced } from "./fibril/storms.js";
import { deadlines, limits, sleeps, sleepsBare, timeouts } from "./fibril/times.js";
import { failures, takesAtOnce } from "./fibril/troubles.js";
import { skynet, spawned, spawnedAtOnce } from "./fibril/trees.js";
import { joins, parks, suspends, untils } from "./fibril/waits.js";

const options: RunOptions = {
  ...(how === "fifo" && { policy: fifo }),
  ...(how === "als" && { asyncContext: true }),
};

const running = (program: () => Routine<void>) => (): PromiseLike<void> => run(options, program);

await measure({
  spawn: running(spawned),
  "spawn-at-once": running(spawnedAtOnce),
  skynet: running(skynet),
  sleep: running(sleeps),
  "sleep-bare": running(sleepsBare),
  yield: running(yields),
  "yield-replaced": running(yieldsReplaced),
  wake: running(wakes),
  "wake-replaced": running(wakesReplaced),
  timeout: running(timeouts),
  deadlines: running(deadlines),
  limits: running(limits),
  suspend: running(suspends),
  park: running(parks),
  until: running(untils),
  join: running(joins),
  failures: running(failures),
  "at-once": running(takesAtOnce),
  rendezvous: running(rendezvous),
  stream: running(streams),
  "channel-ring": running(rings),
  sieve: running(sieve),
  line: running(lines),
  fan: running(fans),
  select: running(selects),
  broadcast: running(broadcasts),
  drain: running(drains),
  lock: running(locks),
  "try-lock": running(triedLocks),
  "hand-over": running(handOvers),
  semaphore: running(semaphores),
  map: running(maps),
});
