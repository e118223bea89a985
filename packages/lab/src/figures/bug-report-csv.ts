/** The CSV of the bug report: its columns under its names and in its order, then the lab's own columns. */
import {
  isQuoted,
  isSample,
  isStopped,
  type Quoted,
  rateOf,
  type Result,
  type Sample,
} from "../cell.js";
import { EVENTS } from "../perf/events.js";

const OURS = [
  "context-switches",
  "user time (s)",
  "system time (s)",
  "gc count",
  "gc time (s)",
  "rss (KiB)",
  "bytes per fiber",
  "runtime",
  "order",
  "repeat",
] as const;

export function bugReportCsv(results: readonly Result[]): string {
  const head = ["fibers", "elapsed time (s)", "rate (t/s)", ...EVENTS, ...OURS];
  const rows = results
    .filter(({ cell }) => cell.experiment === "counters")
    .flatMap(({ cell, outcomes }) =>
      outcomes.flatMap((outcome, repeat) => {
        const { fibers, runtime, order } = cell;
        if (isSample(outcome)) return [[fibers, ...figures(outcome), runtime, order, repeat + 1]];
        if (!isQuoted(outcome)) return [];
        return [
          [fibers, ...quotation(outcome), `${runtime} (quoted from the bug report)`, order, ""],
        ];
      }),
    );
  return [head, ...rows].map((row) => `${row.map((value) => value ?? "").join(",")}\n`).join("");
}

/**
 * A line for each runtime that reached a limit, because the columns of the bug report have no place for
 * it.
 */
export function beyondCsv(results: readonly Result[]): string[] {
  const limits = new Map<string, { readonly sizes: Set<string>; readonly error: string }>();
  for (const { cell, outcomes } of results) {
    const stopped = outcomes.find(isStopped);
    if (cell.experiment !== "counters" || stopped === undefined) continue;
    const error = `stopped at ${stopped.stoppedAt} fibers: ${stopped.error}`;
    const { sizes } = limits.get(cell.runtime) ?? { sizes: new Set() };
    limits.set(cell.runtime, { sizes: sizes.add(cell.fibers.toLocaleString("en-US")), error });
  }
  return [...limits].map(
    ([runtime, { sizes, error }]) =>
      `${runtime}, ${[...sizes].join(" and ")}: not in the CSV: ${error}`,
  );
}

function figures(sample: Sample): (number | undefined)[] {
  const { contextSwitches, userSeconds, systemSeconds, gcCount, gcSeconds } = sample;
  return [
    sample.seconds,
    rateOf(sample),
    ...EVENTS.map((event) => eventOf(sample, event)),
    contextSwitches,
    userSeconds,
    systemSeconds,
    gcCount,
    gcSeconds,
    sample.rssKiB,
    sample.bytesPerFiber,
  ];
}

function quotation({ count, rate, events }: Quoted): (number | undefined)[] {
  const unknown = OURS.slice(0, OURS.indexOf("runtime")).map(() => undefined);
  return [count && count / rate, rate, ...EVENTS.map((event) => events?.[event]), ...unknown];
}

/**
 * An event as perf counted it. Page faults are known without perf too: the operating system counts
 * them.
 */
export function eventOf(sample: Sample, event: string): number | undefined {
  const { events, minorFaults, majorFaults } = sample;
  // Without the right to look into the kernel, perf counts user space alone and adds `:u` to the name.
  const counted = events?.[event] ?? events?.[`${event}:u`];
  if (counted !== undefined) return counted;
  if (event === "minor-faults") return minorFaults;
  if (event === "major-faults") return majorFaults;
  if (event !== "page-faults" || minorFaults === undefined) return undefined;
  return minorFaults + (majorFaults ?? 0);
}
