/** How closely two series are related. */
import { sampleCorrelation, sampleRankCorrelation } from "simple-statistics";

export interface Correlation {
  /** Pearson's coefficient: how close the points are to a straight line. */
  readonly linear: number;
  /** Spearman's coefficient: how far both series rank the points alike. */
  readonly ranks: number;
  readonly points: number;
}

/** Undefined for fewer than three points, and where one of the series is constant. */
export function correlation(
  pairs: readonly (readonly [number, number])[],
): Correlation | undefined {
  const [xs, ys] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
  if (pairs.length < 3 || new Set(xs).size === 1 || new Set(ys).size === 1) return undefined;
  return {
    linear: sampleCorrelation(xs, ys),
    ranks: sampleRankCorrelation(xs, ys),
    points: pairs.length,
  };
}
