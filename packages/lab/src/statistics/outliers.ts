/**
 * Repeats that do not belong to the others. They are reported and stay in: a median does not mind
 * them, and a figure without its bad days is no longer what happened.
 */
import { median, medianAbsoluteDeviation } from "simple-statistics";

/** Of Iglewicz and Hoaglin (1993), for scores from the median absolute deviation. */
const FAR = 3.5;
/** Makes the deviation comparable with a standard deviation. */
const NORMAL = 0.6745;
/** With fewer, the median absolute deviation means nothing. */
const ENOUGH = 5;

/** The indexes of the values that lie far out. */
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
