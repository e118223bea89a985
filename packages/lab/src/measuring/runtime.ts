/**
 * What a runtime that is measured in our own worker brings: the report's programs in its own idiom.
 * The lab does the clock, the counting of what the fibers answer, and everything else that must be
 * the same for all. A runtime on promises answers with them; the others answer at once.
 */
import type { Order } from "../cell.js";

export type Awaitable<T> = T | Promise<T>;

export interface Runtime {
  /** A ring of fibers, each passing control to the next. */
  readonly ring?: (size: number, order: Order) => Awaitable<Ring>;
  /** Fibers that answer how often they have been resumed. They are not entered yet. */
  readonly counters?: (size: number, order: Order) => Awaitable<Counters>;
  /** One fiber that answers from under `depth` calls. */
  readonly deep?: (depth: number) => Awaitable<Counters>;
}

export interface Ring {
  /** Passes control on `count` times; answers how often the members say they did. */
  readonly run: (count: number) => Awaitable<number>;
}

export interface Counters {
  /** Resumes every fiber `laps` times, in order; answers the sum of what they answered. */
  readonly laps: (laps: number) => Awaitable<number>;
}
