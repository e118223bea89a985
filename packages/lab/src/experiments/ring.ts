/** The report's first program: each fiber transfers to the next. The clock includes first entries. */
import { section } from "../measuring/section.js";
import {
  checkedRing,
  collect,
  has,
  settleAside,
  sliceOf,
  timed,
  warmUpRing,
} from "../measuring/timing.js";
import { millions, rateMetric, reportLine } from "../figures.js";
import { type ExperimentEntry, HERE, SIDE_BY_SIDE } from "./experiment.js";

export const ring: ExperimentEntry = {
  name: "ring",
  about: "a ring of transfers: the report's first program",
  title: "ring of transfers, million a second, first entries included",
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
    { fibers: [100, 1_000_000], orders: ["shuffled"], runtimes: HERE },
  ],
  async measure(runtime, cell) {
    await warmUpRing(runtime, cell);
    const run = checkedRing(await has(runtime.ring)(cell.fibers, cell.order));
    collect();
    await settleAside(cell, async (size) => checkedRing(await has(runtime.ring)(size, cell.order)));
    return section(() => timed(cell.count, sliceOf(cell), run, cell.limit));
  },
  metrics: [rateMetric],
  columns: [millions],
  line: reportLine,
};
