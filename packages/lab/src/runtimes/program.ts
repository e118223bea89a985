/**
 * Runtimes that are measured by programs of their own, in `programs/`. All keep one contract: the words
 * they are called with, the work, the order, when to look at the clock, and the line they print.
 */
import { fileURLToPath } from "node:url";
import type { Cell, Experiment, Outcome, Sample, Stopped } from "../cell.js";
import { run } from "../child.js";
import { expectedSum } from "./answers.js";
import type { Launch, RuntimeEntry } from "./entry.js";
import { type Usage, usageIn } from "./process.js";

export interface Program extends Pick<
  RuntimeEntry,
  "name" | "label" | "idiom" | "slow" | "find" | "experiments"
> {
  /** What to run; the words for the cell are added. */
  readonly launch: (cell: Cell) => Promise<Launch>;
}

export const EXPERIMENTS_OF_PROGRAMS: readonly Experiment[] = [
  "ring",
  "resume",
  "scale",
  "create",
  "depth",
  "counters",
];

export const programFile = (path: string): string =>
  fileURLToPath(new URL(`../../programs/${path}`, import.meta.url));

/** The entry of a runtime that has a program. */
export function entryOf({ launch, ...about }: Program): RuntimeEntry {
  return {
    ...about,
    kind: "process",
    async command(cell) {
      const started = await launch(cell);
      const { experiment, fibers, count, order, limit = 0 } = cell;
      const words = [experiment, fibers, count, order, limit].map(String);
      return { ...started, args: [...started.args, ...words] };
    },
    parse: outcomeIn,
  };
}

/** The output of a command that only says what it is; undefined where it cannot be run. */
export async function said(command: string, args: readonly string[]): Promise<string | undefined> {
  const { stdout, stderr, trouble } = await run(command, args, 30, new AbortController().signal);
  return trouble === undefined ? (stdout + stderr).trim() : undefined;
}

/** A command, or what the environment names in its place: `FIBRIL_GO=/opt/go/bin/go`. */
export const named = (variable: string, usual: string): string => process.env[variable] ?? usual;

/** What a program prints. */
interface Line {
  readonly count: number;
  readonly seconds: number;
  /** Over what the fibers said. */
  readonly sum: number;
  /** The process right before the clock started, right after it stopped, and after a collection. */
  readonly before: string;
  readonly after: string;
  readonly settled?: string;
  readonly enterSeconds?: number;
  readonly mappings?: number;
}

export function outcomeIn(cell: Cell, stdout: string): Outcome {
  const line = parsed(stdout.trimEnd().split("\n").at(-1) as string);
  if (line === undefined) return { failed: `printed ${JSON.stringify(stdout.slice(0, 80))}` };
  if ("stoppedAt" in line) return limited(line);
  const { count, sum } = line;
  if (count === 0)
    return { stoppedAt: cell.fibers, error: "the time limit, before the first slice" };
  const expected = expectedSum(cell, count);
  if (sum !== expected) {
    return { failed: `its fibers answered ${sum} in ${count} operations, not ${expected}` };
  }
  return sampleOf(cell, line);
}

function parsed(text: string): Line | Stopped | undefined {
  try {
    const line = JSON.parse(text) as Partial<Line & Stopped>;
    if (typeof line.stoppedAt === "number" && typeof line.error === "string")
      return line as Stopped;
    const numbers = [line.count, line.seconds, line.sum];
    const sound = numbers.every((value) => typeof value === "number" && value >= 0);
    return sound ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

function sampleOf({ experiment, fibers }: Cell, line: Line): Sample {
  const { count, seconds, enterSeconds, mappings } = line;
  const [before, after, settled] = [line.before, line.after, line.settled ?? line.after].map(
    usageIn,
  );
  return {
    count,
    seconds,
    best: count / seconds,
    rssKiB: Math.round((after?.residentBytes ?? 0) / 1024),
    ...(before && after && taken(before, after)),
    ...(experiment === "create" &&
      before &&
      settled &&
      after &&
      added(before, after, settled, fibers)),
    ...(enterSeconds !== undefined && { createSeconds: seconds - enterSeconds, enterSeconds }),
    ...(mappings && { mappings }),
  };
}

function taken(before: Usage, after: Usage): Partial<Sample> {
  const { contextSwitches: switchesBefore } = before;
  const { contextSwitches: switchesAfter } = after;
  return {
    userSeconds: after.userSeconds - before.userSeconds,
    systemSeconds: after.systemSeconds - before.systemSeconds,
    majorFaults: after.majorFaults - before.majorFaults,
    minorFaults: after.minorFaults - before.minorFaults,
    ...(switchesBefore !== undefined &&
      switchesAfter !== undefined && { contextSwitches: switchesAfter - switchesBefore }),
  };
}

function added(before: Usage, after: Usage, settled: Usage, fibers: number): Partial<Sample> {
  return {
    bytesPerFiber: (settled.residentBytes - before.residentBytes) / fibers,
    faultsPerFiber: (after.minorFaults - before.minorFaults) / fibers,
    mappedBytesPerFiber: (settled.mappedBytes - before.mappedBytes) / fibers,
  };
}

function limited({ stoppedAt, error }: Stopped): Stopped {
  if (!/allocate|guard page/i.test(error)) return { stoppedAt, error };
  const hint =
    "every fiber stack takes two memory mappings: sysctl -w vm.max_map_count=1000000 lifts the limit";
  return { stoppedAt, error, hint };
}
