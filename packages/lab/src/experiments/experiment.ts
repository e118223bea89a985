/**
 * What an experiment is. To add one: its name in `cell.ts`, a file here that exports an entry, and the
 * entry in `registry.ts`. The command line, the plan, the worker, tables and CSV follow from that.
 */
import type { Cell, Experiment, Order, Result, RuntimeName, Sample, Stopped } from "../cell.js";
import type { Awaitable, Runtime } from "../measuring/runtime.js";
import type { Summary } from "../figures/summary.js";
import type { Column, Metric } from "../figures/column.js";
import type { Table } from "../figures/table.js";

export interface ExperimentEntry {
  readonly name: Experiment;
  /** One line for `--help`. */
  readonly about: string;
  /** Above its tables and charts. */
  readonly title: string;
  /** What the sizes count: `fibers`, `calls`. */
  readonly sizes: string;
  /** The nearest size that it can do. */
  readonly fit?: (size: number) => number;
  /** The command of which it is a part; else it has one of its own name. */
  readonly suite?: "tasks";
  /** Nothing but the same operation all the time: a slow beginning is a fault of the measurement. */
  readonly steady?: boolean;
  readonly defaults: Defaults;
  /** What `all` measures of it. */
  readonly thinned: readonly Wishes[];
  /** What its own command measures, where that is more than one table of all sizes and runtimes. */
  readonly usual?: readonly Wishes[];
  /** Experiments whose cells are measured in the same rounds, because the figures need them. */
  readonly beside?: readonly Experiment[];
  /** In the worker, for inline runtimes: warm up, create, run, check. */
  readonly measure: (runtime: Runtime, cell: Cell) => Awaitable<Sample | Stopped>;
  /**
   * One: runtimes side by side with their ratios. Several: a row for each size and runtime. Beside the
   * first stands where its median may lie instead.
   */
  readonly columns: readonly Column[];
  /** In rows: Fibril's figures as multiples of the others', at the end of each row. */
  readonly against?: readonly Metric[];
  /** What two of them are compared by. */
  readonly metrics: readonly Metric[];
  /** A size in the report's own form, where it has one; else the columns make the line. */
  readonly line?: (found: Summary) => string;
  /** Its own CSV, where the report has one. */
  readonly csv?: (results: readonly Result[]) => string;
  /** What that has no line for, in words. */
  readonly beyondCsv?: (results: readonly Result[]) => string[];
  /** Further tables, from everything that was measured. */
  readonly below?: (results: readonly Result[]) => Table[];
}

/** Seconds of a cell that goes on for a time rather than to a count. */
export interface Limits {
  readonly usual: number;
  readonly quick: number;
}

export interface Defaults {
  readonly runtimes: readonly RuntimeName[];
  readonly orders: readonly Order[];
  readonly fibers: readonly number[];
  /** In shuffled order, where fewer sizes will do. */
  readonly shuffledFibers?: readonly number[];
  readonly quickFibers: readonly number[];
  readonly count: number;
  readonly quickCount: number;
  readonly limit?: Limits;
}

/** What was asked for; the rest is the defaults'. */
export interface Wishes {
  readonly runtimes?: readonly RuntimeName[];
  readonly orders?: readonly Order[];
  readonly fibers?: readonly number[];
  readonly count?: number;
  readonly quick?: boolean;
}
