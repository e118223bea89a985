/** One resume and yield under many calls. */
import { rateOf, type Result } from "../../cell.js";
import type { LinePicture } from "../picture.js";
import { seriesOf } from "./series.js";

export function depth(results: readonly Result[]): LinePicture[] {
  const { series, notes, asides } = seriesOf(results, {
    experiment: "depth",
    value: (sample) => 1 / rateOf(sample),
  });
  if (series.length === 0) return [];
  return [
    {
      kind: "lines",
      id: "depth",
      chapter: "depth",
      title: "One resume and yield, under that many calls",
      about:
        "A fiber that has called itself to this depth is resumed and yields. Where a resume walks the calls, the line rises; where the native stack holds them, it ends. Lower is better.",
      x: { name: "calls", unit: "count", scale: "log" },
      y: { name: "time of a switch", unit: "seconds", scale: "log" },
      whiskers: "the median is within",
      series,
      notes,
      asides,
    },
  ];
}
