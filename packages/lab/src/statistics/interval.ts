/**
 * How certain a median is: a percentile bootstrap (Efron 1979) with a seed.
 *
 * There are few repeats, and their distribution is skewed: other programs on the machine only ever slow
 * a measurement down. So the lab takes the median rather than the mean, and resamples rather than using
 * a formula for the normal distribution. With fewer than six repeats no method reaches 95 %. The widest
 * interval that n repeats allow, from the least to the greatest, contains the median with probability
 * 1 - 2^(1-n). `confidence` is the probability that was reached.
 */
import { max, median, min, quantileSorted, sampleWithReplacement } from "simple-statistics";
import { seeded } from "./random.js";

export interface Interval {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  /** A probability: 0.95, or less where there are too few repeats. */
  readonly confidence: number;
}

const RESAMPLES = 2_000;
const WANTED = 0.95;
/** With fewer repeats, the ends of the interval are the least and the greatest value. */
const ENOUGH = 6;
const SEED = 17263;

/** Throws on an empty list. */
export function medianInterval(values: readonly number[]): Interval {
  const list = [...values];
  // Resampling would give the same ends.
  if (list.length < ENOUGH) {
    return { low: min(list), middle: median(list), high: max(list), ...reached(list.length) };
  }
  return interval(median(list), list.length, (chance) =>
    median(sampleWithReplacement(list, list.length, chance)),
  );
}

/** The interval of any statistic. `again` computes it on a resample of `count` values. */
export function interval(
  middle: number,
  count: number,
  again: (chance: () => number) => number,
): Interval {
  const chance = seeded(SEED);
  const found = Array.from({ length: RESAMPLES }, () => again(chance)).toSorted((a, b) => a - b);
  const tail = (1 - WANTED) / 2;
  return {
    low: quantileSorted(found, tail),
    middle,
    high: quantileSorted(found, 1 - tail),
    ...reached(count),
  };
}

const reached = (count: number): Pick<Interval, "confidence"> => ({
  confidence: Math.min(WANTED, 1 - 2 ** (1 - count)),
});
