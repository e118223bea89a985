/**
 * Where the warm-up in a series of rates ends: while the compiler works on a program, the program gets
 * faster slice by slice.
 */
import { median, medianAbsoluteDeviation } from "simple-statistics";

const WINDOW = 4;
/** A gain below this share does not count. */
const GAIN = 0.05;

/** Whether the last slices were no faster than the slices before them. The rates are in order of time. */
export function settled(rates: readonly number[]): boolean {
  if (rates.length < 2 * WINDOW) return false;
  const last = median(rates.slice(-WINDOW));
  const before = median(rates.slice(-2 * WINDOW, -WINDOW));
  return last <= before * (1 + GAIN);
}

/**
 * The number of slices at the beginning that were slower than the later half; undefined when the series
 * is too short to tell. Three slices decide together, so that one disturbance does not count as warm-up.
 */
export function slowStart(rates: readonly number[]): number | undefined {
  if (rates.length < 2 * WINDOW) return undefined;
  const later = rates.slice(Math.floor(rates.length / 2));
  const steady = median(later);
  const band = Math.max(GAIN * steady, 3 * 1.4826 * medianAbsoluteDeviation(later));
  for (let at = 0; at + 3 <= rates.length; at++) {
    if (median(rates.slice(at, at + 3)) >= steady - band) return at;
  }
  return rates.length;
}
