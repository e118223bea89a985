/** The garbage collections within a section, and how long they stopped the program. */
import { type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { max, quantile } from "simple-statistics";
import type { Sample, Spread } from "../cell.js";

type Collections = Pick<Sample, "gcCount" | "gcSeconds" | "pauses">;

/**
 * Starts to watch. The returned function stops, and returns the collections that began from `from` to
 * `to`, in milliseconds of `performance.now()`.
 */
export function watchGc(): (from: number, to: number) => Promise<Collections> {
  const seen: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => void seen.push(...list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  return async (from, to) => {
    // Node delivers the entries of collections only after a turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(...observer.takeRecords());
    observer.disconnect();
    const pauses = seen
      .filter(({ startTime }) => startTime >= from && startTime <= to)
      .map(({ duration }) => duration / 1000);
    return {
      gcCount: pauses.length,
      gcSeconds: pauses.reduce((sum, pause) => sum + pause, 0),
      ...(pauses.length === 0 ? {} : { pauses: spread(pauses) }),
    };
  };
}

function spread(values: number[]): Spread {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: max(values) };
}
