/** What the three clients have in common: what they ask for, the limits, and what they tell in the end. */
export const ORIGIN = process.argv[2]!;
export const JOBS = Number(process.argv[3] ?? 200);
/** Requests per second. A tenth of them may be sent at once. */
export const RATE = Number(process.argv[4] ?? 200);
export const CONCURRENCY = 32;
/** A request that has taken so long gets a second one beside it, in milliseconds. */
export const HEDGE_AFTER = 50;
export const REQUEST_LIMIT = 2_000;
export const ATTEMPTS = 20;
/** No pause before another attempt is longer, in milliseconds. */
export const LONGEST_PAUSE = 2_000;
/** So many failures in a row open the circuit breaker, for so many milliseconds. */
export const BREAKER = { failures: 10, reset: 300 };

export interface Item {
  readonly id: number;
}

export const stats = { done: 0, failed: 0, sum: 0 };
export function done({ id }: Item): void {
  stats.done++;
  stats.sum += id;
}
