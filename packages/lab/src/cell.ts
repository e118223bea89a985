/** What is measured, and what comes out. Everything here is plain data: it crosses processes as JSON. */

export const EXPERIMENTS = ["ring", "resume", "scale", "create", "depth"] as const;
export type Experiment = (typeof EXPERIMENTS)[number];

export const RUNTIMES = ["fibril", "fibril-frames", "generator", "ruby"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

export const ORDERS = ["sequential", "shuffled"] as const;
export type Order = (typeof ORDERS)[number];

/** One measurement: it gets a process of its own. */
export interface Cell {
  readonly experiment: Experiment;
  readonly runtime: RuntimeName;
  readonly order: Order;
  /** How many fibers; in `depth`, how many frames the one fiber has. */
  readonly fibers: number;
  /** Operations to be timed: transfers, or resumes. `create` has none, it times the creations. */
  readonly count: number;
}

/** What a process that has measured a cell says of it. */
export interface Sample {
  /** Operations done, as the fibers themselves counted them. */
  readonly count: number;
  /** Seconds that they took. In `create`: to create every fiber and enter it once. */
  readonly seconds: number;
  /** The best slice of the timed section, operations a second. */
  readonly best: number;
  /** Resident memory of the process at the end, KiB. */
  readonly rssKiB: number;
  /** Resident bytes that a suspended fiber added, after a garbage collection where there is one. */
  readonly bytesPerFiber?: number;
  /** Page faults that creating and entering a fiber took. */
  readonly faultsPerFiber?: number;
}

/** A runtime that came to its limit: a result, as in the report, not a failure of the lab. */
export interface Stopped {
  /** Operations or fibers, whichever the program counted when it stopped. */
  readonly stoppedAt: number;
  readonly error: string;
  readonly hint?: string;
}

/** The measuring process crashed, hung or lied. */
export interface Failed {
  readonly failed: string;
}

/** A figure of the report, shown where its program could not be run here. */
export interface Quoted {
  readonly quoted: string;
  readonly rate: number;
  readonly rssKiB?: number;
}

export type Outcome = Sample | Stopped | Failed | Quoted;

/** A cell with the outcomes of all its repeats. */
export interface Result {
  readonly cell: Cell;
  readonly outcomes: Outcome[];
}

export const isSample = (outcome: Outcome): outcome is Sample => "seconds" in outcome;
export const isStopped = (outcome: Outcome): outcome is Stopped => "stoppedAt" in outcome;
export const isFailed = (outcome: Outcome): outcome is Failed => "failed" in outcome;
export const isQuoted = (outcome: Outcome): outcome is Quoted => "quoted" in outcome;

export const rateOf = (sample: Sample): number => sample.count / sample.seconds;

/** `ring fibril sequential 100`, for progress and messages. */
export function title(cell: Cell): string {
  return `${cell.experiment} ${cell.runtime} ${cell.order} ${cell.fibers.toLocaleString("en-US")}`;
}
