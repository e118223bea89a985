/** The table of the bug report: resume and yield among 2^0 to 2^20 fibers that were entered before. */
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
import { bugReportRow } from "../figures/bug-report-lines.js";
import { millions, rateMetric } from "../figures/column.js";
import { FAST, STARTED, TABLE, THINNED } from "./defaults.js";
import type { ExperimentEntry } from "./experiment.js";

export const scale: ExperimentEntry = {
  name: "scale",
  about: "2^0 to 2^20 fibers: the bug report's table (its count: --count 10000000)",
  title: "resume and yield among fibers that have started, million a second",
  sizes: "fibers",
  steady: true,
  defaults: STARTED,
  usual: TABLE,
  thinned: [
    { fibers: [64, 1_024, 30_000, 2 ** 20], orders: ["sequential"], runtimes: THINNED },
    { fibers: [64, 2 ** 20], orders: ["shuffled"], runtimes: FAST },
  ],
  async measure(runtime, cell) {
    const { fibers, order, count, limit } = cell;
    await warmUpCounters(runtime, cell);
    const lap = checked(await has(runtime.counters)(fibers, order), fibers);
    await lap(1);
    collect();
    await settle(inLaps(lap, fibers), sliceOf(cell));
    const operations = Math.ceil(count / fibers) * fibers;
    return section(() => timed(operations, sliceOf(cell), inLaps(lap, fibers), limit));
  },
  metrics: [rateMetric],
  columns: [millions],
  line: ({ cell, typical, rate }) =>
    bugReportRow(cell.fibers, typical.seconds.toFixed(2), rate.toFixed(2)),
};
