/** The words that a task program is called with, and the line that it prints. */
import type { Cell, Order, Spread, TaskExperiment } from "../cell.js";

/** Each is an experiment of its own. */
export type Workload = TaskExperiment;

export interface TaskCell {
  readonly workload: Workload;
  /** Tasks; in `skynet` the leaves, a power of ten. */
  readonly n: number;
  /** Laps of what goes round; seconds of a sleep and of a timeout that never comes. */
  readonly each: number;
  /** In which tasks are woken. */
  readonly order: Order;
  /** Seconds that making the tasks may take, and the timed section again; 0 for no limit. */
  readonly limit: number;
  /** Of Fibril and of async functions: under which conditions. */
  readonly how?: How;
}

/** `fifo`: the strict policy. `als`: under `AsyncLocalStorage`. */
export type How = "fifo" | "als";

/** What a task program prints. */
export interface TaskLine {
  readonly workload: Workload;
  readonly n: number;
  readonly seconds: number;
  /** Of all processors and threads together, also the collector's. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** What was done: tasks joined, begun, woken, or turns taken. */
  readonly count: number;
  /** Tasks made when the time was over. */
  readonly made: number;
  /** The most that was resident at any time, KiB. */
  readonly rssKiB: number;
  /** Resident before there was any task. */
  readonly emptyKiB: number;
  /** Over what the tasks say. */
  readonly sum: number;
  /** Operations a second of the best slice, where there was more than one. */
  readonly best?: number;
  /** On the heap when all is over, and not there before. */
  readonly keptBytes?: number;
  /** Seconds of the section in which one task woke the others. */
  readonly wakeSeconds?: number;
  /** By how much timers came late, seconds. */
  readonly lateness?: Spread;
}

/** Seconds: long enough for all to be asleep at once. */
const NAP = 1;
const SLEEP = 3;
const LONG_SLEEP = 10;
/** So late that it never comes. */
const TIMEOUT = 60;

/** From a cell of the lab. */
export function taskCell(cell: Cell, how?: How): TaskCell {
  const { experiment, fibers, count, order, limit = 0 } = cell;
  const each = eachOf(experiment, fibers, count);
  const sleeps = experiment === "sleep" || experiment === "sleep-bare";
  return {
    workload: experiment as Workload,
    n: fibers,
    each,
    order,
    limit: limit === 0 || !sleeps ? limit : limit + each,
    ...(how && { how }),
  };
}

function eachOf(experiment: Cell["experiment"], n: number, count: number): number {
  if (experiment === "sleep" || experiment === "sleep-bare") return sleepSeconds(n);
  if (experiment === "timeout" || experiment === "limits") return TIMEOUT;
  return count === 0 ? 0 : Math.ceil(count / n);
}

function sleepSeconds(n: number): number {
  return n <= 10_000 ? NAP : n <= 100_000 ? SLEEP : LONG_SLEEP;
}

export const words = ({ workload, n, each, order, limit, how }: TaskCell): string[] =>
  [workload, n, each, order, limit, how ?? ""].map(String);

/** What all tasks together do and come to. */
export function wholeOf({ workload, n, each }: Pick<TaskCell, "workload" | "n" | "each">): {
  count: number;
  sum: number;
} {
  switch (workload) {
    case "skynet":
      return { count: (n * 10 - 1) / 9, sum: (n * (n - 1)) / 2 };
    case "sleep":
    case "sleep-bare":
      return { count: n, sum: n };
    case "deadlines":
      return { count: n * each, sum: n * each };
    case "spawn":
    case "spawn-at-once":
    case "timeout":
    case "limits":
    case "failures":
      return { count: n, sum: weights(n) };
    default:
      return { count: n * each, sum: (n * each * (each + 1)) / 2 };
  }
}

/** Task i contributes i % 7 + 1: so that nothing is lost unseen. */
export const weight = (index: number): number => (index % 7) + 1;

function weights(n: number): number {
  const rest = n % 7;
  return ((n - rest) / 7) * 28 + (rest * (rest + 1)) / 2;
}
