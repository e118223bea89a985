/** By how much what should have come by a time came late. */
import { quantile } from "simple-statistics";
import type { Spread } from "../cell.js";

export class Lateness {
  #due: number;
  #late: number[];

  constructor() {
    this.#due = Number.POSITIVE_INFINITY;
    this.#late = [];
  }

  /** Forgets what was. */
  reset(): void {
    this.#due = Number.POSITIVE_INFINITY;
    this.#late = [];
  }

  /** In so many milliseconds. */
  expect(milliseconds: number): void {
    this.#due = performance.now() + milliseconds;
  }

  /** Also said at the end, of what has not come by then: if it is late already, that counts. */
  came(): void {
    const late = (performance.now() - this.#due) / 1000;
    this.#due = Number.POSITIVE_INFINITY;
    if (late > 0) this.#late.push(late);
  }

  /** Seconds. */
  spread(): Spread {
    const late = this.#late.length === 0 ? [0] : this.#late;
    return { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max: Math.max(...late) };
  }
}
