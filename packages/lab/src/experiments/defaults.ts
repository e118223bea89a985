/** What several experiments measure unless more is asked for. */
import type { RuntimeName } from "../cell.js";
import type { Defaults, Wishes } from "./experiment.js";

/** What `all` compares, which has three minutes for everything. */
export const THINNED: readonly RuntimeName[] = ["fibril", "generator", "ruby"];
/** Of these, what is quick at any size: the more fibers, the longer Ruby takes to find its limit. */
export const HERE: readonly RuntimeName[] = ["fibril", "generator"];
/** What people would choose instead, as far as it is installed. */
const SIDE_BY_SIDE: readonly RuntimeName[] = ["fibril", "generator", "ruby", "go"];

/** Within every cache, and beyond one after the other. */
const SHUFFLED: readonly number[] = [64, 1_024, 16_384, 131_072, 1_048_576];

/** Sizes for Go, to which each of the largest is half a minute. */
const MILESTONES: readonly number[] = [1, 64, 1_024, 16_384, 131_072, 1_048_576];

const POWERS: readonly number[] = Array.from({ length: 21 }, (_, power) => 2 ** power);

/** The report's table: every power where that is quick, and a few beside it. */
export const TABLE: readonly Wishes[] = [
  { fibers: POWERS, orders: ["sequential"], runtimes: THINNED },
  { fibers: MILESTONES, orders: ["sequential"], runtimes: ["go"] },
  { fibers: SHUFFLED, orders: ["shuffled"], runtimes: HERE },
  { fibers: [64, 16_384], orders: ["shuffled"], runtimes: ["ruby", "go"] },
];

/** Of the experiments whose fibers have been entered before the clock starts: `scale` and `counters`. */
export const STARTED: Defaults = {
  runtimes: SIDE_BY_SIDE,
  orders: ["sequential", "shuffled"],
  fibers: POWERS,
  shuffledFibers: SHUFFLED,
  quickFibers: [64, 16_384],
  count: 1_000_000,
  quickCount: 500_000,
};

/** Of the experiments whose clock includes the fibers' first entries: `ring` and `resume`. */
export const FROM_FIRST_ENTRY: Defaults = {
  runtimes: SIDE_BY_SIDE,
  orders: ["sequential", "shuffled"],
  fibers: [100, 1_000, 10_000, 100_000, 1_000_000],
  shuffledFibers: [100, 10_000, 1_000_000],
  quickFibers: [100, 10_000],
  count: 1_000_000,
  quickCount: 200_000,
};

/** What `all` measures of both in sequential order. */
export const FROM_FIRST_ENTRY_THINNED: readonly Wishes[] = [
  { fibers: [100, 10_000, 1_000_000], orders: ["sequential"], runtimes: HERE },
  { fibers: [100, 10_000, 100_000], orders: ["sequential"], runtimes: ["ruby"] },
];
