/** The latch: opens when so much has been done, and stays open. */
import { checkValue, type Op, type Rule, wait, wholeFrom } from "../core/index.js";
import { Gate } from "./event.js";
import { type LockOptions, titleOf } from "./options.js";

const COUNT: Rule = wholeFrom(0);
const DONE: Rule = wholeFrom(1);

/** Numbers of a latch. */
export interface LatchStats {
  /** What has still to be done before it opens. */
  readonly count: number;
  /** Fibers that wait for it. */
  readonly waiting: number;
}

class LatchGate extends Gate {
  count: number;

  constructor(title: string, count: number) {
    super("latch.wait()", title);
    this.count = count;
    this.open = count === 0;
  }
}

/**
 * Counts down what has still to be done; at none it opens for all that wait, for good. The word and the idea
 * are Java's.
 *
 * ```ts
 * const warm = new Latch(3, { name: "warm" });
 * for (let i = 0; i < 3; i++) {
 *   spawn(function* () {
 *     yield* sleep(i);
 *     warm.countDown();
 *   });
 * }
 * yield* warm.wait();
 * warm.count; // 0
 * ```
 */
export class Latch {
  readonly #gate: LatchGate;

  /** Throws RangeError when `count` is no whole number from 0. */
  constructor(count: number, options: LockOptions = {}) {
    checkValue("a latch's count", count, COUNT);
    this.#gate = new LatchGate(titleOf("latch", options), count);
  }

  /** What has still to be done before it opens. */
  get count(): number {
    return this.#gate.count;
  }

  /** Whether it has opened. */
  get isOpen(): boolean {
    return this.#gate.open;
  }

  /**
   * So much has been done. A plain call; returns whether that has opened it. Throws RangeError when less was
   * left to be done.
   */
  countDown(done = 1): boolean {
    const gate = this.#gate;
    checkValue("latch.countDown", done, DONE);
    if (done > gate.count) {
      throw new RangeError(
        `latch.countDown(${done}) of ${gate.line.name}, of which ${gate.count} was left: ` +
          `something was counted twice, or the latch was made for less`,
      );
    }
    gate.count -= done;
    return gate.count === 0 && gate.release();
  }

  /** Waits until it is open. Suspends unless it is. Throws Cancelled. */
  wait(): Op<void> {
    return wait(this.#gate, undefined);
  }

  /** What is to be known of it, in plain numbers. */
  stats(): LatchStats {
    return { count: this.#gate.count, waiting: this.#gate.line.size };
  }
}
