/** Groups of workers that crash and are started again; one group is stopped meanwhile: Fibril. */
import {
  type Routine,
  main,
  shield,
  sleep,
  supervise,
  type SupervisedChild,
  supervisor,
} from "fibril";
import * as spec from "./spec.ts";

const { stats, alive } = spec;

function* worker(id: string): Routine {
  stats.starts++;
  alive.add(id);
  try {
    for (let unit = 0; unit < spec.units(id); unit++) {
      yield* sleep(spec.pause(id, unit));
      spec.work(id, unit);
    }
    spec.finished.add(id);
  } finally {
    yield* shield(() => sleep(2)); // clean-up that waits
    alive.delete(id);
    stats.cleanUps++;
  }
}

function* group(g: number): Routine {
  const workers = spec.workersOf(g).map((id): SupervisedChild => [id, worker, id]);
  const onRestart = () => void stats.crashes++;
  yield* supervise(workers, { intensity: spec.WORKER_RESTARTS, onRestart });
}

const onRestart = () => void stats.groupRestarts++;

await main(function* system() {
  yield* supervisor({ intensity: spec.GROUP_RESTARTS, onRestart }, function* (all) {
    for (const g of spec.groups) all.start(`group ${g}`, group, g);
    yield* sleep(50);
    yield* all.stop(`group ${spec.STOPPED}`);
  });
  spec.report();
});
