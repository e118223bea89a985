/** The event: something that has happened, or has not yet. */
import {
  done,
  type Op,
  type Task,
  wait,
  type WaitBegun,
  type WaitKind,
  WaitQueue,
} from "../core/index.js";
import { type LockOptions, titleOf } from "./options.js";

/** Numbers of an event. */
export interface EventStats {
  /** 1 when it is set. */
  readonly set: number;
  /** Fibers that wait for it. */
  readonly waiting: number;
}

/**
 * Something that fibers wait for until it has happened; from then on nobody waits.
 *
 * ```ts
 * import { Event, run, spawn } from "fibril";
 *
 * await run(function* () {
 *   const ready = new Event({ name: "ready" });
 *   const worker = spawn(function* () {
 *     yield* ready.wait();
 *     return "works";
 *   });
 *   ready.set();
 *   yield* worker; // "works"
 * });
 * ```
 */
export class Event {
  readonly #gate: Gate;

  /** Throws TypeError for options that it does not know. */
  constructor(options: LockOptions = {}) {
    this.#gate = new Gate("event.wait()", titleOf("event", options));
  }

  /** Whether it has happened. */
  get isSet(): boolean {
    return this.#gate.open;
  }

  /** It has happened: all that wait go on. A plain call; returns whether it was news. */
  set(): boolean {
    return this.#gate.release();
  }

  /**
   * It may happen again: a fiber that begins to wait now waits for the next `set`. A fiber that has been woken goes on
   * in any case. A plain call.
   */
  reset(): void {
    this.#gate.open = false;
  }

  /** Waits until it is set. Suspends unless it is. Throws Cancelled. */
  wait(): Op<void> {
    return wait(this.#gate, undefined);
  }

  /** What is to be known of it, in plain numbers. */
  stats(): EventStats {
    return { set: this.#gate.open ? 1 : 0, waiting: this.#gate.line.size };
  }
}

/** @internal Fibers that wait until it is open. */
export class Gate implements WaitKind {
  readonly name: string;
  readonly line: WaitQueue;
  open: boolean;

  constructor(name: string, title: string) {
    this.name = name;
    this.line = new WaitQueue(title);
    this.open = false;
  }

  begin(task: Task): WaitBegun | null {
    return this.open ? done(undefined) : this.line.stand(task, undefined);
  }

  release(): boolean {
    if (this.open) return false;
    this.open = true;
    // Counted, because a probe that is told of a wake may reset it and have others wait.
    for (let left = this.line.size; left > 0; left--) this.line.wake(undefined);
    return true;
  }
}
