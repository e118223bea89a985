/** One resume under 1 to 1,000,000 calls. */
import { section } from "../measuring/section.js";
import { checked, has, seconds, settle, SLICE, timed, warmUp } from "../measuring/timing.js";
import { nanoseconds, rateMetric } from "../figures/column.js";
import type { ExperimentEntry } from "./experiment.js";

export const depth: ExperimentEntry = {
  name: "depth",
  about: "one resume under 1 to 1,000,000 calls",
  title: "one resume and yield under that many calls, nanoseconds",
  sizes: "calls",
  steady: true,
  defaults: {
    runtimes: ["fibril", "fibril-frames", "fibril-compiled", "generator", "ruby", "go"],
    orders: ["sequential"],
    fibers: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
    quickFibers: [1, 10_000],
    count: 2_000_000,
    quickCount: 200_000,
    limit: { usual: 3, quick: 1 },
  },
  thinned: [{ fibers: [1, 1_000_000], count: 1_000_000, runtimes: ["fibril", "generator"] }],
  async measure(runtime, { fibers: levels, count, limit }) {
    const deep = has(runtime.deep);
    try {
      await warmUp(async () => checked(await deep(3), 1));
      const step = checked(await deep(levels), 1);
      await step(1);
      // A runtime that is linear in the depth would otherwise take hours at a million calls.
      const start = seconds();
      await step(100);
      const rate = 100 / (seconds() - start);
      const slice = Math.max(100, Math.min(SLICE, count, Math.floor(rate / 10)));
      await settle(step, slice);
      return await section(() => timed(count, slice, step, limit));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return { stoppedAt: levels, error: `${error.name}: ${error.message}` };
    }
  },
  metrics: [rateMetric],
  columns: [nanoseconds],
  line({ cell, typical, rate }) {
    return `depth: ${cell.fibers} count: ${typical.count} nanoseconds: ${(1e9 / rate).toFixed(1)}`;
  },
};
