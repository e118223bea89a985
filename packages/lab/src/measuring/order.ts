/** The order in which fibers are resumed: as they were made, or shuffled. */
import type { Order } from "../cell.js";

/** The seed of every shuffle, so that all runtimes and repeats use the same order. */
const SHUFFLE_SEED = 17263;

/** Shuffles the items in place (Fisher-Yates, with a fixed seed), or leaves them as they are. */
export function inOrder<T>(items: T[], order: Order): T[] {
  if (order === "sequential") return items;
  let state = SHUFFLE_SEED;
  for (let i = items.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [items[i], items[j]] = [items[j] as T, items[i] as T];
  }
  return items;
}
