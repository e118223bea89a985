/**
 * What an experiment is. To add one, add its name to `cell.ts`, a file here that exports an entry, and the
 * entry to `registry.ts`. The command line, the plan, the worker, tables and CSV follow from that.
 */
import type { Cell, Experiment, Order, Result, RuntimeName, Sample, Stopped } from "../cell.js";
import type { Awaitable, Runtime } from "../measuring/runtime.js";
import type { Summary } from "../figures/summary.js";
import type { Column, Metric } from "../figures/column.js";
import type { Table } from "../figures/table.js";

export interface ExperimentEntry {
  readonly name: Experiment;
  /** The line in `--help`. */
  readonly about: string;
  /** The title of its tables and charts. */
  readonly title: string;
  /** What its sizes count: `fibers`, `calls`. */
  readonly sizes: string;
  /** The nearest size that the experiment can do. */
  readonly fit?: (size: number) => number;
  /** The command that it is a part of; otherwise it has a command of its own name. */
  readonly suite?: Suite;
  /** Set where every operation is the same, so that a slow beginning means too little warm-up. */
  readonly steady?: boolean;
  readonly defaults: Defaults;
  /** The part of it that `fibril-lab all` measures. */
  readonly thinned: readonly Wishes[];
  /** What its own command measures by default, where that is not every size on every runtime. */
  readonly usual?: readonly Wishes[];
  /** Experiments that are measured in the same rounds, because the tables need their figures. */
  readonly beside?: readonly Experiment[];
  /** Runs in the worker, for inline runtimes: warms up, creates, runs, checks. */
  readonly measure: (runtime: Runtime, cell: Cell) => Awaitable<Sample | Stopped>;
  /**
   * With one column, a table shows the runtimes side by side, with their ratios. With several, it has a
   * row for each size and runtime. The first column also shows the interval of its median.
   */
  readonly columns: readonly Column[];
  /** At the end of a row: Fibril's figures as multiples of those of the row's runtime. */
  readonly against?: readonly Metric[];
  /** The figures by which `fibril-lab compare` compares. */
  readonly metrics: readonly Metric[];
  /** A size in the form of the bug report, where it has one; otherwise the result is shown as a table. */
  readonly line?: (found: Summary) => string;
  /** Its CSV in the form of the bug report, where the bug report has one. */
  readonly csv?: (results: readonly Result[]) => string;
  /** What that CSV has no row for, as lines of text. */
  readonly beyondCsv?: (results: readonly Result[]) => string[];
  /** Further tables below its own, from everything that was measured. */
  readonly below?: (results: readonly Result[]) => Table[];
}

/** A command that measures several experiments, of which `--only` selects some. */
export type Suite = "tasks" | "net";

/** Seconds for a cell that runs for a time rather than to a count. */
export interface Limits {
  readonly usual: number;
  readonly quick: number;
}

/** What an experiment measures unless the user asks for something else. */
export interface Defaults {
  readonly runtimes: readonly RuntimeName[];
  readonly orders: readonly Order[];
  readonly fibers: readonly number[];
  /** The sizes in shuffled order, where fewer are enough. */
  readonly shuffledFibers?: readonly number[];
  readonly quickFibers: readonly number[];
  readonly count: number;
  readonly quickCount: number;
  readonly limit?: Limits;
  /** What the command of a suite measures with `--quick`, where that is not every runtime. */
  readonly quickRuntimes?: readonly RuntimeName[];
}

/** What the user asked for. Where a field is missing, the defaults apply. */
export interface Wishes {
  readonly runtimes?: readonly RuntimeName[];
  readonly orders?: readonly Order[];
  readonly fibers?: readonly number[];
  readonly count?: number;
  readonly quick?: boolean;
}
