/**
 * A hundred workers in ten groups. A worker that crashes is started again; a group whose workers crash too
 * often is started again as a whole; and one group is stopped while everything runs.
 *
 *     node examples/build/supervision.js [milliseconds]
 */
import {
  daemon,
  type End,
  every,
  main,
  moveOnAfter,
  now,
  type Routine,
  shield,
  sleep,
  supervise,
  type SupervisedChild,
  supervisor,
} from "fibril";

const GROUPS = 10;
const WORKERS = 10;
const RUN = Number(process.argv[2] ?? 4_000);
const stats = { starts: 0, crashes: 0, cleaned: 0, groupRestarts: 0, workDone: 0 };
const beats = new Map<string, number>();
let badLives = 30; // worker 7.7 crashes at once, until its group has been started again for it

function* worker(id: string): Routine {
  stats.starts++;
  try {
    for (;;) {
      yield* sleep(5 + Math.random() * 20);
      if (id === "7.7" && badLives-- > 0) throw new Error(`worker ${id} is bad`);
      if (Math.random() < 0.004) throw new Error(`worker ${id} crashed`);
      beats.set(id, now());
      stats.workDone++;
    }
  } finally {
    beats.delete(id);
    yield* shield(() => sleep(2)); // clean-up that waits
    stats.cleaned++;
  }
}

function* group(g: number): Routine {
  const ids = Array.from({ length: WORKERS }, (_, w) => `${g}.${w}`);
  const children = ids.map((id): SupervisedChild => [`worker ${id}`, worker, id]);
  const onRestart = () => void stats.crashes++;
  yield* supervise(children, { intensity: { restarts: 10, within: 1_000 }, grace: 500, onRestart });
}

function* health(): Routine {
  yield* every(500, function* () {
    const stale = [...beats.values()].filter((at) => now() - at > 200).length;
    const { crashes, starts } = stats;
    console.log(`alive ${beats.size}, stale ${stale}, starts ${starts}, crashes ${crashes}`);
  });
}

function onRestart({ fiber, value }: End): void {
  stats.groupRestarts++;
  console.log(`restart of ${fiber.name}: ${(value as Error).message}`);
}

await main(function* system() {
  yield* moveOnAfter(RUN, function* () {
    daemon(health);
    yield* supervisor({ intensity: { restarts: 3, within: 5_000 }, onRestart }, function* (all) {
      for (let g = 0; g < GROUPS; g++) all.start(`group ${g}`, group, g);
      yield* sleep(RUN / 4);
      const start = now();
      yield* all.stop("group 3");
      const left = [...beats.keys()].filter((id) => id.startsWith("3.")).length;
      console.log(`stopped group 3 in ${Math.round(now() - start)} ms; left of it: ${left}`);
    });
  });
  console.log(stats, "left", beats.size);
});
