/**
 * The time of a switch against its possible causes: cache misses where the processor counts them; otherwise
 * the footprint, which is the memory of all fibers, and the time of a load from such a footprint.
 */
import { type Order, type Result, type RuntimeName, type Sample } from "../cell.js";
import { digits } from "./column.js";
import { LINE } from "../measuring/chase.js";
import { eventOf } from "./bug-report-csv.js";
import { type Correlation, correlation } from "../statistics/correlation.js";
import { isSummary, middle, verdict } from "./summary.js";
import type { Table } from "./table.js";

/** One size of one runtime in one order. */
interface ScatterPoint {
  readonly runtime: RuntimeName;
  readonly order: Order;
  readonly fibers: number;
  readonly nanoseconds: number;
  /** Bytes that all fibers together keep resident. */
  readonly footprint?: number;
  /** Nanoseconds of a dependent load from such a footprint. */
  readonly load?: number;
  /** Set where loads from so large a footprint were not measured; `load` is that of the largest then. */
  readonly beyond?: true;
  /** The time of a switch in such loads. */
  readonly loads?: number;
  readonly cacheMisses?: number;
}

export interface Scatter {
  readonly runtime: RuntimeName;
  readonly order: Order;
  readonly points: readonly ScatterPoint[];
  /** Correlation of time with each possible cause. */
  readonly withMisses?: Correlation;
  readonly withFootprint?: Correlation;
  readonly withLoad?: Correlation;
}

/** From the results of `memory` and of `counters`, or of `scale` where there is no `counters`. */
export function scatters(results: readonly Result[]): Scatter[] {
  const own = results.filter(({ cell }) => cell.experiment === "counters");
  const members = own.length > 0 ? own : results.filter(({ cell }) => cell.experiment === "scale");
  const latency = latencies(results);
  const groups = new Map<string, Result[]>();
  for (const member of members) {
    const key = `${member.cell.runtime} ${member.cell.order}`;
    groups.set(key, [...(groups.get(key) ?? []), member]);
  }
  return [...groups.values()].map((group) => scatter(group, latency));
}

/** The time of a load from a footprint, as far as it was measured. */
type Latency = (bytes: number) => Pick<ScatterPoint, "load" | "beyond">;

function scatter(members: readonly Result[], latency: Latency): Scatter {
  const bytes = bytesPerFiber(members);
  const points = members.flatMap((member) => point(member, bytes, latency));
  const { runtime, order } = (members[0] as Result).cell;
  const against = (of: (one: ScatterPoint) => number | undefined): Correlation | undefined =>
    correlation(
      points.flatMap((one): [number, number][] => {
        const x = of(one);
        return x === undefined ? [] : [[x, one.nanoseconds]];
      }),
    );
  const withMisses = against(({ cacheMisses }) => cacheMisses);
  // Footprints grow by powers of two, and caches work on that scale.
  const withFootprint = against(({ footprint }) => footprint && Math.log(footprint));
  const withLoad = against(({ load, beyond }) => (beyond ? undefined : load));
  return {
    runtime,
    order,
    points,
    ...(withMisses && { withMisses }),
    ...(withFootprint && { withFootprint }),
    ...(withLoad && { withLoad }),
  };
}

/** From the largest size: other allocations of the process exceed the memory of a few fibers. */
function bytesPerFiber(members: readonly Result[]): number | undefined {
  const bySize = members.toSorted((a, b) => b.cell.fibers - a.cell.fibers);
  for (const member of bySize) {
    const found = verdict(member);
    if (isSummary(found) && found.bytesPerFiber !== undefined && found.bytesPerFiber > 0)
      return found.bytesPerFiber;
  }
  return undefined;
}

function point(member: Result, bytes: number | undefined, latency: Latency): ScatterPoint[] {
  const found = verdict(member);
  if (!isSummary(found)) return [];
  const { runtime, order, fibers } = member.cell;
  const nanoseconds = 1e9 / found.rate;
  const footprint = bytes === undefined ? undefined : bytes * fibers;
  const probed = footprint === undefined ? {} : latency(footprint);
  const cacheMisses = middle(found, (sample: Sample) => {
    const counted = eventOf(sample, "cache-misses");
    return counted === undefined ? undefined : counted / sample.count;
  });
  return [
    {
      runtime,
      order,
      fibers,
      nanoseconds,
      ...(footprint !== undefined && { footprint }),
      ...probed,
      ...(probed.load !== undefined && { loads: nanoseconds / probed.load }),
      ...(cacheMisses !== undefined && { cacheMisses }),
    },
  ];
}

/** Interpolates between two measured footprints, linearly in the logarithm of their size. */
function latencies(results: readonly Result[]): Latency {
  const known = results
    .filter(({ cell }) => cell.experiment === "memory")
    .flatMap((result): [number, number][] => {
      const found = verdict(result);
      return isSummary(found) ? [[Math.log2(result.cell.fibers * LINE), 1e9 / found.rate]] : [];
    })
    .toSorted(([a], [b]) => a - b);
  return (bytes) => {
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined) return {};
    const at = Math.max(Math.log2(bytes), first[0]);
    if (at > last[0]) return { load: last[1], beyond: true };
    const right = known.find(([size]) => size >= at) ?? last;
    const left = known.findLast(([size]) => size <= at) ?? first;
    const part = left === right ? 0 : (at - left[0]) / (right[0] - left[0]);
    return { load: left[1] + part * (right[1] - left[1]) };
  };
}

export function scatterTables(results: readonly Result[]): Table[] {
  return scatters(results)
    .filter(({ points }) => points.length > 0)
    .map((one) => {
      const misses = one.points.some(({ cacheMisses }) => cacheMisses !== undefined);
      return {
        title: `what a switch waits for: ${one.runtime}, ${one.order}`,
        head: [
          "fibers",
          "ns each",
          ...(misses ? ["cache misses each"] : []),
          "footprint MiB",
          "ns a load there",
          "in such loads",
        ],
        rows: one.points.map((at) => row(at, misses)),
        notes: [
          ...correlated("cache misses", one.withMisses),
          ...correlated("the logarithm of the footprint", one.withFootprint),
          ...correlated("the latency of a load from that footprint", one.withLoad),
          ...(one.points.some(({ beyond }) => beyond) ? [BEYOND] : []),
        ],
      };
    });
}

const BEYOND =
  "> and <: a load from so much memory was not measured; it takes longer than the slowest that was";

function row(at: ScatterPoint, misses: boolean): string[] {
  const { fibers, nanoseconds, footprint, load, loads, cacheMisses, beyond = false } = at;
  return [
    fibers.toLocaleString("en-US"),
    digits(nanoseconds),
    ...(misses ? [cacheMisses?.toFixed(3) ?? ""] : []),
    footprint === undefined ? "" : digits(footprint / 2 ** 20),
    load === undefined ? "" : (beyond ? "> " : "") + digits(load),
    loads === undefined ? "" : (beyond ? "< " : "") + digits(loads),
  ];
}

function correlated(what: string, found: Correlation | undefined): string[] {
  if (found === undefined) return [];
  const { linear, ranks, points } = found;
  const figures = `${linear.toFixed(2)}, by ranks ${ranks.toFixed(2)}, over ${points} sizes`;
  return [`time goes with ${what}: correlation ${figures}`];
}
