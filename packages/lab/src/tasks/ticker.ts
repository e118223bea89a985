/** A timer of the host that fires every 10 ms, and measures how late it fires. */
import type { Lateness } from "./lateness.js";

const PERIOD = 10;

export class Ticker {
  readonly #lateness: Lateness;
  #timer: NodeJS.Timeout | undefined;

  constructor(lateness: Lateness) {
    this.#lateness = lateness;
    this.#timer = undefined;
  }

  start(): void {
    clearTimeout(this.#timer);
    this.#set();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #set(): void {
    this.#lateness.expect(PERIOD);
    this.#timer = setTimeout(() => {
      this.#lateness.came();
      this.#set();
    }, PERIOD);
  }
}
