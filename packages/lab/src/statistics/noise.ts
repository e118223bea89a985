/** Whether repeats agree well enough to be quoted. */
import type { Interval } from "./interval.js";

/** Half of the interval's width as a share of the median: 0.05 means "to within 5 %". */
export function uncertainty({ low, middle, high }: Interval): number {
  return (high - low) / 2 / Math.abs(middle);
}

/** Above this uncertainty a figure tells little more than its order of magnitude. */
const TOO_NOISY = 0.15;

/** False for a single repeat, which tells nothing about its noise. */
export const tooNoisy = (found: Interval): boolean => uncertainty(found) > TOO_NOISY;
