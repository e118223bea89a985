/**
 * The first program of the bug report: each fiber transfers to the next. The clock includes first
 * entries.
 */
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
import { bugReportLine } from "../figures/bug-report-lines.js";
import { millions, rateMetric } from "../figures/column.js";
import { FAST, FROM_FIRST_ENTRY, FROM_FIRST_ENTRY_THINNED } from "./defaults.js";
import type { ExperimentEntry } from "./experiment.js";

export const ring: ExperimentEntry = {
  name: "ring",
  about: "a ring of transfers: the bug report's first program",
  title: "ring of transfers, million a second, first entries included",
  sizes: "fibers",
  defaults: FROM_FIRST_ENTRY,
  thinned: [
    ...FROM_FIRST_ENTRY_THINNED,
    { fibers: [100, 1_000_000], orders: ["shuffled"], runtimes: FAST },
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
  line: bugReportLine,
};
