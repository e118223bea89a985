/**
 * The process that measures one cell: warm up, create, run, check, say the sample on stdout.
 *
 * What is timed is what the report times. In `ring` and `resume` the clock starts when the fibers
 * have been created, so each one's first entry is in it; in `scale` they have been entered before.
 */
import type { Cell, Order, Sample, Stopped } from "./cell.js";
import { fibrilFrames } from "./runtimes/fibril-frames.js";
import { fibril } from "./runtimes/fibril.js";
import { generator } from "./runtimes/generator.js";
import type { Counters, Ring, Runtime } from "./runtimes/runtime.js";

const RUNTIMES: Readonly<Record<string, Runtime>> = {
  fibril,
  "fibril-frames": fibrilFrames,
  generator,
};

/**
 * Warm-up goes as the measurement does, slice by slice with fibers made for it, until V8 has
 * optimised everything on the way: also what runs once a fiber, and what runs once a slice.
 */
const WARM_SLICES = 12;
const WARM_FIBERS = 5_000;
/** A slice has to be long against the clock and against a scavenge. */
const SLICE = 200_000;

const seconds = (): number => performance.now() / 1000;
const faults = (): number => process.resourceUsage().minorPageFault;
const rss = (): number => process.memoryUsage.rss();

function collect(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
}

/** Times slices of operations until `count` are done. `run` does some and answers how many. */
function timed(count: number, slice: number, run: (operations: number) => number): Sample {
  let done = 0;
  let elapsed = 0;
  let best = 0;
  while (done < count) {
    const start = seconds();
    const operations = run(Math.min(slice, count - done));
    const took = seconds() - start;
    done += operations;
    elapsed += took;
    best = Math.max(best, operations / took);
  }
  return { count: done, seconds: elapsed, best, rssKiB: Math.round(rss() / 1024) };
}

/** Counters that check what the fibers answer: on its n-th lap everyone answers n. */
function checked(counters: Counters, fibers: number): (laps: number) => number {
  let before = 0;
  return (laps) => {
    const sum = counters.laps(laps);
    const expected = fibers * (laps * before + (laps * (laps + 1)) / 2);
    if (sum !== expected) throw new Error(`the fibers answered ${sum} in all, not ${expected}`);
    before += laps;
    return laps * fibers;
  };
}

function checkedRing(ring: Ring): (count: number) => number {
  return (count) => {
    const counted = ring.run(count);
    if (counted !== count) throw new Error(`the members counted ${counted} passes, not ${count}`);
    return counted;
  };
}

function warmUp(start: () => (operations: number) => unknown): void {
  for (let slice = 0; slice < WARM_SLICES; slice++) start()(SLICE);
}

function warmUpCounters(runtime: Runtime, order: Order): void {
  warmUp(() => {
    const lap = checked(runtime.counters(WARM_FIBERS, order), WARM_FIBERS);
    return (operations) => lap(operations / WARM_FIBERS);
  });
}

function measureRing(runtime: Runtime, { fibers, order, count }: Cell): Sample {
  warmUp(() => checkedRing(runtime.ring(WARM_FIBERS, order)));
  const run = checkedRing(runtime.ring(fibers, order));
  collect();
  return timed(count, Math.max(fibers, SLICE), run);
}

function measureCounters(runtime: Runtime, { experiment, fibers, order, count }: Cell): Sample {
  warmUpCounters(runtime, order);
  const lap = checked(runtime.counters(fibers, order), fibers);
  if (experiment === "scale") lap(1);
  collect();
  const laps = Math.ceil(count / fibers);
  return timed(laps * fibers, Math.max(fibers, SLICE), (operations) =>
    lap(Math.max(1, Math.floor(operations / fibers))),
  );
}

function measureCreation(runtime: Runtime, { fibers, order }: Cell): Sample {
  warmUpCounters(runtime, order);
  collect();
  const before = { rss: rss(), faults: faults() };
  const start = seconds();
  const counters = runtime.counters(fibers, order);
  checked(counters, fibers)(1);
  const took = seconds() - start;
  const faulted = faults() - before.faults;
  collect();
  return {
    count: fibers,
    seconds: took,
    best: fibers / took,
    rssKiB: Math.round(rss() / 1024),
    bytesPerFiber: (rss() - before.rss) / fibers,
    faultsPerFiber: faulted / fibers,
  };
}

function measureDepth(runtime: Runtime, { fibers: depth, count }: Cell): Sample | Stopped {
  try {
    warmUp(() => checked(runtime.deep(3), 1));
    const step = checked(runtime.deep(depth), 1);
    step(1);
    // What is linear in the depth would otherwise take hours at a million.
    const start = seconds();
    step(100);
    const enough = Math.max(100, Math.min(count, Math.floor((100 / (seconds() - start)) * 2)));
    return timed(enough, Math.min(SLICE, enough), step);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { stoppedAt: depth, error: `${error.name}: ${error.message}` };
  }
}

function measure(cell: Cell): Sample | Stopped {
  const runtime = RUNTIMES[cell.runtime];
  if (runtime === undefined) throw new Error(`no such runtime in this process: ${cell.runtime}`);
  switch (cell.experiment) {
    case "ring":
      return measureRing(runtime, cell);
    case "create":
      return measureCreation(runtime, cell);
    case "depth":
      return measureDepth(runtime, cell);
    default:
      return measureCounters(runtime, cell);
  }
}

process.stdout.write(JSON.stringify(measure(JSON.parse(process.argv[2] as string) as Cell)));
