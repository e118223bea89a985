/** Reads what `perf stat -j` prints: a line of JSON per event. */

export interface Counted {
  readonly events: Readonly<Record<string, number>>;
  /** The smallest share of the time for which an event was counted. Below 1, perf has scaled the count. */
  readonly running: number;
}

interface Line {
  readonly event?: string;
  readonly "counter-value"?: string;
  readonly "pcnt-running"?: number;
}

/** Skips events that were not supported or not counted, and lines that are something else. */
export function parseStat(text: string): Counted {
  const events: Record<string, number> = {};
  let running = 1;
  for (const line of text.split("\n")) {
    const found = line.startsWith("{") ? parseLine(line) : undefined;
    const value = Number(found?.["counter-value"]);
    if (found?.event === undefined || Number.isNaN(value)) continue;
    events[found.event] = value;
    running = Math.min(running, (found["pcnt-running"] ?? 100) / 100);
  }
  return { events, running };
}

function parseLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line;
  } catch {
    return undefined; // perf on some machines prints numbers with commas outside of strings
  }
}
