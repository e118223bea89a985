/**
 * What the bug report calls not constant: the garbage collector must visit every live fiber. The fibers of
 * the cell stay alive, suspended, while others are created, entered and dropped.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Sample, Spread } from "../cell.js";
import { type Column, inWhole, microseconds, rateMetric } from "../figures/column.js";
import { section } from "../measuring/section.js";
import { checked, collect, has, rss, seconds, warmUpCounters } from "../measuring/timing.js";
import type { Runtime } from "../measuring/runtime.js";
import type { ExperimentEntry } from "./experiment.js";

/** Fibers that are created and dropped together, one batch per turn of the event loop. */
const BATCH = 200;
/** Batches that are alive at any time, so that not all of them die in their first collection. */
const ALIVE = 20;
/** Milliseconds between two ticks of the clock that measures the delay. */
const RESOLUTION = 1;

export const gc: ExperimentEntry = {
  name: "gc",
  about: "pauses of the garbage collector with 10^3 to 10^6 suspended fibers",
  title: "garbage collection with that many suspended fibers, while others come and go",
  sizes: "live fibers",
  defaults: {
    runtimes: ["fibril", "fibril-frames", "fibril-compiled", "generator", "ruby", "go"],
    orders: ["sequential", "shuffled"],
    fibers: [1_000, 10_000, 100_000, 1_000_000],
    shuffledFibers: [100_000],
    quickFibers: [1_000, 100_000],
    count: 100_000_000,
    quickCount: 100_000_000,
    limit: { usual: 2, quick: 0.5 },
  },
  usual: [
    {
      fibers: [1_000, 10_000, 100_000, 1_000_000],
      orders: ["sequential"],
      runtimes: ["fibril", "fibril-frames", "fibril-compiled", "generator"],
    },
    { fibers: [1_000, 10_000, 100_000], orders: ["sequential"], runtimes: ["ruby", "go"] },
    { fibers: [100_000], orders: ["shuffled"], runtimes: ["fibril", "generator"] },
  ],
  thinned: [
    { fibers: [1_000, 1_000_000], orders: ["sequential"], runtimes: ["fibril"] },
    { fibers: [1_000], orders: ["sequential"], runtimes: ["ruby"] },
  ],
  async measure(runtime, cell) {
    const { fibers, order, count, limit = Number.POSITIVE_INFINITY } = cell;
    await warmUpCounters(runtime, cell);
    const live = checked(await has(runtime.counters)(fibers, order), fibers);
    await live(1);
    collect();
    const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
    const sample = await section(() => churn(runtime, count, limit, delay));
    // All of them are still alive and answer.
    await live(1);
    return sample;
  },
  metrics: [rateMetric],
  columns: [
    microseconds,
    {
      head: "in GC",
      of: ({ gcSeconds, seconds: took }) => gcSeconds && gcSeconds / took,
      show: (share) => `${(share * 100).toFixed(1)} %`,
    },
    { head: "GCs", of: ({ gcCount }) => gcCount, show: inWhole },
    ...pauseColumns("pause", ({ pauses }) => pauses),
    ...pauseColumns("loop late by", ({ loopDelay }) => loopDelay),
  ],
};

async function churn(
  runtime: Runtime,
  count: number,
  limit: number,
  delay: ReturnType<typeof monitorEventLoopDelay>,
): Promise<Sample> {
  const make = has(runtime.counters);
  const alive: unknown[] = Array.from({ length: ALIVE });
  const start = seconds();
  let done = 0;
  delay.enable();
  for (let turn = 0; done < count && seconds() - start < limit; turn++) {
    const batch = await make(BATCH, "sequential");
    done += await checked(batch, BATCH)(1);
    alive[turn % ALIVE] = batch;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const took = seconds() - start;
  delay.disable();
  return {
    count: done,
    seconds: took,
    best: done / took,
    rssKiB: Math.round(rss() / 1024),
    loopDelay: {
      p50: lateness(delay.percentile(50)),
      p99: lateness(delay.percentile(99)),
      max: lateness(delay.max),
    },
  };
}

/**
 * Nanoseconds between two ticks to seconds of delay: without any delay, the clock ticks every
 * `RESOLUTION`.
 */
const lateness = (between: number): number => Math.max(0, between / 1e9 - RESOLUTION / 1000);

function pauseColumns(name: string, of: (sample: Sample) => Spread | undefined): Column[] {
  return (["p50", "p99", "max"] as const).map((part) => ({
    head: `${name} ${part} ms`,
    of: (sample) => of(sample)?.[part],
    show: (pause) => (pause * 1000).toFixed(2),
  }));
}
