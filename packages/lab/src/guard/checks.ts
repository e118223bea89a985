/**
 * What must not get worse, as ratios within one run: whatever the machine does affects both figures. The
 * margins are wide, so that a check fails only when a promise of the documents is broken.
 */
import type { Cell, Experiment, Sample, TaskExperiment } from "../cell.js";

export interface Check {
  readonly name: string;
  readonly upper: Cell;
  readonly lower: Cell;
  /** The figure of which the ratio is made. */
  readonly of: (sample: Sample) => number | undefined;
  /** The largest ratio of `upper` to `lower` that holds. */
  readonly most: number;
  /** Set for a check that takes as long as all others together. */
  readonly slow?: boolean;
}

const cell = (experiment: Experiment, fibers: number, more: Partial<Cell> = {}): Cell => ({
  experiment,
  runtime: "fibril",
  order: "sequential",
  fibers,
  count: experiment === "create" ? 0 : 400_000,
  ...more,
});

/** From the best slice: it is never faster than the code, and other programs affect the median more. */
const time = ({ best }: Sample): number => 1 / best;
const bytes = ({ heapBytesPerFiber }: Sample): number | undefined => heapBytesPerFiber;

/** Compares waits of one kind with as many `await`s: they may take at most `most` times as long. */
const wait = (experiment: TaskExperiment, fibers: number, most: number): Check => ({
  name: `waits: ${experiment} among ${fibers.toLocaleString("en-US")} tasks against await`,
  upper: cell(experiment, fibers),
  lower: cell(experiment, fibers, { runtime: "async" }),
  of: time,
  most,
});

export const CHECKS: readonly Check[] = [
  {
    name: "flat in count: a resume among 131,072 fibers against 64",
    upper: cell("scale", 131_072),
    lower: cell("scale", 64),
    of: time,
    most: 3,
  },
  {
    // Beyond the caches, a shuffled resume waits for memory in any runtime. So the ratio is to the bare
    // generator in the same order.
    name: "flat in order: a shuffled resume among 262,144 fibers against the bare generator",
    upper: cell("scale", 262_144, { order: "shuffled" }),
    lower: cell("scale", 262_144, { order: "shuffled", runtime: "generator" }),
    of: time,
    most: 8,
    slow: true,
  },
  {
    name: "flat in depth: a resume under 100,000 calls against 1",
    upper: cell("depth", 100_000),
    lower: cell("depth", 1),
    of: time,
    most: 3,
  },
  {
    name: "bytes of a fiber in the heap against those of the bare generator",
    upper: cell("create", 100_000),
    lower: cell("create", 100_000, { runtime: "generator" }),
    of: bytes,
    most: 2.5,
  },
  {
    name: "overhead: a resume of 64 fibers against the bare generator",
    upper: cell("scale", 64),
    lower: cell("scale", 64, { runtime: "generator" }),
    of: time,
    most: 6,
  },
  {
    name: "frames: a resume of 64 state machines against 64 generators under Fibril",
    upper: cell("scale", 64, { runtime: "fibril-frames" }),
    lower: cell("scale", 64),
    of: time,
    most: 1 / 1.5,
  },
  {
    name: "compiled: a resume of 64 compiled fibers against 64 generators under Fibril",
    upper: cell("scale", 64, { runtime: "fibril-compiled" }),
    lower: cell("scale", 64),
    of: time,
    most: 1 / 1.5,
  },
  {
    name: "bytes of a compiled fiber in the heap against those of one with a generator",
    upper: cell("create", 100_000, { runtime: "fibril-compiled" }),
    lower: cell("create", 100_000),
    of: bytes,
    most: 0.6,
  },
  wait("suspend", 64, 2),
  wait("suspend", 1_024, 2),
  wait("suspend", 100_000, 0.9),
  wait("until", 1_024, 3),
  wait("join", 1_000, 4),
];

/** The cells of the checks, each once, however many checks need it. */
export function cellsOf(checks: readonly Check[]): Cell[] {
  const cells = checks.flatMap(({ upper, lower }) => [upper, lower]);
  return [...new Map(cells.map((one) => [JSON.stringify(one), one])).values()];
}
