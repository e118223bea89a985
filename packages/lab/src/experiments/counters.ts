/**
 * `transfer_many_fibers` of the bug report: its table again, with what the processor counted meanwhile.
 * Where the processor counts nothing, the lab sets the time of a switch against the memory of all fibers,
 * and against the time of a load from so much memory.
 */
import type { Result, Sample } from "../cell.js";
import { type Column, inMs, inWhole, nanoseconds, rateMetric } from "../figures/column.js";
import { memoryAdded } from "../measuring/memory-map.js";
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
import { beyondCsv, eventOf, bugReportCsv } from "../figures/bug-report-csv.js";
import { scatterTables } from "../figures/scatter.js";
import { STARTED, TABLE } from "./defaults.js";
import type { ExperimentEntry } from "./experiment.js";

export const counters: ExperimentEntry = {
  name: "counters",
  about: "the bug report's last program: its table with faults, cycles, cache and TLB misses",
  title: "resume and yield among fibers that have started, with what was counted meanwhile",
  sizes: "fibers",
  steady: true,
  defaults: { ...STARTED, quickCount: 300_000 },
  usual: TABLE,
  thinned: [{ fibers: [64, 4_096, 2 ** 20], orders: ["sequential"], runtimes: ["fibril", "ruby"] }],
  beside: ["memory"],
  async measure(runtime, cell) {
    const { fibers, order, count, limit } = cell;
    await warmUpCounters(runtime, cell);
    collect();
    const added = memoryAdded();
    const lap = checked(await has(runtime.counters)(fibers, order), fibers);
    await lap(1);
    collect();
    const { resident } = added();
    await settle(inLaps(lap, fibers), sliceOf(cell));
    const operations = Math.ceil(count / fibers) * fibers;
    const sample = await section(() =>
      timed(operations, sliceOf(cell), inLaps(lap, fibers), limit),
    );
    return { ...sample, bytesPerFiber: Math.max(0, resident) / fibers };
  },
  metrics: [rateMetric],
  columns: [
    nanoseconds,
    each("cache misses each", "cache-misses"),
    each("L1d misses each", "L1-dcache-load-misses"),
    each("LLC misses each", "LLC-load-misses"),
    each("dTLB misses each", "dTLB-load-misses"),
    {
      head: "page faults",
      of: (sample) => eventOf(sample, "page-faults"),
      show: inWhole,
    },
    { head: "context switches", of: ({ contextSwitches }) => contextSwitches, show: inWhole },
    { head: "user s", of: ({ userSeconds }) => userSeconds, show: inHundredths },
    { head: "system s", of: ({ systemSeconds }) => systemSeconds, show: inHundredths },
    { head: "GCs", of: ({ gcCount }) => gcCount, show: inWhole },
    { head: "GC ms", of: ({ gcSeconds }) => gcSeconds, show: inMs },
  ],
  csv: bugReportCsv,
  beyondCsv,
  below: (results: readonly Result[]) => scatterTables(results),
};

function inHundredths(seconds: number): string {
  return seconds.toFixed(2);
}

function each(head: string, event: string): Column {
  const of = (sample: Sample): number | undefined => {
    const counted = eventOf(sample, event);
    return counted === undefined ? undefined : counted / sample.count;
  };
  return { head, of, show: (value) => value.toFixed(3) };
}
