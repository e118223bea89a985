/** The second program of the bug report: resume and yield in turn. The clock includes first entries. */
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
import { bugReportLine } from "../figures/bug-report-lines.js";
import { millions, rateMetric } from "../figures/column.js";
import { FAST, FROM_FIRST_ENTRY, FROM_FIRST_ENTRY_THINNED } from "./defaults.js";
import type { ExperimentEntry } from "./experiment.js";

export const resume: ExperimentEntry = {
  name: "resume",
  about: "resume and yield in turn: the bug report's second program",
  title: "resume and yield, million a second, first entries included",
  sizes: "fibers",
  defaults: FROM_FIRST_ENTRY,
  thinned: [
    ...FROM_FIRST_ENTRY_THINNED,
    { fibers: [100, 100_000], orders: ["shuffled"], runtimes: FAST },
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
  line: bugReportLine,
};
