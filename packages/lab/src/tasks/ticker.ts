/** A timer of the host every 10 ms, and by how much it comes late. */
import { quantile } from "simple-statistics";
import type { Spread } from "../cell.js";

const PERIOD = 10;

export class Ticker {
  #due: number;
  #timer: NodeJS.Timeout | undefined;
  #late: number[];

  constructor() {
    this.#due = 0;
    this.#timer = undefined;
    this.#late = [];
  }

  start(): void {
    clearTimeout(this.#timer);
    this.#late = [];
    this.#set();
  }

  /** A timer that should have come by now, and has not, counts. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#note();
  }

  /** Seconds. */
  readonly delays = (): Spread => {
    if (this.#timer !== undefined) this.stop();
    const late = this.#late.length === 0 ? [0] : this.#late;
    return { p50: quantile(late, 0.5), p99: quantile(late, 0.99), max: Math.max(...late) };
  };

  #set(): void {
    this.#due = performance.now() + PERIOD;
    this.#timer = setTimeout(() => {
      this.#note();
      this.#set();
    }, PERIOD);
  }

  #note(): void {
    const late = (performance.now() - this.#due) / 1000;
    if (late > 0) this.#late.push(late);
  }
}
