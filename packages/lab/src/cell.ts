/** What is measured, and what comes out. Everything here is plain data: it crosses processes as JSON. */

/** Those of `fibril-lab tasks`: schedulers compared, and not how control is handed over. */
export const TASK_EXPERIMENTS = [
  "spawn",
  "spawn-at-once",
  "skynet",
  "sleep",
  "sleep-bare",
  "yield",
  "wake",
  "wake-replaced",
  "suspend",
  "park",
  "until",
  "join",
  "timeout",
  "deadlines",
  "limits",
  "failures",
  "host-delay",
  "at-once",
  "async-context",
] as const;
export type TaskExperiment = (typeof TASK_EXPERIMENTS)[number];

const OF_FIBERS = [
  "ring",
  "resume",
  "scale",
  "create",
  "depth",
  "counters",
  "gc",
  "memory",
  "empty",
] as const;
export type Experiment = (typeof OF_FIBERS)[number] | TaskExperiment;
export const EXPERIMENTS: readonly Experiment[] = [...OF_FIBERS, ...TASK_EXPERIMENTS];

/** A name that the registry of runtimes knows. */
export type RuntimeName = string;

export const ORDERS = ["sequential", "shuffled"] as const;
export type Order = (typeof ORDERS)[number];

/** One measurement: it gets a process of its own. */
export interface Cell {
  readonly experiment: Experiment;
  readonly runtime: RuntimeName;
  readonly order: Order;
  /** How many fibers; in `depth`, how many frames the one fiber has; in `memory`, how many cache lines. */
  readonly fibers: number;
  /** Operations to be timed: transfers, or resumes. `create` has none, it times the creations. */
  readonly count: number;
  /** Seconds after which a slow runtime stops and says how far it came. */
  readonly limit?: number;
  /** Which of the things that are compared, where the same cell is measured under several conditions. */
  readonly variant?: string;
}

/** Seconds: the middle, nearly the worst, and the worst of many. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What a process that has measured a cell says of it. Whatever a runtime cannot tell is left out. */
export interface Sample {
  /** Operations done, as the fibers themselves counted them. */
  readonly count: number;
  /** Seconds that they took. In `create`: to create every fiber and enter it once. */
  readonly seconds: number;
  /** The best slice of the timed section, operations a second. */
  readonly best: number;
  /** Resident memory of the process at the end, KiB; of tasks the most that it was at any time. */
  readonly rssKiB: number;
  /** Rates of the slices, in order of time; the first hundred. */
  readonly slices?: readonly number[];
  /**
   * Resident bytes that a suspended fiber added, after a garbage collection where there is one; of
   * tasks the most that all of them together added at any time, as a share.
   */
  readonly bytesPerFiber?: number;
  /** Bytes that a suspended fiber has in V8's heap, where it lives in one. */
  readonly heapBytesPerFiber?: number;
  /** Page faults that creating and entering a fiber took. */
  readonly faultsPerFiber?: number;

  /** `create`: the two parts of `seconds`. */
  readonly createSeconds?: number;
  readonly enterSeconds?: number;
  /** Memory mappings of the process when every fiber lives. */
  readonly mappings?: number;
  /** Address space that a fiber added, whether resident or not. */
  readonly mappedBytesPerFiber?: number;

  /** Of the timed section, as the operating system counted them. */
  readonly userSeconds?: number;
  readonly systemSeconds?: number;
  readonly majorFaults?: number;
  readonly minorFaults?: number;
  readonly contextSwitches?: number;

  /** Garbage collections within the timed section. */
  readonly gcCount?: number;
  readonly gcSeconds?: number;
  /** How long each collection stopped the program, seconds. */
  readonly pauses?: Spread;
  /** By how much the event loop came late meanwhile, seconds. */
  readonly loopDelay?: Spread;

  /** Of tasks: seconds of the section in which one woke the others. */
  readonly wakeSeconds?: number;
  /** Of tasks: bytes a task that are on the heap when all is over, and were not before. */
  readonly keptBytes?: number;

  /** Hardware and software events of the timed section, by perf's names. */
  readonly events?: Readonly<Record<string, number>>;
  /** Why hardware events are missing, in words. */
  readonly eventsMissing?: string;

  /** `empty`: seconds that the lab's own clock, slicing and checking took for as many operations. */
  readonly overheadSeconds?: number;
}

/** A runtime that came to its limit: a result, as in the report, not a failure of the lab. */
export interface Stopped {
  /** Operations or fibers, whichever the program counted when it stopped. */
  readonly stoppedAt: number;
  readonly error: string;
  readonly hint?: string;
  /** Not run: this many fibers were too many already. */
  readonly asWith?: number;
}

/** The measuring process crashed, hung or lied. */
export interface Failed {
  readonly failed: string;
}

/** A figure of the report, shown where its program could not be run here. */
export interface Quoted {
  readonly quoted: string;
  readonly rate: number;
  /** Of so many operations, by perf's names, where the report has counted them. */
  readonly count?: number;
  readonly events?: Readonly<Record<string, number>>;
}

export type Outcome = Sample | Stopped | Failed | Quoted;

/** A cell with the outcomes of all its repeats. */
export interface Result {
  readonly cell: Cell;
  readonly outcomes: Outcome[];
}

/** Where a program spent its time, as folded stacks: `outer;inner` and how many samples fell there. */
export interface Profile {
  readonly runtime: RuntimeName;
  readonly experiment: Experiment;
  readonly fibers: number;
  /** V8's profiler sees JavaScript; perf sees user and kernel stacks. */
  readonly source: "v8" | "perf";
  readonly stacks: readonly (readonly [stack: string, samples: number])[];
  /** The raw recording, beside the file that this stands in. */
  readonly file?: string;
}

export const isSample = (outcome: Outcome): outcome is Sample => "seconds" in outcome;
export const isStopped = (outcome: Outcome): outcome is Stopped => "stoppedAt" in outcome;
export const isFailed = (outcome: Outcome): outcome is Failed => "failed" in outcome;
export const isQuoted = (outcome: Outcome): outcome is Quoted => "quoted" in outcome;

export const rateOf = (sample: Sample): number => sample.count / sample.seconds;

/** `ring fibril sequential 100`, for progress and messages. */
export function title(cell: Cell): string {
  const { experiment, runtime, order, fibers, variant } = cell;
  const words = [experiment, runtime, order, fibers.toLocaleString("en-US")];
  return [...words, ...(variant === undefined ? [] : [`(${variant})`])].join(" ");
}
