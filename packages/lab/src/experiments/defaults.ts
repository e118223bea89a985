/** Sizes, runtimes and defaults that several experiments share. */
import type { RuntimeName } from "../cell.js";
import type { Defaults, Wishes } from "./experiment.js";

/** What `fibril-lab all` compares in the three minutes that it has for everything. */
export const THINNED: readonly RuntimeName[] = ["fibril", "generator", "ruby"];
/**
 * The runtimes that are quick at any size. Ruby takes longer to reach its limit the more fibers it
 * gets.
 */
export const FAST: readonly RuntimeName[] = ["fibril", "generator"];
/** Fibril, and what people would choose instead, as far as it is installed. */
const SIDE_BY_SIDE: readonly RuntimeName[] = ["fibril", "generator", "ruby", "go"];

/** From a size that fits every cache to sizes that exceed one cache after the other. */
const SHUFFLED: readonly number[] = [64, 1_024, 16_384, 131_072, 1_048_576];

/** Sizes for Go, which takes half a minute for each of the largest. */
const MILESTONES: readonly number[] = [1, 64, 1_024, 16_384, 131_072, 1_048_576];

const POWERS: readonly number[] = Array.from({ length: 21 }, (_, power) => 2 ** power);

/** The table of the bug report: every power of two on the quick runtimes, and a few sizes on the others. */
export const TABLE: readonly Wishes[] = [
  { fibers: POWERS, orders: ["sequential"], runtimes: THINNED },
  { fibers: MILESTONES, orders: ["sequential"], runtimes: ["go"] },
  { fibers: SHUFFLED, orders: ["shuffled"], runtimes: FAST },
  { fibers: [64, 16_384], orders: ["shuffled"], runtimes: ["ruby", "go"] },
];

/** The defaults where all fibers have been entered before the clock starts: `scale` and `counters`. */
export const STARTED: Defaults = {
  runtimes: SIDE_BY_SIDE,
  orders: ["sequential", "shuffled"],
  fibers: POWERS,
  shuffledFibers: SHUFFLED,
  quickFibers: [64, 16_384],
  count: 1_000_000,
  quickCount: 500_000,
};

/** The defaults where the clock includes each fiber's first entry: `ring` and `resume`. */
export const FROM_FIRST_ENTRY: Defaults = {
  runtimes: SIDE_BY_SIDE,
  orders: ["sequential", "shuffled"],
  fibers: [100, 1_000, 10_000, 100_000, 1_000_000],
  shuffledFibers: [100, 10_000, 1_000_000],
  quickFibers: [100, 10_000],
  count: 1_000_000,
  quickCount: 200_000,
};

/** What `fibril-lab all` measures of `ring` and `resume` in sequential order. */
export const FROM_FIRST_ENTRY_THINNED: readonly Wishes[] = [
  { fibers: [100, 10_000, 1_000_000], orders: ["sequential"], runtimes: FAST },
  { fibers: [100, 10_000, 100_000], orders: ["sequential"], runtimes: ["ruby"] },
];
