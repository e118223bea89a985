/**
 * Counters of a runtime in which only the scheduler resumes a task: each task gives its turn away, and the
 * scheduler runs all of them in turn. The tasks count up to a number of laps and wait there, so that the lab
 * can stop the clock between two slices.
 */
import type { Order } from "../cell.js";
import { inOrder } from "../measuring/order.js";
import type { Counters } from "../measuring/runtime.js";

export class Round {
  /** The number of turns to take. A task that has had them waits for the next slice. */
  until: number;
  /** A function for each task that waits for its first turn: it lets the task take it. */
  readonly entries: (() => void)[];
  #sum: number;
  #left: number;
  #done: (sum: number) => void;

  constructor() {
    this.until = 0;
    this.entries = [];
    this.#sum = 0;
    this.#left = 0;
    this.#done = () => {};
  }

  /** A task calls this with the number of turns that it has had. */
  answer(times: number): void {
    this.#sum += times;
    if (--this.#left === 0) this.#done(this.#sum);
  }

  /**
   * The counters. Call it once all tasks wait for their first turn. `next` lets the tasks continue that have
   * reached the end of a slice, in the order in which they reached it.
   */
  counters(order: Order, next: () => void): Counters {
    inOrder(this.entries, order);
    const size = this.entries.length;
    return {
      laps: (laps) =>
        new Promise((resolve) => {
          this.#done = resolve;
          this.#sum = 0;
          this.#left = laps * size;
          this.until += laps;
          if (this.entries.length === 0) next();
          else for (const enter of this.entries.splice(0)) enter();
        }),
    };
  }
}
