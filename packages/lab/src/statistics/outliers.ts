/**
 * Repeats that lie far from the others. They are mentioned and stay in the sample: a median tolerates
 * them, and without them the figure would not show what happened.
 */
import { median, medianAbsoluteDeviation } from "simple-statistics";

/** The threshold of Iglewicz and Hoaglin (1993) for scores from the median absolute deviation. */
const FAR = 3.5;
/** Makes the deviation comparable with a standard deviation. */
const NORMAL = 0.6745;
/** With fewer repeats, the median absolute deviation is not meaningful. */
const ENOUGH = 5;

/** The indexes of the outliers. */
export function outliers(values: readonly number[]): number[] {
  if (values.length < ENOUGH) return [];
  const list = [...values];
  const middle = median(list);
  const deviation = medianAbsoluteDeviation(list);
  if (deviation === 0) return [];
  return list.flatMap((value, index) =>
    (NORMAL * Math.abs(value - middle)) / deviation > FAR ? [index] : [],
  );
}
