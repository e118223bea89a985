/**
 * How sure a median is: a percentile bootstrap (Efron 1979) with a seed.
 *
 * Repeats are few, and skewed by neighbours who only ever slow things down. So the median and not the
 * mean, and resampling and not a formula for the normal distribution. With fewer than six repeats no
 * method gets to 95 %: the widest claim n repeats allow, from the least to the greatest, holds the
 * median with 1 - 2^(1-n). `confidence` says what was reached.
 */
import { max, median, min, quantileSorted, sampleWithReplacement } from "simple-statistics";
import { seeded } from "./random.js";

export interface Interval {
  readonly low: number;
  readonly middle: number;
  readonly high: number;
  /** 0.95, or less where there are too few repeats. */
  readonly confidence: number;
}

const RESAMPLES = 2_000;
const WANTED = 0.95;
/** Repeats, of fewer of which the ends are the least and the greatest. */
const ENOUGH = 6;
const SEED = 17263;

/** Throws on an empty list. */
export function medianInterval(values: readonly number[]): Interval {
  const list = [...values];
  // What resampling would come to as well.
  if (list.length < ENOUGH) {
    return { low: min(list), middle: median(list), high: max(list), ...reached(list.length) };
  }
  return interval(median(list), list.length, (chance) =>
    median(sampleWithReplacement(list, list.length, chance)),
  );
}

/** The interval of any statistic: `again` computes it on a resample. `count` is how many were resampled. */
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
