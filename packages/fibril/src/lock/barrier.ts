/** The barrier: a number of fibers wait for each other, and go on together. */
import {
  checkValue,
  done,
  type Op,
  type Rule,
  type Task,
  wait,
  type WaitBegun,
  type WaitKind,
  WaitQueue,
  wholeFrom,
} from "../core/index.js";
import { type LockOptions, titleOf } from "./options.js";

const PARTIES: Rule = wholeFrom(1);

/** Numbers of a barrier. */
export interface BarrierStats {
  /** Fibers that go on together. */
  readonly parties: number;
  /** Fibers that have come and wait for the others. */
  readonly waiting: number;
  /** How often all have gone on. */
  readonly trips: number;
}

class BarrierLine extends WaitQueue {
  private readonly core: BarrierCore;

  constructor(title: string, core: BarrierCore) {
    super(title);
    this.core = core;
  }

  override get what(): string {
    return `${this.name}, where ${this.size} of ${this.core.parties} have come`;
  }
}

class BarrierCore implements WaitKind {
  readonly parties: number;
  readonly line: BarrierLine;
  trips: number;

  constructor(title: string, parties: number) {
    this.parties = parties;
    this.line = new BarrierLine(title, this);
    this.trips = 0;
  }

  get name(): string {
    return "barrier.wait()";
  }

  get isLast(): boolean {
    return this.line.size === this.parties - 1;
  }

  begin(task: Task): WaitBegun | null {
    if (!this.isLast) return this.line.stand(task, undefined);
    this.trip();
    return done(this.parties - 1);
  }

  trip(): void {
    this.trips++;
    for (let index = 0; index < this.parties - 1; index++) this.line.wake(index);
  }
}

/**
 * Holds fibers back until a number of them have come. Then they go on together, and the barrier waits for the same
 * number again.
 *
 * A fiber that is cancelled, raised in or killed while it waits has not come: its place is open again, and the
 * others wait for another one. (Java breaks the barrier for all. Here a failure ends the scope in which the
 * fibers meet; and one that is only called off, by a time limit, may come back.)
 *
 * ```ts
 * const barrier = new Barrier(3, { name: "phase" });
 * const log: string[] = [];
 * yield* scope(function* () {
 *   for (let i = 0; i < 3; i++) {
 *     spawn(function* () {
 *       log.push("first");
 *       yield* barrier.wait();
 *       log.push("second");
 *     });
 *   }
 * });
 * log.slice(0, 3); // ["first", "first", "first"]
 * ```
 */
export class Barrier {
  readonly #core: BarrierCore;

  /** Throws RangeError when `parties`, the number of fibers, is no whole number from 1. */
  constructor(parties: number, options: LockOptions = {}) {
    checkValue("a barrier's parties", parties, PARTIES);
    this.#core = new BarrierCore(titleOf("barrier", options), parties);
  }

  /** Fibers that go on together. */
  get parties(): number {
    return this.#core.parties;
  }

  /**
   * Waits for the others; results in the place among them, 0 for the first that came, so that one of them
   * can do what is to be done once.
   *
   * Suspends unless it is the last. Throws Cancelled, and then the fiber has not come.
   */
  wait(): Op<number> {
    return wait(this.#core, undefined);
  }

  /**
   * Comes if that makes the number full: the others go on. A plain call; returns whether it did, and if not
   * the fiber has not come.
   */
  tryWait(): boolean {
    const core = this.#core;
    if (!core.isLast) return false;
    core.trip();
    return true;
  }

  /** What is to be known of it, in plain numbers. */
  stats(): BarrierStats {
    const { line, parties, trips } = this.#core;
    return { parties, waiting: line.size, trips };
  }
}
