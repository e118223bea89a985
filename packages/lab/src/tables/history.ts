/**
 * Stored runs in order of time: a row per run, a column per size, and how the last run differs from the
 * one before.
 */
import {
  type Experiment,
  type Order,
  ORDERS,
  rateOf,
  type Result,
  type RuntimeName,
} from "../cell.js";
import type { ExperimentEntry } from "../experiments/experiment.js";
import { experiments } from "../experiments/registry.js";
import { digits, shown } from "../figures/column.js";
import { effect } from "../statistics/effect.js";
import type { Stored } from "../runs/store.js";
import { isSummary, type Summary, verdict } from "../figures/summary.js";
import type { Table } from "../figures/table.js";

export interface Filter {
  readonly experiments?: readonly Experiment[];
  readonly runtimes: readonly RuntimeName[];
  readonly orders?: readonly Order[];
}

/** What a table follows through the runs. */
interface Line {
  readonly experiment: ExperimentEntry;
  readonly runtime: RuntimeName;
  readonly order: Order;
}

/** The runtime that every figure is also divided by, so that runs on different machines can be compared. */
const FLOOR = "generator";

export function history(runs: readonly Stored[], filter: Filter): Table[] {
  const inOrder = runs.toSorted((a, b) => a.date.localeCompare(b.date));
  return experiments
    .filter(({ name }) => filter.experiments?.includes(name) ?? true)
    .flatMap((experiment) => filter.runtimes.map((runtime) => ({ experiment, runtime })))
    .flatMap((both) => (filter.orders ?? ORDERS).map((order): Line => ({ ...both, order })))
    .flatMap((line) => table(inOrder, line));
}

function table(all: readonly Stored[], line: Line): Table[] {
  const { experiment, runtime, order } = line;
  const runs = all.filter(({ results }) => results.some(belongsTo(line)));
  if (runs.length === 0) return [];
  const found = runs.flatMap(({ results }) => results.filter(belongsTo(line)));
  const sizes = [...new Set(found.map(({ cell }) => cell.fibers))].toSorted((a, b) => a - b);
  return [
    {
      title: `${experiment.title}: ${experiment.columns[0]?.head}, ${runtime}, ${order}`,
      head: ["date", "commit", "machine", ...sizes.map((size) => size.toLocaleString("en-US"))],
      rows: runs.map((run) => [
        run.date,
        run.commit ?? "",
        `${run.machine.cpu}, Node ${run.machine.node}`,
        ...sizes.map((size) => figure(run, line, size)),
      ]),
      notes: lastStep(runs, line, sizes),
    },
  ];
}

/** Without cells of a comparison: they may be of another commit, Node or flags than the run says. */
const belongsTo =
  ({ experiment, runtime, order }: Line) =>
  ({ cell }: Result): boolean =>
    cell.variant === undefined &&
    cell.experiment === experiment.name &&
    cell.runtime === runtime &&
    cell.order === order;

function summaryIn({ results }: Stored, line: Line, size: number): Summary | undefined {
  const result = results.filter(belongsTo(line)).find(({ cell }) => cell.fibers === size);
  const found = result === undefined ? undefined : verdict(result);
  return isSummary(found) ? found : undefined;
}

function figure(run: Stored, line: Line, size: number): string {
  const found = summaryIn(run, line, size);
  if (found === undefined) return "";
  const text = shown(line.experiment.columns[0], found);
  const floor =
    line.runtime === FLOOR ? undefined : summaryIn(run, { ...line, runtime: FLOOR }, size);
  return floor === undefined ? text : `${text} (${digits(found.rate / floor.rate)}× ${FLOOR})`;
}

/** Compares only runs on the same machine and Node. */
function lastStep(runs: readonly Stored[], line: Line, sizes: readonly number[]): string[] {
  const last = runs.at(-1) as Stored;
  const alike = ({ machine }: Stored): boolean =>
    machine.cpu === last.machine.cpu && machine.node === last.machine.node;
  const before = runs.slice(0, -1).findLast(alike);
  if (before === undefined) return [];
  return sizes.flatMap((size) => {
    const [a, b] = [summaryIn(before, line, size), summaryIn(last, line, size)];
    if (a === undefined || b === undefined) return [];
    const { ratio, judgement } = effect(a.samples.map(rateOf), b.samples.map(rateOf));
    const about = `${size.toLocaleString("en-US")}: ${last.date} against ${before.date}`;
    return [`${about}: ${digits(ratio.middle)}×, ${judgement}`];
  });
}
