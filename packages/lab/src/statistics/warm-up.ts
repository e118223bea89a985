/**
 * Where the beginning of a series ends: a program that the compiler is still working on gets faster
 * slice by slice, and then does not.
 */
import { median, medianAbsoluteDeviation } from "simple-statistics";

const WINDOW = 4;
/** Less than this is no gain. */
const GAIN = 0.05;

/** Whether the last slices are no faster than the ones before them. Rates, in order of time. */
export function settled(rates: readonly number[]): boolean {
  if (rates.length < 2 * WINDOW) return false;
  const last = median(rates.slice(-WINDOW));
  const before = median(rates.slice(-2 * WINDOW, -WINDOW));
  return last <= before * (1 + GAIN);
}

/**
 * How many slices at the beginning were slower than what the later half came to; undefined when the
 * series is too short to tell. Three slices decide together, so that one bad moment is no warm-up.
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
