/** Measures how late expected events come. */
import { quantile } from "simple-statistics";
import type { Spread } from "../cell.js";

export class Lateness {
  #due: number;
  #late: number[];

  constructor() {
    this.#due = Number.POSITIVE_INFINITY;
    this.#late = [];
  }

  /** Forgets everything. */
  reset(): void {
    this.#due = Number.POSITIVE_INFINITY;
    this.#late = [];
  }

  /** The event is due in that many milliseconds. */
  expect(milliseconds: number): void {
    this.#due = performance.now() + milliseconds;
  }

  /**
   * The event has come. Also called at the end for an event that has not: if it is overdue, that
   * counts.
   */
  came(): void {
    const late = (performance.now() - this.#due) / 1000;
    this.#due = Number.POSITIVE_INFINITY;
    if (late > 0) this.#late.push(late);
  }

  /** The lateness of all events, in seconds. */
  spread(): Spread {
    const late = this.#late.length === 0 ? [0] : this.#late;
    return { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max: Math.max(...late) };
  }
}
