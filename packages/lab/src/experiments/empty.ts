/**
 * What the lab itself adds: the same slices once with the fibers and once without, so that only the clock,
 * the slicing and the checking remain. Two things are not included. The loop over the fibers belongs to
 * the program of the bug report, and the start and warm-up of a process are outside the timed section.
 */
import type { Counters } from "../measuring/runtime.js";
import { nanoseconds, rateMetric } from "../figures/column.js";
import { section } from "../measuring/section.js";
import {
  checked,
  collect,
  has,
  inLaps,
  settle,
  sliceOf,
  timed,
  warmUpCounters,
} from "../measuring/timing.js";
import type { ExperimentEntry } from "./experiment.js";

/** Repeats of the empty slices, which are so short that a single interruption would dominate them. */
const AGAIN = 25;

export const empty: ExperimentEntry = {
  name: "empty",
  about: "what the lab itself adds to what it measures",
  title: "the lab's own part of the measured time",
  sizes: "fibers",
  steady: true,
  defaults: {
    runtimes: ["fibril", "fibril-frames", "fibril-compiled", "generator"],
    orders: ["sequential", "shuffled"],
    fibers: [1, 64, 1_024, 30_000, 2 ** 20],
    shuffledFibers: [64, 2 ** 20],
    quickFibers: [64, 16_384],
    count: 2_000_000,
    quickCount: 500_000,
  },
  thinned: [{ fibers: [64], orders: ["sequential"], count: 1_000_000 }],
  async measure(runtime, cell) {
    const { fibers, order, count } = cell;
    await warmUpCounters(runtime, cell);
    const lap = checked(await has(runtime.counters)(fibers, order), fibers);
    await lap(1);
    collect();
    const operations = Math.ceil(count / fibers) * fibers;
    const slice = sliceOf(cell);
    await settle(inLaps(lap, fibers), slice);
    const sample = await section(() => timed(operations, slice, inLaps(lap, fibers)));
    const nothing: number[] = [];
    for (let i = 0; i < AGAIN; i++) {
      const run = inLaps(checked(answering(fibers), fibers), fibers);
      nothing.push((await timed(operations, slice, run)).seconds);
    }
    return { ...sample, overheadSeconds: Math.min(...nothing) };
  },
  metrics: [rateMetric],
  columns: [
    nanoseconds,
    {
      head: "of it the lab's",
      of: ({ overheadSeconds, count }) => overheadSeconds && (overheadSeconds / count) * 1e9,
      show: (value) => value.toFixed(4),
    },
    // Against the best slice: a program that slows the fibers down must not make the lab look better.
    {
      head: "per cent",
      of: ({ overheadSeconds, count, best }) =>
        overheadSeconds && (overheadSeconds / count) * best * 100,
      show: (value) => value.toFixed(4),
    },
  ],
};

/** Computes the right answers without any fiber. */
function answering(fibers: number): Counters {
  let before = 0;
  return {
    laps(laps) {
      const sum = fibers * (laps * before + (laps * (laps + 1)) / 2);
      before += laps;
      return sum;
    },
  };
}
