/** The task programs on Fibril in direct style. */
import { run } from "fibril/direct";
import { measure } from "./bench.js";
import { broadcasts, drains } from "./fibril-direct/audiences.js";
import {
  fans,
  lines,
  rendezvous,
  rings,
  selects,
  sieve,
  streams,
} from "./fibril-direct/channels.js";
import { handOvers, locks, maps, semaphores, triedLocks } from "./fibril-direct/locks.js";
import { wakes, wakesReplaced, yields, yieldsReplaced } from "./fibril-direct/storms.js";
import { deadlines, limits, sleeps, sleepsBare, timeouts } from "./fibril-direct/times.js";
import { failures, takesAtOnce } from "./fibril-direct/troubles.js";
import { skynet, spawned, spawnedAtOnce } from "./fibril-direct/trees.js";
import { joins, parks, suspends, untils } from "./fibril-direct/waits.js";

const running = (program: () => void) => (): PromiseLike<void> => run(program);

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
