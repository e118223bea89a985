/** Turns results into the series of a picture: medians, intervals, quotations, limits, and notes. */
import {
  type Cell,
  type Experiment,
  isQuoted,
  isSample,
  isStopped,
  type Order,
  type Quoted,
  type Result,
  type Sample,
  type Stopped,
} from "../../cell.js";
import { doubts, notes } from "../../tables/notes.js";
import { findRuntime } from "../../runtimes/registry.js";
import { medianInterval } from "../../statistics/interval.js";
import { LOOK_NAMES } from "../look.js";
import type { Point, Series, Stop } from "../picture.js";

export interface Wanted {
  readonly experiment: Experiment;
  readonly order?: Order;
  /** The figure of a repeat; undefined where the runtime does not tell it. */
  readonly value: (sample: Sample, cell: Cell) => number | undefined;
  /** The same figure from a quotation, where the bug report has it. */
  readonly quoted?: (quoted: Quoted) => number;
  /** The x of a cell; by default its number of fibers. */
  readonly x?: (cell: Cell) => number;
}

export interface Drawn {
  readonly series: readonly Series[];
  readonly notes: readonly string[];
  readonly asides: readonly string[];
}

/** A series for each runtime and variant: the subject first, then in the order of `LOOK_NAMES`. */
export function seriesOf(results: readonly Result[], wanted: Wanted): Drawn {
  const groups = new Map<string, Result[]>();
  for (const result of results) {
    const { experiment, order } = result.cell;
    if (experiment !== wanted.experiment) continue;
    if (wanted.order !== undefined && order !== wanted.order) continue;
    const name = nameOf(result.cell);
    groups.set(name, [...(groups.get(name) ?? []), result]);
  }
  const sorted = [...groups.values()].toSorted(
    (a, b) => rankOf(runtimeOf(a)) - rankOf(runtimeOf(b)),
  );
  // A picture has no marks, so it needs the notes for lines without marks too.
  const said = [...new Set([...notes(sorted.flat()), ...doubts(sorted.flat())])];
  return {
    series: sorted
      .flatMap((group) => drawn(group, wanted))
      .filter(({ points, stop }) => points.length > 0 || stop !== undefined),
    notes: said.filter(isLimit),
    asides: said.filter((note) => !isLimit(note)),
  };
}

/** Whether a note is a limit or a quotation, without which the picture would be misread. */
export const isLimit = (note: string): boolean => /^\*|stopped at/i.test(note);

export function nameOf({ runtime, variant }: Pick<Cell, "runtime" | "variant">): string {
  const label = findRuntime(runtime)?.label ?? runtime;
  return variant === undefined ? label : `${label} (${variant})`;
}

/** The median over the repeats of a cell, with its interval; undefined where no repeat has the figure. */
export function spread(
  { cell, outcomes }: Result,
  value: Wanted["value"],
): { readonly y: number; readonly low: number; readonly high: number } | undefined {
  const values = outcomes
    .filter(isSample)
    .map((sample) => value(sample, cell))
    .filter((figure) => figure !== undefined)
    .filter(Number.isFinite);
  if (values.length === 0) return undefined;
  const [first = 0, ...others] = values;
  // The bootstrap takes time, and a page has many cells that were measured once.
  if (others.length === 0) return { y: first, low: first, high: first };
  const { low, middle, high } = medianInterval(values);
  return { y: middle, low, high };
}

/** The size at which most runtimes were measured; the largest of several such sizes. */
export function fullestSize(results: readonly Result[]): number | undefined {
  const timed = results.filter(({ outcomes }) => outcomes.some(isSample));
  const counts = new Map<number, number>();
  for (const { cell } of timed) counts.set(cell.fibers, (counts.get(cell.fibers) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  const sizes = [...counts].filter(([, count]) => count === most).map(([size]) => size);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

/** The position of a runtime in every list. */
export function rankOf(runtime: string): number {
  const index = LOOK_NAMES.indexOf(runtime);
  return index < 0 ? LOOK_NAMES.length : index;
}

const runtimeOf = (group: readonly Result[]): string => (group[0] as Result).cell.runtime;

function drawn(group: readonly Result[], wanted: Wanted): Series[] {
  const { cell } = group[0] as Result;
  const about = { name: nameOf(cell), runtime: cell.runtime };
  const x = wanted.x ?? (({ fibers }) => fibers);
  const points: Point[] = [];
  const quotations: Point[] = [];
  let source = "";
  for (const result of group) {
    const found = spread(result, wanted.value);
    if (found !== undefined) points.push({ x: x(result.cell), ...found });
    const quoted = result.outcomes.find(isQuoted);
    if (quoted === undefined || wanted.quoted === undefined) continue;
    quotations.push({ x: x(result.cell), y: wanted.quoted(quoted) });
    source = quoted.quoted;
  }
  const stopped = group.flatMap(({ outcomes }) => outcomes.filter(isStopped));
  const measured = withStop({ ...about, points: points.toSorted(byX) }, stopped);
  if (quotations.length === 0) return [measured];
  const quoted = {
    ...about,
    name: `${about.name} (quoted)`,
    quoted: source,
    points: quotations.toSorted(byX),
  };
  return points.length === 0 ? [withStop(quoted, stopped)] : [measured, quoted];
}

const byX = (a: Point, b: Point): number => a.x - b.x;

/** Ends the line where the runtime stopped, at the height of the last point. */
function withStop(series: Series, stopped: readonly Stopped[]): Series {
  if (stopped.length === 0) return series;
  const first = stopped.reduce((a, b) => (b.stoppedAt < a.stoppedAt ? b : a));
  const before = series.points.findLast(({ x }) => x <= first.stoppedAt);
  if (before === undefined) return series;
  const stop: Stop = {
    x: first.stoppedAt,
    y: before.y,
    text: `stopped at ${first.stoppedAt.toLocaleString("en-US")}`,
    error: first.error,
  };
  return { ...series, stop };
}
