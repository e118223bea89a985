/** The report's second program: resume and yield in turn. The clock includes first entries. */
import { section } from "../measuring/section.js";
import {
  checked,
  collect,
  has,
  inLaps,
  settleAside,
  sliceOf,
  timed,
  warmUpCounters,
} from "../measuring/timing.js";
import { millions, rateMetric, reportLine } from "../figures.js";
import { type ExperimentEntry, HERE, SIDE_BY_SIDE } from "./experiment.js";

export const resume: ExperimentEntry = {
  name: "resume",
  about: "resume and yield in turn: the report's second program",
  title: "resume and yield, million a second, first entries included",
  sizes: "fibers",
  defaults: {
    runtimes: SIDE_BY_SIDE,
    orders: ["sequential", "shuffled"],
    fibers: [100, 1_000, 10_000, 100_000, 1_000_000],
    shuffledFibers: [100, 10_000, 1_000_000],
    quickFibers: [100, 10_000],
    count: 1_000_000,
    quickCount: 200_000,
  },
  thinned: [
    { fibers: [100, 10_000, 1_000_000], orders: ["sequential"], runtimes: HERE },
    { fibers: [100, 10_000, 100_000], orders: ["sequential"], runtimes: ["ruby"] },
    { fibers: [100, 100_000], orders: ["shuffled"], runtimes: HERE },
  ],
  async measure(runtime, cell) {
    const { fibers, order, count, limit } = cell;
    await warmUpCounters(runtime, cell);
    const lap = checked(await has(runtime.counters)(fibers, order), fibers);
    collect();
    await settleAside(cell, async (size) => {
      return inLaps(checked(await has(runtime.counters)(size, order), size), size);
    });
    const operations = Math.ceil(count / fibers) * fibers;
    return section(() => timed(operations, sliceOf(cell), inLaps(lap, fibers), limit));
  },
  metrics: [rateMetric],
  columns: [millions],
  line: reportLine,
};
