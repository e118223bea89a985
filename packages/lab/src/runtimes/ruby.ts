/**
 * The programs of the bug report on real Ruby, and the figures of the bug report where Ruby is not installed.
 *
 * FIBRIL_RUBY names another Ruby than the installed one.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Cell, Failed, Quoted, Sample, Stopped } from "../cell.js";
import { run } from "../system/child.js";
import type { RuntimeEntry } from "./entry.js";

const PROGRAMS = fileURLToPath(new URL("../../programs/ruby/", import.meta.url));
const command = (): string => process.env["FIBRIL_RUBY"] ?? "ruby";

export const ruby: RuntimeEntry = {
  name: "ruby",
  label: "Ruby fibers",
  kind: "process",
  experiments: ["ring", "resume", "scale", "create", "depth", "counters", "gc"],
  async find() {
    const { stdout, trouble } = await run(command(), ["-v"], 20, new AbortController().signal);
    return trouble === undefined && stdout.startsWith("ruby")
      ? { version: stdout.trim().replace(/^ruby /, "") }
      : { missing: "no Ruby here", hint: "apt-get install ruby" };
  },
  async command({ experiment, fibers, count, order, limit }) {
    const numbers = [String(fibers), String(count), order];
    const args = [...numbers, ...(limit === undefined ? [] : [String(limit)])];
    return { command: command(), args: [`${PROGRAMS}${experiment}.rb`, ...args] };
  },
  parse,
  quoted,
};

/** Reads the JSON that the programs print below the line of the bug report, where they print one. */
export function parse(_cell: Cell, stdout: string): Sample | Stopped | Failed {
  const stopped = /^Stopped at (\d+) (?:fibers|calls)\n(.*)/m.exec(stdout);
  if (stopped !== null) return limitOf(Number(stopped[1]), stopped[2] ?? "");
  const json = /^\{.*\}$/m.exec(stdout)?.[0];
  if (json === undefined) return { failed: `printed ${JSON.stringify(stdout.slice(0, 80))}` };
  return JSON.parse(json) as Sample;
}

/** What lifts a limit, recognised by its error. */
const HINTS: readonly (readonly [RegExp, string])[] = [
  [
    /guard page|allocate memory|alloc/i,
    "every fiber stack takes two memory mappings: sysctl -w vm.max_map_count=1000000 lifts the limit",
  ],
  [
    /SystemStackError/,
    "a fiber's stack has one size: RUBY_FIBER_VM_STACK_SIZE=100000000 in the environment lifts the limit",
  ],
];

function limitOf(stoppedAt: number, error: string): Stopped {
  const [, hint] = HINTS.find(([known]) => known.test(error)) ?? [];
  return { stoppedAt, error, ...(hint !== undefined && { hint }) };
}

const RING = "quoted from the bug report: Ruby 2.7.1, ring of transfers";
const RESUME = "quoted from the bug report: Ruby 2.7.1, resume and yield";
const SCALE = "quoted from the bug report: its table, another machine";

/** The figures of the bug report: number of fibers to rate. */
const FIGURES: Readonly<
  Record<string, { readonly source: string; readonly rates: ReadonlyMap<number, number> }>
> = {
  ring: {
    source: RING,
    rates: new Map([
      [100, 3_443_916.97],
      [1_000, 2_333_315.39],
      [10_000, 916_772.1],
    ]),
  },
  resume: {
    source: RESUME,
    rates: new Map([
      [100, 3_048_230.05],
      [1_000, 2_362_235.65],
      [10_000, 950_251.76],
    ]),
  },
  scale: {
    source: SCALE,
    rates: new Map(
      [
        10998609.17, 12239077.16, 12930013.16, 12678091.91, 12578625.99, 12598729.93, 12597254.54,
        12643086.2, 12116891.53, 10654248.57, 9865286.58, 9644781.53, 9455585.41, 9070485.29,
        5054997.19, 3189286.37, 2949265.02, 2951698.03, 2910388.5, 2915666.38, 2917077.46,
      ].map((rate, power) => [2 ** power, rate]),
    ),
  },
};

/** The fibers at which Ruby stopped in the bug report (Ruby 2.7.1, vm.max_map_count as installed). */
const LIMITS: Readonly<Record<string, number>> = { ring: 31_744, resume: 21_745 };

/** The CSV of the last program of the bug report, unchanged: rates, and what was counted meanwhile. */
const COUNTED = {
  source: "quoted from the bug report: its CSV, Ruby 3.3.0dev, another machine",
  file: `${PROGRAMS}bug-report-counters.csv`,
  /** Operations of each row. */
  count: 10_000_000,
};

function countedAt(fibers: number): Quoted | undefined {
  const [head, ...rows] = readFileSync(COUNTED.file, "utf8").trim().split("\n");
  const row = rows.find((line) => line.startsWith(`${fibers},`));
  if (head === undefined || row === undefined) return undefined;
  const [, , rate, ...events] = row.split(",").map(Number) as [number, number, number, ...number[]];
  const [, , , ...names] = head.split(",");
  return {
    quoted: COUNTED.source,
    rate,
    count: COUNTED.count,
    events: Object.fromEntries(names.map((name, i) => [name, events[i] as number])),
  };
}

/** The figure or the limit of the bug report for a cell; undefined where it has none. */
export function quoted({ experiment, fibers, order }: Cell): Quoted | Stopped | undefined {
  if (order !== "sequential") return undefined;
  if (experiment === "counters") return countedAt(fibers);
  const figures = FIGURES[experiment];
  const rate = figures?.rates.get(fibers);
  if (figures !== undefined && rate !== undefined) return { quoted: figures.source, rate };
  const stoppedAt = LIMITS[experiment];
  if (stoppedAt === undefined || fibers !== 100_000) return undefined;
  return {
    stoppedAt,
    error: "can't set a guard page: Cannot allocate memory (quoted from the bug report)",
  };
}
