/** How well one quantity tells another, and what a footprint says of the loads from it. */
import { sampleCorrelation } from "simple-statistics";
import type { Correlation, Point, Series } from "./picture.js";

/** Pearson's r of the logarithms, over a series of three points or more that are not all alike. */
export function correlation({ name, points }: Series): Correlation | undefined {
  const xs = points.map(({ x }) => Math.log(x));
  const ys = points.map(({ y }) => Math.log(y));
  if (points.length < 3 || alike(xs) || alike(ys)) return undefined;
  return { name, r: sampleCorrelation(xs, ys), points: points.length };
}

const alike = (values: readonly number[]): boolean =>
  Math.max(...values) - Math.min(...values) < 1e-12;

/** Reads a curve between its points, on logarithmic axes; outside it answers the nearest end. */
export function readCurve(curve: Series["points"], x: number): number | undefined {
  const after = curve.findIndex((point) => point.x >= x);
  if (after <= 0) return (after === 0 ? curve[0] : curve.at(-1))?.y;
  const [a, b] = [curve[after - 1], curve[after]] as [Point, Point];
  const part = Math.log(x / a.x) / Math.log(b.x / a.x);
  return a.y * (b.y / a.y) ** part;
}
