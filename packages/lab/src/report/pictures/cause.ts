/**
 * Why a switch takes the time that it takes: pictures of the time against cache misses where the machine
 * counts them, against the memory that the fibers take, and against the time of a load from so much memory.
 */
import { rateOf, type Result } from "../../cell.js";
import { LINE } from "../../measuring/chase.js";
import { reasons } from "../../tables/notes.js";
import { type Scatter, scatters } from "../../figures/scatter.js";
import type { Correlation } from "../../statistics/correlation.js";
import type { Axis, Point, ScatterPicture, Series } from "../picture.js";
import { nameOf, rankOf, seriesOf } from "./series.js";

const SWITCH: Axis = { name: "time of a switch", unit: "seconds", scale: "log" };

export function cause(results: readonly Result[]): ScatterPicture[] {
  const found = scatters(results).toSorted((a, b) => rankOf(a.runtime) - rankOf(b.runtime));
  const loads = seriesOf(results, {
    experiment: "memory",
    value: (sample) => 1 / rateOf(sample),
    x: ({ fibers }) => fibers * LINE,
  }).series;
  const missing = reasons(results);
  const misses = picture(found, {
    id: "misses",
    title: "Time of a switch against its cache misses",
    about:
      "Each point is a number of fibers; it is hollow in shuffled order. The bug report found time and cache misses very strongly correlated.",
    x: { name: "cache misses per switch", unit: "number", scale: "log" },
    of: ({ cacheMisses }) => cacheMisses,
    correlation: ({ withMisses }) => withMisses,
    notes: missing,
  });
  return [
    ...(misses.length === 0 && missing.length > 0 ? [uncounted(missing)] : misses),
    ...picture(found, {
      id: "footprint",
      title: "Time of a switch against the memory of all fibers",
      about: FOOTPRINT + (loads.length === 0 ? "" : PROBE),
      x: { name: "memory of all fibers", unit: "bytes", scale: "log" },
      of: ({ footprint }) => footprint,
      correlation: ({ withFootprint }) => withFootprint,
      beside: loads,
    }),
    ...picture(found, {
      id: "latency",
      title: "Time of a switch against the time of a load",
      about:
        "Each point is a number of fibers, at the time of one dependent load from as much memory, as far as such a load was measured: what cache misses cost, also on a machine that does not count them.",
      x: { name: "a dependent load from that memory", unit: "seconds", scale: "log" },
      of: ({ load, beyond }) => (load === undefined || beyond ? undefined : load * 1e-9),
      correlation: ({ withLoad }) => withLoad,
    }),
  ];
}

const FOOTPRINT =
  "Each point is a number of fibers, at the memory that they take together; it is hollow in shuffled order.";
const PROBE =
  " The probe is a chain of loads through as much memory, each waiting for the one before: a switch below its line waits for memory less than once.";

interface Wanted {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly x: Axis;
  readonly of: (point: Scatter["points"][number]) => number | undefined;
  readonly correlation: (scatter: Scatter) => Correlation | undefined;
  readonly beside?: readonly Series[];
  readonly notes?: readonly string[];
}

function picture(found: readonly Scatter[], wanted: Wanted): ScatterPicture[] {
  const { id, title, about, x, correlation, beside = [], notes = [] } = wanted;
  const drawn = found
    .map((scatter) => ({ scatter, series: seriesIn(scatter, wanted.of) }))
    .filter(({ series }) => series.points.length > 0);
  if (drawn.length === 0) return [];
  return [
    {
      kind: "scatter",
      chapter: "cause",
      id,
      title,
      about,
      x,
      y: SWITCH,
      series: [...drawn.map(({ series }) => series), ...beside],
      correlations: drawn.flatMap(({ scatter, series: { name } }) => {
        const how = correlation(scatter);
        return how === undefined ? [] : [{ name, ...how }];
      }),
      notes,
    },
  ];
}

function seriesIn({ runtime, order, points }: Scatter, of: Wanted["of"]): Series {
  const name = nameOf({ runtime });
  const shuffled = order === "shuffled";
  return {
    name: shuffled ? `${name}, shuffled` : name,
    group: name,
    runtime,
    ...(shuffled && { hollow: true }),
    points: points.flatMap((point): Point[] => {
      const x = of(point);
      // Zero has no place on a logarithmic axis.
      if (x === undefined || x <= 0) return [];
      const label = `${point.fibers.toLocaleString("en-US")} fibers`;
      return [{ x, y: point.nanoseconds * 1e-9, label }];
    }),
  };
}

/** A picture without points, which tells why there are none. */
function uncounted(notes: readonly string[]): ScatterPicture {
  return {
    kind: "scatter",
    chapter: "cause",
    id: "misses",
    title: "Time of a switch against its cache misses",
    about: "Cache misses were not counted. The next pictures compare with memory itself.",
    x: { name: "cache misses per switch", unit: "number", scale: "log" },
    y: SWITCH,
    series: [],
    correlations: [],
    notes,
  };
}
