/**
 * What the lab itself adds: the same slices once with the fibers in them and once with nothing, so
 * that only the clock, the slicing and the checking are left. Two figures that a reader may expect
 * are not in it: the loop over the fibers is the report's own program, and the processes' start and
 * warm-up are outside the timed section.
 */
import type { Counters } from "../runtimes/runtime.js";
import { digits, rateMetric } from "../figures.js";
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
import { middle, type Summary } from "../summary.js";
import { type ExperimentEntry } from "./experiment.js";

/** The empty slices are so short that one interruption would be all that is seen. */
const AGAIN = 25;

export const empty: ExperimentEntry = {
  name: "empty",
  about: "what the lab itself adds to what it measures",
  title: "the lab's own part of the measured time",
  sizes: "fibers",
  steady: true,
  defaults: {
    runtimes: ["fibril", "fibril-frames", "generator"],
    orders: ["sequential"],
    fibers: [1, 64, 1_024, 30_000, 2 ** 20],
    quickFibers: [64, 16_384],
    count: 2_000_000,
    quickCount: 500_000,
  },
  thinned: [{ fibers: [64], count: 1_000_000 }],
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
    { head: "ns each", show: ({ rate }) => digits(1e9 / rate) },
    { head: "of it the lab's", show: (found) => lab(found)?.toFixed(4) ?? "" },
    { head: "per cent", show: (found) => percent(found) },
  ],
};

/** Knows the right answer without any fiber. */
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

function lab(found: Summary): number | undefined {
  return middle(found, ({ overheadSeconds, count }) =>
    overheadSeconds === undefined ? undefined : (overheadSeconds / count) * 1e9,
  );
}

/** Against the best slice: neighbours who slow the fibers down do not make the lab look better. */
function percent(found: Summary): string {
  const value = middle(found, ({ overheadSeconds, count, best }) =>
    overheadSeconds === undefined ? undefined : (overheadSeconds / count) * best,
  );
  return value === undefined ? "" : (value * 100).toFixed(4);
}
