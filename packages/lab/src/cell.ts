/**
 * What is measured, and what comes out. Everything here is plain data: it crosses processes as JSON.
 *
 * "The bug report" is Ruby bug #17263, whose programs the lab runs. "The report" is what the lab writes.
 */

/** The experiments of `fibril-lab tasks`. They compare schedulers; the others compare switches. */
export const TASK_EXPERIMENTS = [
  "spawn",
  "spawn-at-once",
  "skynet",
  "sleep",
  "sleep-bare",
  "yield",
  "yield-replaced",
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
  "rendezvous",
  "stream",
  "channel-ring",
  "sieve",
  "line",
  "fan",
  "select",
  "broadcast",
  "drain",
  "lock",
  "try-lock",
  "hand-over",
  "semaphore",
  "map",
] as const;
export type TaskExperiment = (typeof TASK_EXPERIMENTS)[number];

/** The experiments of `fibril-lab net`. They compare servers. */
export const NET_EXPERIMENTS = ["http", "http-latency", "echo", "idle"] as const;
export type NetExperiment = (typeof NET_EXPERIMENTS)[number];

const OF_FIBERS = [
  "ring",
  "resume",
  "scale",
  "create",
  "routines",
  "depth",
  "counters",
  "gc",
  "memory",
  "empty",
] as const;
export type Experiment = (typeof OF_FIBERS)[number] | TaskExperiment | NetExperiment;
export const EXPERIMENTS: readonly Experiment[] = [
  ...OF_FIBERS,
  ...TASK_EXPERIMENTS,
  ...NET_EXPERIMENTS,
];

/** A name that the registry of runtimes knows: `ruby`. */
export type RuntimeName = string;

export const ORDERS = ["sequential", "shuffled"] as const;
export type Order = (typeof ORDERS)[number];

/** One measurement: an experiment on a runtime, in an order, at a size. It gets its own process. */
export interface Cell {
  readonly experiment: Experiment;
  readonly runtime: RuntimeName;
  readonly order: Order;
  /**
   * The number of fibers; in `depth`, of calls of the one fiber; in `routines`, of routines; in `memory`, of cache lines; in `net`, of
   * connections.
   */
  readonly fibers: number;
  /** Operations to be timed: transfers or resumes. `create` has 0, because it times the creations. */
  readonly count: number;
  /** Seconds after which a slow runtime stops and prints how far it came; in `net`, those of the load. */
  readonly limit?: number;
  /** Which side of a comparison, where the same cell is measured under several conditions. */
  readonly variant?: string;
}

/** Seconds: the median, the 99th percentile and the maximum of many values. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What the measuring process prints about its cell. It leaves out what the runtime cannot tell. */
export interface Sample {
  /** Operations done, as the fibers counted them. */
  readonly count: number;
  /** Seconds that the operations took. In `create`: to create every fiber and enter it once. */
  readonly seconds: number;
  /** Operations a second in the fastest slice of the timed section. */
  readonly best: number;
  /** Resident memory of the process at the end, in KiB; in `tasks`, its peak. */
  readonly rssKiB: number;
  /** Rates of the first hundred slices, in order of time. */
  readonly slices?: readonly number[];
  /**
   * Resident bytes that a suspended fiber added, after a garbage collection where there is one. In
   * `tasks`: the peak that all tasks together added, divided by their number.
   */
  readonly bytesPerFiber?: number;
  /** Bytes that a suspended fiber takes in V8's heap, where it lives there. */
  readonly heapBytesPerFiber?: number;
  /** Page faults that creating and entering a fiber took. */
  readonly faultsPerFiber?: number;

  /** `create`: the two parts of `seconds`. */
  readonly createSeconds?: number;
  readonly enterSeconds?: number;
  /** Memory mappings of the process while every fiber is alive. */
  readonly mappings?: number;
  /** Bytes of address space that a fiber added, resident or not. */
  readonly mappedBytesPerFiber?: number;

  /** What the operating system counted in the timed section. */
  readonly userSeconds?: number;
  readonly systemSeconds?: number;
  readonly majorFaults?: number;
  readonly minorFaults?: number;
  readonly contextSwitches?: number;

  /** Garbage collections within the timed section. */
  readonly gcCount?: number;
  readonly gcSeconds?: number;
  /** Seconds for which each collection stopped the program. */
  readonly pauses?: Spread;
  /** Seconds by which the event loop was late meanwhile. */
  readonly loopDelay?: Spread;

  /** In `net`: seconds from a request to its answer, as the clients saw them. */
  readonly latency?: Spread;

  /** In `tasks`: the seconds of the section in which one task woke the others. */
  readonly wakeSeconds?: number;
  /** In `tasks`: bytes per task that are on the heap after the end and were not before the start. */
  readonly keptBytes?: number;

  /** Hardware and software events of the timed section, under perf's names. */
  readonly events?: Readonly<Record<string, number>>;
  /** Why hardware events are missing, as a text for the user. */
  readonly eventsMissing?: string;

  /** `empty`: seconds that the lab's clock, slicing and checking alone took for as many operations. */
  readonly overheadSeconds?: number;
}

/** A runtime reached its limit: a result, as in the bug report, and not a failure of the lab. */
export interface Stopped {
  /** The operations or the fibers at which the program stopped, whichever it counts. */
  readonly stoppedAt: number;
  readonly error: string;
  readonly hint?: string;
  /** Set where the cell was not run, because already this smaller number of fibers was too large. */
  readonly asWith?: number;
}

/** The measuring process crashed, hung, or did less than it claimed. */
export interface Failed {
  readonly failed: string;
}

/** A figure from the bug report. It is shown where the program cannot be run on this machine. */
export interface Quoted {
  readonly quoted: string;
  readonly rate: number;
  /** Operations of the quoted run, and its events under perf's names, where the bug report has them. */
  readonly count?: number;
  readonly events?: Readonly<Record<string, number>>;
}

export type Outcome = Sample | Stopped | Failed | Quoted;

/** A cell with the outcomes of all its repeats. */
export interface Result {
  readonly cell: Cell;
  readonly outcomes: Outcome[];
}

/** Where a program spent its time, as folded stacks: `outer;inner` and the samples that fell there. */
export interface Profile {
  readonly runtime: RuntimeName;
  readonly experiment: Experiment;
  readonly fibers: number;
  /** V8's profiler sees JavaScript; perf sees user and kernel stacks. */
  readonly source: "v8" | "perf";
  readonly stacks: readonly (readonly [stack: string, samples: number])[];
  /** The name of the raw recording, which lies beside the stored run. */
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
