/**
 * What an experiment is. To add one: its name in `cell.ts`, a file here that exports an entry, and the
 * entry in `registry.ts`. The command line, the plan, the worker, tables and CSV follow from that.
 */
import type { Cell, Experiment, Order, RuntimeName, Sample, Stopped } from "../cell.js";
import type { Awaitable, Runtime } from "../runtimes/runtime.js";
import type { Summary } from "../summary.js";

export interface ExperimentEntry {
  readonly name: Experiment;
  /** One line for `--help`. */
  readonly about: string;
  /** Above its tables and charts. */
  readonly title: string;
  /** What the sizes count: `fibers`, `calls`. */
  readonly sizes: string;
  /** Nothing but the same operation all the time: a slow beginning is a fault of the measurement. */
  readonly steady?: boolean;
  readonly defaults: Defaults;
  /** What `all` measures of it. */
  readonly thinned: readonly Wishes[];
  /** In the worker, for inline runtimes: warm up, create, run, check. */
  readonly measure: (runtime: Runtime, cell: Cell) => Awaitable<Sample | Stopped>;
  /** One column: runtimes side by side with their ratios. Several: a row for each size and runtime. */
  readonly columns: readonly Column[];
  /** What two of them are compared by. */
  readonly metrics: readonly Metric[];
  /** A size in the report's own form, where it has one; else the columns make the line. */
  readonly line?: (found: Summary) => string;
}

export interface Column {
  /** With the unit. */
  readonly head: string;
  /** From the median, and from the lowest and highest where `rate` decides. */
  readonly show: (found: Summary) => string;
  /** For a single column: how a rate is shown, so that ends can stand beside the median. */
  readonly rate?: (rate: number) => string;
}

export interface Metric {
  readonly name: string;
  readonly of: (sample: Sample) => number | undefined;
  readonly better: "more" | "less";
  readonly show: (value: number) => string;
}

export interface Defaults {
  readonly runtimes: readonly RuntimeName[];
  readonly orders: readonly Order[];
  readonly fibers: readonly number[];
  readonly quickFibers: readonly number[];
  readonly count: number;
  readonly quickCount: number;
}

/** What was asked for; the rest is the defaults'. */
export interface Wishes {
  readonly runtimes?: readonly RuntimeName[];
  readonly orders?: readonly Order[];
  readonly fibers?: readonly number[];
  readonly count?: number;
  readonly quick?: boolean;
}

/** What people would choose instead, as far as it is installed. */
export const SIDE_BY_SIDE: readonly RuntimeName[] = ["fibril", "generator", "ruby", "go"];

export const POWERS: readonly number[] = Array.from({ length: 21 }, (_, power) => 2 ** power);
