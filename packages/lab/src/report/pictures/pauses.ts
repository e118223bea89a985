/** Garbage collection and the event loop with many live fibers: what the bug report calls not constant. */
import type { Result, Sample, Spread } from "../../cell.js";
import type { LinePicture } from "../picture.js";
import { seriesOf } from "./series.js";

type Quantile = keyof Spread;

const SPREADS: readonly (readonly [
  id: string,
  title: string,
  about: string,
  (sample: Sample) => Spread | undefined,
])[] = [
  [
    "pauses",
    "Garbage collection pauses",
    "How long a collection stops the program while that many fibers are suspended and others come and go. The line is the 99th percentile, the bar goes from the median to the longest pause. Lower is better.",
    (sample) => sample.pauses,
  ],
  [
    "loop-delay",
    "Event-loop delay",
    "By how much the event loop came late in the same run. The line is the 99th percentile, the bar goes from the median to the longest delay. Lower is better.",
    (sample) => sample.loopDelay,
  ],
];

export function pauses(results: readonly Result[]): LinePicture[] {
  return [
    ...SPREADS.flatMap(([id, title, about, of]) => quantiles(results, id, title, about, of)),
    ...share(results),
  ];
}

function quantiles(
  results: readonly Result[],
  id: string,
  title: string,
  about: string,
  of: (sample: Sample) => Spread | undefined,
): LinePicture[] {
  const drawn = (quantile: Quantile): ReturnType<typeof seriesOf> =>
    seriesOf(results, { experiment: "gc", value: (sample) => positive(of(sample)?.[quantile]) });
  const [middle, late, worst] = [drawn("p50"), drawn("p99"), drawn("max")];
  const series = late.series.map((one) => {
    const end = (ends: typeof late, x: number): number | undefined =>
      ends.series.find(({ name }) => name === one.name)?.points.find((point) => point.x === x)?.y;
    const points = one.points.map(({ x, y }) => ({
      x,
      y,
      low: end(middle, x) ?? y,
      high: end(worst, x) ?? y,
    }));
    return { ...one, points };
  });
  if (series.length === 0) return [];
  return [
    {
      kind: "lines",
      id,
      chapter: "pauses",
      title,
      about,
      x: { name: "suspended fibers", unit: "count", scale: "log" },
      y: { name: "pause", unit: "seconds", scale: "log" },
      whiskers: "median to longest",
      series,
      notes: late.notes,
      asides: late.asides,
    },
  ];
}

function share(results: readonly Result[]): LinePicture[] {
  const { series, notes, asides } = seriesOf(results, {
    experiment: "gc",
    value: ({ gcSeconds, seconds }) => (gcSeconds === undefined ? undefined : gcSeconds / seconds),
  });
  if (series.length === 0) return [];
  return [
    {
      kind: "lines",
      id: "gc-share",
      chapter: "pauses",
      title: "Time spent in garbage collection",
      about: "Its share of the same run. Lower is better.",
      x: { name: "suspended fibers", unit: "count", scale: "log" },
      y: { name: "share of the time", unit: "share", scale: "linear" },
      whiskers: "the median is within",
      series,
      notes,
      asides,
    },
  ];
}

/** Zero, where there was no collection, has no place on a logarithmic axis. */
const positive = (value: number | undefined): number | undefined =>
  value !== undefined && value > 0 ? value : undefined;
