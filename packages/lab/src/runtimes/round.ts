/**
 * Counters of a runtime in which nothing resumes a task but its scheduler: each gives its turn away, and
 * the scheduler goes round. They count to a number of laps and wait there, so that the lab can stop the
 * clock between two slices.
 */
import type { Order } from "../cell.js";
import { inOrder } from "../measuring/order.js";
import type { Counters } from "../measuring/runtime.js";

export class Round {
  /** How many turns to take: who has had them waits for the next slice. */
  until: number;
  /** Who waits for the first turn: what lets each of them take it. */
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

  /** A task says how many turns it has had. */
  answer(times: number): void {
    this.#sum += times;
    if (--this.#left === 0) this.#done(this.#sum);
  }

  /**
   * The counters, once all of them wait for their first turn. `next` lets those go on that have come to
   * the end of a slice, in the order in which they came.
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
