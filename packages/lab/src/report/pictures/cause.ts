/**
 * Why a switch takes what it takes: against cache misses where the machine counts them, against the
 * memory that the fibers lie in, and against how long a load from so much memory takes.
 */
import { isSample, rateOf, type Result, type Sample } from "../../cell.js";
import { correlation, readCurve } from "../correlation.js";
import type { Axis, Point, ScatterPicture, Series } from "../picture.js";
import { nameOf, rank, seriesOf, spread } from "./series.js";

const CACHE_LINE = 64;
const SWITCH: Axis = { name: "time of a switch", unit: "seconds", scale: "log" };
const AROUND = { chapter: "cause", kind: "scatter", notes: [] } as const;

export function cause(results: readonly Result[]): ScatterPicture[] {
  const loads = seriesOf(results, {
    experiment: "memory",
    value: (sample) => 1 / rateOf(sample),
    x: ({ fibers }) => fibers * CACHE_LINE,
  }).series;
  return [...misses(results), ...footprint(results, loads), ...latency(results, loads)];
}

function misses(results: readonly Result[]): ScatterPicture[] {
  const counted = results.filter(({ cell }) => cell.experiment === "counters");
  const series = switches(counted, (result) => {
    const found = spread(result, missesEach)?.y;
    return found !== undefined && found > 0 ? found : undefined;
  });
  if (series.length === 0) return pointless(counted);
  return [
    {
      ...AROUND,
      id: "misses",
      title: "Time of a switch against its cache misses",
      about:
        "Each point is a number of fibers. The report found time and cache misses very strongly correlated; r is of the logarithms.",
      x: { name: "cache misses per switch", unit: "number", scale: "log" },
      y: SWITCH,
      series,
      correlations: series.map(correlation).filter((found) => found !== undefined),
    },
  ];
}

const missesEach = ({ events, count }: Sample): number | undefined => {
  const found = events?.["cache-misses"];
  return found === undefined ? undefined : found / count;
};

/** No picture, but not silently: why there are no hardware events is a note of its own. */
function pointless(counted: readonly Result[]): ScatterPicture[] {
  const reasons = counted.flatMap(({ outcomes }) =>
    outcomes.filter(isSample).flatMap(({ eventsMissing }) => eventsMissing ?? []),
  );
  if (reasons.length === 0) return [];
  return [
    {
      ...AROUND,
      id: "misses",
      title: "Time of a switch against its cache misses",
      about: "This machine does not count cache misses. The pictures below ask memory itself.",
      x: { name: "cache misses per switch", unit: "number", scale: "log" },
      y: SWITCH,
      series: [],
      correlations: [],
      notes: [...new Set(reasons)],
    },
  ];
}

function footprint(results: readonly Result[], loads: readonly Series[]): ScatterPicture[] {
  const series = switches(switching(results), (result) => bytesOf(result, results));
  if (series.length === 0) return [];
  const about =
    "Each point is a number of fibers, at the memory that they take together. Hollow is shuffled order.";
  const probe =
    " The probe is a chain of loads, each waiting for the one before, through as much memory: a switch under its line waits for memory less than once.";
  return [
    {
      ...AROUND,
      id: "footprint",
      title: "Time of a switch against the memory of all fibers",
      about: loads.length === 0 ? about : about + probe,
      x: { name: "memory of all fibers", unit: "bytes", scale: "log" },
      y: SWITCH,
      series: [...series, ...loads],
      correlations: series.map(correlation).filter((found) => found !== undefined),
    },
  ];
}

function latency(results: readonly Result[], loads: readonly Series[]): ScatterPicture[] {
  const curve = loads[0]?.points ?? [];
  if (curve.length < 3) return [];
  const series = switches(switching(results), (result) => {
    const bytes = bytesOf(result, results);
    return bytes === undefined ? undefined : readCurve(curve, bytes);
  });
  if (series.length === 0) return [];
  return [
    {
      ...AROUND,
      id: "latency",
      title: "Time of a switch against the time of a load",
      about:
        "Each point is a number of fibers, at what one dependent load takes from as much memory: the same axis as cache misses, on a machine that does not count them. r is of the logarithms.",
      x: { name: "a dependent load from that memory", unit: "seconds", scale: "log" },
      y: SWITCH,
      series,
      correlations: series.map(correlation).filter((found) => found !== undefined),
    },
  ];
}

/** What has been measured of switching alone: the report's table, else its CSV. */
function switching(results: readonly Result[]): Result[] {
  const of = (experiment: string): Result[] =>
    results.filter(({ cell }) => cell.experiment === experiment);
  const scale = of("scale");
  return scale.length > 0 ? scale : of("counters");
}

/** A series a runtime and order: time of a switch against what `x` says of a cell. */
function switches(results: readonly Result[], x: (result: Result) => number | undefined): Series[] {
  const series = new Map<string, Series & { readonly points: Point[] }>();
  for (const result of results.toSorted((a, b) => rank([a]) - rank([b]))) {
    const { cell } = result;
    const at = x(result);
    const found = spread(result, (sample) => 1 / rateOf(sample));
    if (at === undefined || found === undefined) continue;
    const name = cell.order === "shuffled" ? `${nameOf(cell)}, shuffled` : nameOf(cell);
    const one = series.get(name) ?? {
      name,
      runtime: cell.runtime,
      group: nameOf(cell),
      ...(cell.order === "shuffled" && { hollow: true }),
      points: [],
    };
    series.set(name, one);
    one.points.push({ x: at, y: found.y, label: `${cell.fibers.toLocaleString("en-US")} fibers` });
  }
  return [...series.values()];
}

/** As measured with the cell itself, else what the runtime's fibers take where that was measured. */
function bytesOf(result: Result, results: readonly Result[]): number | undefined {
  const { cell } = result;
  const own = spread(result, bytesEach)?.y;
  if (own !== undefined) return positive(own * cell.fibers);
  const distance = (fibers: number): number => Math.abs(Math.log(fibers / cell.fibers));
  const nearest = results
    .filter(({ cell: other }) => other.experiment === "create" && other.runtime === cell.runtime)
    .map((other) => ({ fibers: other.cell.fibers, bytes: spread(other, bytesEach)?.y }))
    .filter(({ bytes }) => bytes !== undefined && bytes > 0)
    .toSorted((a, b) => distance(a.fibers) - distance(b.fibers))[0]?.bytes;
  return nearest === undefined ? undefined : nearest * cell.fibers;
}

const bytesEach = ({ bytesPerFiber }: Sample): number | undefined => bytesPerFiber;
const positive = (value: number): number | undefined => (value > 0 ? value : undefined);
