/** The calls that wait for a worker, the oldest first. */
import type { Call } from "./call.js";

/** So many places of calls that have gone may be kept, as long as they are not the most. */
const KEPT = 64;

export class Line {
  /** How many wait. */
  size: number;
  /** From `#first` on, with those that were called off: their own `line` is null. */
  #calls: Call[];
  #first: number;

  constructor() {
    this.size = 0;
    this.#calls = [];
    this.#first = 0;
  }

  push(call: Call): void {
    call.line = this;
    this.#calls.push(call);
    this.size++;
  }

  /** Takes the oldest. */
  shift(): Call | undefined {
    const calls = this.#calls;
    while (this.#first < calls.length) {
      const call = calls[this.#first++] as Call;
      if (call.line === null) continue;
      call.line = null;
      this.size--;
      this.#tidy();
      return call;
    }
    return undefined;
  }

  /** One that waits is called off. */
  drop(call: Call): void {
    call.line = null;
    this.size--;
    this.#tidy();
  }

  #tidy(): void {
    if (this.#calls.length - this.size < KEPT + this.size) return;
    this.#calls = this.#calls.slice(this.#first).filter(({ line }) => line !== null);
    this.#first = 0;
  }
}
