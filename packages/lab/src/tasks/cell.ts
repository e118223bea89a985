/** The arguments of a task program, the line that it prints, and what its tasks must come to. */
import type { Cell, Order, Spread, TaskExperiment } from "../cell.js";

/** Each workload is an experiment. */
export type Workload = TaskExperiment;

export interface TaskCell {
  readonly workload: Workload;
  /** The number of tasks; in `skynet`, of leaves, a power of ten. */
  readonly n: number;
  /** Laps; in the workloads that sleep or have a time limit, the seconds of it. */
  readonly each: number;
  /** The order in which tasks are woken. */
  readonly order: Order;
  /** Seconds for making the tasks, and the same for the timed section; 0 for no limit. */
  readonly limit: number;
  /** The conditions, for Fibril and for async functions. */
  readonly how?: How;
}

/** `fifo`: under the strict policy. `als`: under `AsyncLocalStorage`. */
export type How = "fifo" | "als";

/** The line that a task program prints. */
export interface TaskLine {
  readonly workload: Workload;
  readonly n: number;
  readonly seconds: number;
  /** Processor time of all threads together, the collector's too. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  /** The units of work done: tasks joined, begun or woken, or turns taken. */
  readonly count: number;
  /** The number of tasks made when the time was over. */
  readonly made: number;
  /** The peak of the resident memory, KiB. */
  readonly rssKiB: number;
  /** Resident memory before there was any task, KiB. */
  readonly emptyKiB: number;
  /** The sum of what the tasks say. */
  readonly sum: number;
  /** Operations a second in the best slice, where there was more than one slice. */
  readonly best?: number;
  /** Bytes on the heap after the end that were not there before the start. */
  readonly keptBytes?: number;
  /** Seconds of the section in which one task woke the others. */
  readonly wakeSeconds?: number;
  /** Seconds by which timers were late. */
  readonly lateness?: Spread;
}

/** Seconds of sleep: long enough for all tasks to be asleep at once. */
const NAP = 1;
const SLEEP = 3;
const LONG_SLEEP = 10;
/** Seconds of a time limit: so long that it never expires. */
const TIMEOUT = 60;

/** The arguments for a cell of the lab. */
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

/** The units of work and the sum that all tasks together must come to. */
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
    case "sieve":
      return { count: n, sum: primes(n) };
    case "deadlines":
      return { count: n * each, sum: n * each };
    case "spawn":
    case "spawn-at-once":
    case "timeout":
    case "limits":
    case "failures":
    case "map":
      return { count: n, sum: weights(n) };
    default:
      return { count: n * each, sum: (n * each * (each + 1)) / 2 };
  }
}

/** Task i contributes i % 7 + 1 to the sum, so that a lost task is noticed. */
export const weight = (index: number): number => (index % 7) + 1;

function weights(n: number): number {
  const rest = n % 7;
  return ((n - rest) / 7) * 28 + (rest * (rest + 1)) / 2;
}

/** The sum of the first primes. */
function primes(count: number): number {
  const found: number[] = [];
  for (let number = 2; found.length < count; number++) {
    if (found.every((prime) => number % prime !== 0)) found.push(number);
  }
  return found.reduce((sum, prime) => sum + prime, 0);
}
