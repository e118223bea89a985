/**
 * What a memory access costs on this machine, by footprint. The other experiments are measured against it:
 * a switch that takes less than one such load from its footprint did not wait for memory.
 */
import { nanoseconds, rateMetric } from "../figures/column.js";
import { Chase } from "../measuring/chase.js";
import { section } from "../measuring/section.js";
import { SLICE, timed, warmUp } from "../measuring/timing.js";
import type { ExperimentEntry } from "./experiment.js";

/** Lines of 4 KiB to 1 GiB. The largest takes ten seconds to lay out. */
const SIZES = Array.from({ length: 10 }, (_, power) => 4 ** (power + 3));
const WARM_LINES = 64;

export const memory: ExperimentEntry = {
  name: "memory",
  about: "what a dependent load from memory takes, by footprint",
  title: "one load whose address depends on the last, nanoseconds",
  sizes: "64-byte lines",
  steady: true,
  defaults: {
    runtimes: ["loads"],
    orders: ["shuffled"],
    fibers: SIZES,
    quickFibers: [4 ** 3, 4 ** 7, 4 ** 10],
    count: 2_000_000,
    quickCount: 500_000,
  },
  thinned: [{ fibers: [4 ** 3, 4 ** 5, 4 ** 7, 4 ** 9, 4 ** 11] }],
  async measure(_, { fibers: lines, count }) {
    await warmUp(() => {
      const chase = new Chase(WARM_LINES);
      return (loads) => chase.run(loads);
    });
    const chase = new Chase(lines);
    // So that a footprint that fits a cache is in it.
    chase.run(Math.min(lines, SLICE));
    return section(() => timed(count, SLICE, (loads) => chase.run(loads)));
  },
  metrics: [rateMetric],
  columns: [nanoseconds],
};
