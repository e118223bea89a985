/** From what was asked for to the cells to be measured. */
import type { Cell, Experiment, Order, RuntimeName } from "./cell.js";

export interface Wishes {
  readonly runtimes?: readonly RuntimeName[];
  readonly orders?: readonly Order[];
  readonly fibers?: readonly number[];
  readonly count?: number;
  readonly quick?: boolean;
}

interface Defaults {
  readonly runtimes: readonly RuntimeName[];
  readonly orders: readonly Order[];
  readonly fibers: readonly number[];
  readonly quickFibers: readonly number[];
  readonly count: number;
  readonly quickCount: number;
}

const SIDE_BY_SIDE: readonly RuntimeName[] = ["fibril", "generator", "ruby"];
const POWERS = Array.from({ length: 21 }, (_, power) => 2 ** power);

/** The report's own sizes and counts. */
const DEFAULTS: Readonly<Record<Experiment, Defaults>> = {
  ring: {
    runtimes: SIDE_BY_SIDE,
    orders: ["sequential"],
    fibers: [100, 1_000, 10_000, 100_000, 1_000_000],
    quickFibers: [100, 10_000],
    count: 1_000_000,
    quickCount: 200_000,
  },
  resume: {
    runtimes: SIDE_BY_SIDE,
    orders: ["sequential"],
    fibers: [100, 1_000, 10_000, 100_000, 1_000_000],
    quickFibers: [100, 10_000],
    count: 1_000_000,
    quickCount: 200_000,
  },
  scale: {
    runtimes: SIDE_BY_SIDE,
    orders: ["sequential"],
    fibers: POWERS,
    quickFibers: [64, 16_384],
    count: 10_000_000,
    quickCount: 500_000,
  },
  create: {
    runtimes: ["fibril", "fibril-frames", "generator", "ruby"],
    orders: ["sequential"],
    fibers: [30_000, 2 ** 20],
    quickFibers: [30_000],
    count: 0,
    quickCount: 0,
  },
  depth: {
    runtimes: ["fibril", "fibril-frames", "generator"],
    orders: ["sequential"],
    fibers: [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000],
    quickFibers: [1, 10_000],
    count: 2_000_000,
    quickCount: 200_000,
  },
};

/** The cells of one experiment, the runtimes of one size next to each other. */
export function plan(experiment: Experiment, wishes: Wishes = {}): Cell[] {
  const defaults = DEFAULTS[experiment];
  const quick = wishes.quick === true;
  const fibers = wishes.fibers ?? (quick ? defaults.quickFibers : defaults.fibers);
  const count = wishes.count ?? (quick ? defaults.quickCount : defaults.count);
  const cells: Cell[] = [];
  for (const size of fibers) {
    for (const order of wishes.orders ?? defaults.orders) {
      for (const runtime of wishes.runtimes ?? defaults.runtimes) {
        if (experiment === "depth" && runtime === "ruby") continue;
        cells.push({ experiment, runtime, order, fibers: size, count });
      }
    }
  }
  return cells;
}

/** What `fibril-lab all` measures: every experiment, thinned out to about 30 seconds a round. */
export function planAll(wishes: Wishes): Cell[] {
  if (wishes.quick === true) {
    return (["ring", "resume", "scale", "create", "depth"] as const).flatMap((experiment) =>
      plan(experiment, wishes),
    );
  }
  const sized = (experiment: Experiment, fibers: number[], count: number, more: Wishes = {}) =>
    plan(experiment, { fibers, count, ...more, ...wishes });
  return [
    ...sized("ring", [100, 10_000, 30_000, 1_000_000], 1_000_000),
    ...sized("resume", [100, 10_000, 30_000, 1_000_000], 1_000_000),
    ...sized("scale", [1, 64, 1_024, 30_000, 2 ** 20], 2_000_000, {
      runtimes: ["fibril", "fibril-frames", "generator", "ruby"],
    }),
    ...sized("scale", [64, 30_000, 2 ** 20], 1_000_000, { orders: ["shuffled"] }),
    ...sized("create", [30_000, 2 ** 20], 0),
    ...sized("depth", [1, 1_000_000], 1_000_000),
  ];
}
