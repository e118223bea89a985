/**
 * What a runtime that is measured in the lab's own worker must provide: the programs of the bug report,
 * in the runtime's own idiom. The lab does the timing, checks what the fibers answer, and does everything
 * else that must be the same for all runtimes. A runtime that is built on promises returns promises; the
 * others return values.
 */
import type { Order } from "../cell.js";

export type Awaitable<T> = T | Promise<T>;

export interface Runtime {
  /** A ring of fibers, each of which passes control to the next. */
  readonly ring?: (size: number, order: Order) => Awaitable<Ring>;
  /** Creates fibers that answer how often they have been resumed. None of them is entered yet. */
  readonly counters?: (size: number, order: Order) => Awaitable<Counters>;
  /** The same with many different routines, each for every so many fibers. */
  readonly many?: (routines: number, size: number, order: Order) => Awaitable<Counters>;
  /** One such fiber, which answers from under `depth` calls. */
  readonly deep?: (depth: number) => Awaitable<Counters>;
}

export interface Ring {
  /** Passes control on `count` times. Returns how often the members say they passed it on. */
  readonly run: (count: number) => Awaitable<number>;
}

export interface Counters {
  /** Resumes every fiber `laps` times, in order. Returns the sum of their answers. */
  readonly laps: (laps: number) => Awaitable<number>;
}
