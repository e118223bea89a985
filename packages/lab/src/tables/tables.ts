/** Results as tables: the runtimes side by side with their ratios, or a row for each size and runtime. */
import { type Cell, ORDERS, type Quoted, rateOf, type Result, type RuntimeName } from "../cell.js";
import type { ExperimentEntry } from "../experiments/experiment.js";
import { experiments } from "../experiments/registry.js";
import { type Column, between, digits, medianOf, type Metric } from "../figures/column.js";
import { NOISY, notesBelow, QUOTED } from "./notes.js";
import { pairedEffect } from "../statistics/effect.js";
import type { Interval } from "../statistics/interval.js";
import { tooNoisy } from "../statistics/noise.js";
import type { Table } from "../figures/table.js";
import { isSummary, rateIn, type Summary, type Verdict, verdict } from "../figures/summary.js";

export function tables(results: readonly Result[]): Table[] {
  const made: Table[] = [];
  for (const experiment of experiments) {
    for (const order of ORDERS) {
      const members = results.filter(
        ({ cell, outcomes }) =>
          cell.experiment === experiment.name && cell.order === order && outcomes.length > 0,
      );
      if (members.length > 0) made.push(table(experiment, order === "shuffled", members));
    }
  }
  return made;
}

function table(experiment: ExperimentEntry, shuffled: boolean, members: readonly Result[]): Table {
  const title = experiment.title + (shuffled ? ", in shuffled order" : "");
  const found = new Map<string, Verdict>();
  for (const member of members) found.set(key(member.cell), verdict(member));
  const runtimes = [...new Set(members.map(({ cell }) => cell.runtime))];
  const sizes = [...new Set(members.map(({ cell }) => cell.fibers))];
  const at = (runtime: RuntimeName, size: number): Verdict => found.get(`${runtime} ${size}`);
  const [column, ...more] = experiment.columns as readonly [Column, ...Column[]];
  if (more.length > 0) {
    const details = detailed(experiment, sizes, runtimes, at);
    return { title, ...details, notes: notesBelow(details.rows, members) };
  }
  const against = runtimes.includes("fibril")
    ? runtimes.filter((runtime) => !runtime.startsWith("fibril"))
    : [];
  const rows = sizes.map((size) => [
    size.toLocaleString("en-US"),
    ...runtimes.map((runtime) => figure(column, at(runtime, size), true)),
    ...against.map((runtime) => ratio(at("fibril", size), at(runtime, size))),
  ]);
  return {
    title,
    head: [experiment.sizes, ...runtimes, ...against.map((runtime) => `fibril : ${runtime}`)],
    rows,
    notes: notesBelow(rows, members),
  };
}

const key = (cell: Cell): string => `${cell.runtime} ${cell.fibers}`;

/** A row for each size and runtime. */
function detailed(
  { sizes: unit, columns, against = [] }: ExperimentEntry,
  sizes: readonly number[],
  runtimes: readonly RuntimeName[],
  at: (runtime: RuntimeName, size: number) => Verdict,
): Pick<Table, "head" | "rows"> {
  const rows: string[][] = [];
  for (const size of sizes) {
    for (const runtime of runtimes) {
      const what = at(runtime, size);
      if (what === undefined) continue;
      const figures = columns.map((column, i) => figure(column, what, i === 0));
      const ratios = against.map(({ of }) =>
        runtime === "fibril" ? "" : ratio(at("fibril", size), what, of),
      );
      rows.push([size.toLocaleString("en-US"), runtime, ...figures, ...ratios]);
    }
  }
  const ratios = against.map(({ name }) => `fibril : it, ${name}`);
  return { head: [unit, "runtime", ...columns.map(({ head }) => head), ...ratios], rows };
}

/** The median; in the first column of a row, also its interval if there are several repeats. */
function figure(column: Column, what: Verdict, first: boolean): string {
  if (what === undefined) return "";
  if (!isSummary(what)) {
    const said = "quoted" in what ? quotation(column, what) : "";
    // A word or the mark of a quotation appears once per row.
    return first ? (said === "" ? word(what) : said + QUOTED) : said;
  }
  const found = medianOf(column, what);
  if (found === undefined) return "";
  const range = between(column, what);
  return (
    (isDoubtful(column, found) ? NOISY : "") +
    column.show(found.middle) +
    (first && range !== undefined ? ` (${range})` : "")
  );
}

/** Not where both ends of the interval are written alike: then the noise does not show. */
const isDoubtful = ({ show }: Column, found: Interval): boolean =>
  tooNoisy(found) && show(found.low) !== show(found.high);

/** The quoted figure for a column; empty where the bug report has none. */
function quotation(column: Column, { rate, count = rate, events = {} }: Quoted): string {
  const value = column.of({ count, seconds: count / rate, best: rate, rssKiB: 0, events });
  return value === undefined ? "" : column.show(value);
}

function word(what: Exclude<Verdict, Summary | undefined>): string {
  return "stoppedAt" in what ? "stopped" : "quoted" in what ? "quoted" : "failed";
}

/** Compares round by round where both were measured in rounds, because what slows a round slows both. */
function ratio(mine: Verdict, other: Verdict, of: Metric["of"] = rateOf): string {
  if (mine !== undefined && other !== undefined && isSummary(mine) && isSummary(other)) {
    const [a, b] = [mine, other].map(({ samples }) => samples.map((one) => of(one) ?? 0)) as [
      number[],
      number[],
    ];
    // A cell that was cut off early has missed the last rounds.
    const rounds = Math.min(a.length, b.length);
    const pairs = [...a.slice(0, rounds), ...b.slice(0, rounds)];
    if (pairs.every((value) => value > 0)) {
      if (rounds === 1) return `${digits((a[0] as number) / (b[0] as number))}×`;
      const found = pairedEffect(b.slice(0, rounds), a.slice(0, rounds)).ratio;
      return `${tooNoisy(found) ? NOISY : ""}${digits(found.middle)}×`;
    }
  }
  if (of !== rateOf) return "";
  const [a, b] = [rateIn(mine), rateIn(other)];
  return a === undefined || b === undefined ? "" : `${digits(a / b)}×`;
}
