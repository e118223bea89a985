/**
 * Resume and yield where the fibers run different routines. A program has dozens of them, and V8 gives the
 * generators of each function a hidden class of their own.
 */
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
import { nanoseconds, rateMetric } from "../figures/column.js";
import type { ExperimentEntry } from "./experiment.js";

/** Few enough for the caches, so that the routines make the difference and not the memory. */
const FIBERS = 1_024;

export const routines: ExperimentEntry = {
  name: "routines",
  about: "1 to 128 different routines among 1,024 fibers",
  title: "resume and yield among 1,024 fibers of that many routines, nanoseconds",
  sizes: "routines",
  steady: true,
  defaults: {
    runtimes: ["fibril", "fibril-compiled", "fibril-frames", "generator"],
    orders: ["sequential", "shuffled"],
    fibers: [1, 8, 32, 128],
    quickFibers: [1, 32],
    count: 5_000_000,
    quickCount: 500_000,
  },
  thinned: [{ fibers: [1, 32], orders: ["sequential"], runtimes: ["fibril", "generator"] }],
  async measure(runtime, cell) {
    const { fibers: number, order, count, limit } = cell;
    await warmUpCounters(runtime, cell);
    const lap = checked(await has(runtime.many)(number, FIBERS, order), FIBERS);
    await lap(1);
    collect();
    await settle(inLaps(lap, FIBERS), sliceOf(cell));
    const operations = Math.ceil(count / FIBERS) * FIBERS;
    return section(() => timed(operations, sliceOf(cell), inLaps(lap, FIBERS), limit));
  },
  metrics: [rateMetric],
  columns: [nanoseconds],
};
