/**
 * Runtimes compared as schedulers of tasks, by programs in `programs/tasks`: what a person would choose
 * for many things at once, and what that costs in time and memory.
 */
import type { Order } from "../cell.js";
import { buildGo, findGo } from "./go.js";
import type { Found, Launch } from "./entry.js";
import { find as findPackage } from "./npm.js";
import { programFile } from "./program.js";

type Workload = "spawn" | "skynet" | "sleep" | "yield" | "timeout";

export interface TaskCell {
  readonly workload: Workload;
  /** Tasks; in `skynet` the leaves, a power of ten. */
  readonly n: number;
  /** Laps of `yield`; seconds of `sleep` and of the `timeout` that never comes. */
  readonly each: number;
  /** In which tasks are woken first in `yield`. */
  readonly order: Order;
  /** Seconds after which the program says how far it came. */
  readonly limit?: number;
}

/** What a task program prints. */
export interface TaskSample {
  readonly workload: Workload;
  readonly n: number;
  readonly seconds: number;
  /** Tasks joined (`spawn`), begun (`skynet`), woken (`sleep`, `timeout`), or turns taken (`yield`). */
  readonly count: number;
  /** The most that was resident at any time, KiB. */
  readonly rssKiB: number;
  readonly sum: number;
}

export interface TaskPeer {
  readonly name: string;
  readonly label: string;
  readonly idiom?: Partial<Record<Workload, string>>;
  readonly find: () => Promise<Found>;
  readonly command: (cell: TaskCell) => Promise<Launch>;
}

const onNode =
  (name: string) =>
  async (cell: TaskCell): Promise<Launch> => ({
    command: process.execPath,
    args: [programFile(`tasks/${name}.mjs`), ...words(cell)],
  });

const words = ({ workload, n, each, order, limit = 0 }: TaskCell): string[] =>
  [workload, n, each, order, limit].map(String);

export const taskPeers: readonly TaskPeer[] = [
  {
    name: "async",
    label: "async/await",
    idiom: {
      yield: "await null",
      timeout: "Promise.race with setTimeout, and clearTimeout",
    },
    find: async () => ({ version: process.version }),
    command: onNode("async"),
  },
  {
    name: "effect",
    label: "Effect fibers",
    find: () => findPackage("effect", "4.1.0"),
    command: onNode("effect"),
  },
  {
    name: "effection",
    label: "Effection tasks",
    idiom: {
      yield: "an action that is resolved at once",
      timeout: "a race with sleep",
    },
    find: () => findPackage("effection", "4.1.1"),
    command: onNode("effection"),
  },
  {
    name: "go",
    label: "Go goroutines",
    idiom: {
      spawn: "a channel for each result, on one processor",
      yield: "runtime.Gosched on one processor, which keeps an order of its own",
      timeout: "select with a timer, which is stopped",
    },
    find: findGo,
    async command(cell) {
      const folder = await buildGo("tasks", programFile("tasks/goroutines.go"));
      return { command: `${folder}/tasks`, args: words(cell) };
    },
  },
];

/** Reads what a task program has printed; words where it is no honest sample. */
export function taskSampleIn(cell: TaskCell, stdout: string): TaskSample | { failed: string } {
  const { workload, n } = cell;
  let sample: TaskSample;
  try {
    sample = JSON.parse(stdout.trimEnd().split("\n").at(-1) as string) as TaskSample;
  } catch {
    return { failed: `printed ${JSON.stringify(stdout.slice(0, 80))}` };
  }
  const { count, sum } = sample;
  const whole = wholeOf(cell);
  if (sample.workload !== workload || sample.n !== n || !(count <= whole.count)) {
    return { failed: `did ${count} of ${whole.count} in ${sample.workload} ${sample.n}` };
  }
  if (count < whole.count) {
    return cell.limit === undefined ? { failed: `did ${count}, not ${whole.count}` } : sample;
  }
  return sum === whole.sum ? sample : { failed: `its tasks came to ${sum}, not ${whole.sum}` };
}

/** What all tasks together do and come to. */
function wholeOf({ workload, n, each }: TaskCell): { count: number; sum: number } {
  switch (workload) {
    case "skynet":
      return { count: (n * 10 - 1) / 9, sum: (n * (n - 1)) / 2 };
    case "sleep":
      return { count: n, sum: n };
    case "yield":
      return { count: n * each, sum: (n * each * (each + 1)) / 2 };
    default:
      return { count: n, sum: weights(n) };
  }
}

/** Task i contributes i % 7 + 1. */
function weights(n: number): number {
  const rest = n % 7;
  return ((n - rest) / 7) * 28 + (rest * (rest + 1)) / 2;
}
