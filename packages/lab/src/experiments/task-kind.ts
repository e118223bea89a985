/** What the workloads of `fibril-lab tasks` have in common: how one is described, and their columns. */
import { type Order, type RuntimeName, type TaskExperiment } from "../cell.js";
import {
  bytesMetric,
  type Column,
  digits,
  inMs,
  inWhole,
  type Metric,
  millions,
  rateMetric,
} from "../figures/column.js";
import type { ExperimentEntry, Wishes } from "./experiment.js";

interface TaskKind {
  readonly name: TaskExperiment;
  readonly about: string;
  readonly title: string;
  readonly sizes?: string;
  readonly runtimes: readonly RuntimeName[];
  readonly orders?: readonly Order[];
  /** Operations, where each task does many; otherwise every task does one thing. */
  readonly count?: number;
  readonly quickCount?: number;
  /** The sizes, where a million tasks, or ten thousand with `--quick`, would not make sense. */
  readonly fibers?: number;
  readonly quickFibers?: number;
  readonly columns: readonly Column[];
  readonly against: readonly Metric[];
  readonly thinned?: readonly Wishes[];
  /** The default of `fibril-lab tasks`: a million tasks where three minutes allow it. */
  readonly usual?: readonly Wishes[];
  readonly fit?: (size: number) => number;
}

export const MILLION: number = 1_000_000;
export const QUICK: number = 10_000;
/** The size in `fibril-lab all`, where a million would take the time of everything else. */
export const SHORT: number = 100_000;

/** Fewer tasks beside the slower runtimes, which take minutes for a million. */
export const few = (runtimes: readonly RuntimeName[], count?: number): Wishes => ({
  fibers: [SHORT],
  runtimes,
  ...(count !== undefined && { count }),
});
export const many = (runtimes: readonly RuntimeName[]): Wishes => ({ fibers: [MILLION], runtimes });

export const SCHEDULERS: readonly RuntimeName[] = ["fibril", "async", "effect", "effection", "go"];
export const ON_NODE: readonly RuntimeName[] = ["fibril", "async", "effect", "effection"];
export const PAIR: readonly RuntimeName[] = ["fibril", "async"];
export const FOUR: readonly RuntimeName[] = ["fibril", "async", "effect", "go"];

export const task = ({
  sizes = "tasks",
  orders = ["sequential"],
  ...kind
}: TaskKind): ExperimentEntry => {
  const { runtimes, count = 0, quickCount = count, thinned = [], ...more } = kind;
  const { fibers = MILLION, quickFibers = QUICK, ...rest } = more;
  return {
    ...rest,
    suite: "tasks",
    sizes,
    thinned,
    defaults: {
      runtimes,
      orders,
      fibers: [fibers],
      quickFibers: [quickFibers],
      count,
      quickCount,
      // So twenty seconds are enough.
      quickRuntimes: ["fibril"],
    },
    metrics: kind.against,
    measure: () => {
      throw new Error("the worker does not measure tasks: they have programs of their own");
    },
  };
};

/** Processor time of all threads, the collector's too: what a task costs however busy the machine is. */
export const processor: Column = {
  head: "µs of processor each",
  of: ({ count, userSeconds = 0, systemSeconds = 0 }) => (userSeconds + systemSeconds) / count,
  show: (value) => (value >= 1e-7 ? digits(value * 1e6) : (value * 1e6).toFixed(3)),
};
export const done: Column = { head: "done", of: ({ count }) => count, show: inWhole };
export const seconds: Column = { head: "seconds", of: (sample) => sample.seconds, show: digits };
export const peak: Column = { head: "peak MiB", of: ({ rssKiB }) => rssKiB / 1024, show: inWhole };
export const each: Column = {
  head: "bytes each",
  of: ({ bytesPerFiber }) => bytesPerFiber,
  show: inWhole,
};
export const late = (name: "p50" | "p99" | "max"): Column => ({
  head: `ms late, ${name}`,
  of: ({ loopDelay }) => loopDelay?.[name],
  show: inMs,
});

export const peakMetric: Metric = {
  name: "peak memory",
  of: ({ rssKiB }) => rssKiB,
  better: "less",
  show: (value) => `${inWhole(value / 1024)} MiB`,
};
export const lateMetric: Metric = {
  name: "lateness, p99",
  of: ({ loopDelay }) => loopDelay?.p99,
  better: "less",
  show: (value) => `${inMs(value)} ms`,
};

export const RATES: Pick<TaskKind, "columns" | "against"> = {
  columns: [millions, processor, done, peak, each],
  against: [rateMetric, bytesMetric],
};
