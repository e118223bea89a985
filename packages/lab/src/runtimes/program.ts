/**
 * Runtimes that are measured by their own programs, in `programs/`. All programs keep one contract, which is
 * in programs/README.md: their arguments, the work, the order, when they look at the clock, and the line
 * that they print.
 */
import { fileURLToPath } from "node:url";
import type { Cell, Experiment, Outcome, Sample, Stopped } from "../cell.js";
import { run } from "../system/child.js";
import { expectedSum } from "./answers.js";
import type { Launch, RuntimeEntry } from "./entry.js";
import { type Memory, memoryIn, type Usage, usageIn } from "./process.js";

export interface Program extends Pick<
  RuntimeEntry,
  "name" | "label" | "idiom" | "slow" | "find" | "experiments"
> {
  /** What to run. The arguments for the cell are added. */
  readonly launch: (cell: Cell) => Promise<Launch>;
}

export const EXPERIMENTS_OF_PROGRAMS: readonly Experiment[] = [
  "ring",
  "resume",
  "scale",
  "create",
  "depth",
  "counters",
  "gc",
];

export const programFile = (path: string): string =>
  fileURLToPath(new URL(`../../programs/${path}`, import.meta.url));

/** The entry of a runtime that has its own program. */
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

/** The output of a command that prints its version; undefined where it cannot be run. */
export async function outputOf(
  command: string,
  args: readonly string[],
): Promise<string | undefined> {
  const { stdout, stderr, trouble } = await run(command, args, 30, new AbortController().signal);
  return trouble === undefined ? (stdout + stderr).trim() : undefined;
}

/** The usual command, or the one that an environment variable names: `FIBRIL_GO=/opt/go/bin/go`. */
export const named = (variable: string, usual: string): string => process.env[variable] ?? usual;

/** The line that a program prints. */
interface Line extends Pick<Sample, "enterSeconds" | "gcSeconds" | "pauses"> {
  readonly count: number;
  readonly seconds: number;
  /** The sum of what the fibers answered. */
  readonly sum: number;
  /** The state of the process right before the clock started and right after it stopped. */
  readonly before: string;
  readonly after: string;
  /** Its memory before the first fiber, and with all fibers after a garbage collection. */
  readonly empty?: string;
  readonly settled?: string;
  readonly gcCount: number;
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
    const numbers = [line.count, line.seconds, line.sum, line.gcCount];
    const sound =
      numbers.every((value) => typeof value === "number" && value >= 0) &&
      [line.before, line.after].every((text) => typeof text === "string");
    return sound ? (line as Line) : undefined;
  } catch {
    return undefined;
  }
}

function sampleOf(cell: Cell, line: Line): Sample {
  const { count, seconds, enterSeconds, gcCount, gcSeconds, pauses } = line;
  const [before, after] = [usageIn(line.before), usageIn(line.after)];
  return {
    count,
    seconds,
    best: count / seconds,
    rssKiB: Math.round((after?.residentBytes ?? 0) / 1024),
    ...(before && after && taken(before, after, cell)),
    ...added(memoryIn(line.empty), memoryIn(line.settled), cell),
    ...(enterSeconds !== undefined && { createSeconds: seconds - enterSeconds, enterSeconds }),
    gcCount,
    ...(gcSeconds !== undefined && { gcSeconds }),
    ...(pauses !== undefined && { pauses }),
  };
}

function taken(before: Usage, after: Usage, { experiment, fibers }: Cell): Partial<Sample> {
  const minorFaults = after.minorFaults - before.minorFaults;
  const majorFaults = after.majorFaults - before.majorFaults;
  return {
    userSeconds: after.userSeconds - before.userSeconds,
    systemSeconds: after.systemSeconds - before.systemSeconds,
    majorFaults,
    minorFaults,
    contextSwitches: after.contextSwitches - before.contextSwitches,
    ...(experiment === "create" && { faultsPerFiber: (minorFaults + majorFaults) / fibers }),
  };
}

/** Not in `depth`, which has one fiber: there the size is a number of calls. */
function added(
  empty: Memory | undefined,
  settled: Memory | undefined,
  { experiment, fibers }: Cell,
): Partial<Sample> {
  if (empty === undefined || settled === undefined || experiment === "depth") return {};
  return {
    bytesPerFiber: (settled.residentBytes - empty.residentBytes) / fibers,
    mappedBytesPerFiber: (settled.mappedBytes - empty.mappedBytes) / fibers,
    mappings: settled.mappings,
  };
}

function limited({ stoppedAt, error }: Stopped): Stopped {
  if (!/allocate|guard page/i.test(error)) return { stoppedAt, error };
  const hint =
    "every fiber stack takes two memory mappings: sysctl -w vm.max_map_count=1000000 lifts the limit";
  return { stoppedAt, error, hint };
}
