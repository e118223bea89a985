/** How closely two series go together. */
import { sampleCorrelation, sampleRankCorrelation } from "simple-statistics";

export interface Correlation {
  /** Pearson's: along a straight line. */
  readonly linear: number;
  /** Spearman's: in the same order. */
  readonly ranks: number;
  readonly points: number;
}

/** Undefined for fewer than three points, or where one of the series does not move. */
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
