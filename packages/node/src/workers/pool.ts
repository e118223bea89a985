/**
 * Which worker runs which call. A call goes to the worker with the fewest calls; as long as there may be more workers,
 * another is started when none is idle. What no worker has room for waits in line, and has not been sent anywhere.
 */
import type { WorkerOptions } from "node:worker_threads";
import { type Routine, type Scope, shield, suspend } from "fibril";
import type { Call, Runs } from "./call.js";
import { LONGEST_TIMER } from "../net/options.js";
import { broken } from "./errors.js";
import { Line } from "./line.js";
import { type Owner, Thread } from "./thread.js";

export interface PoolSettings {
  readonly name: string;
  readonly size: number;
  readonly perWorker: number;
  readonly idle: number;
  readonly grace: number;
  readonly worker: WorkerOptions;
}

/** So many workers in a row may end before they are ready. */
const TRIES = 3;
/** Milliseconds after which a worker that has nothing to do no longer keeps the process alive. */
const REST = 20;

export class WorkerPool implements Owner, Runs {
  readonly settings: PoolSettings;
  readonly threads: Set<Thread>;
  readonly line: Line;
  readonly scope: Scope;
  #closed: boolean;
  /** Workers so far. */
  #numbers: number;
  /** Workers in a row that have ended before they were ready. */
  #failures: number;
  #timer: NodeJS.Timeout | undefined;
  /** Told when no worker is left. It may be closed by several fibers. */
  readonly #told: Set<() => void>;

  constructor(settings: PoolSettings, scope: Scope) {
    this.settings = settings;
    this.threads = new Set();
    this.line = new Line();
    this.scope = scope;
    this.#closed = false;
    this.#numbers = this.#failures = 0;
    this.#timer = undefined;
    this.#told = new Set();
  }

  get grace(): number {
    return this.settings.grace;
  }

  /** So many calls may be under way. */
  get room(): number {
    return this.settings.size * this.settings.perWorker;
  }

  /** `workers "images"`. */
  get what(): string {
    const { name } = this.settings;
    return name === "" ? "the workers" : `workers "${name}"`;
  }

  submit(call: Call): void {
    if (this.#closed) return call.fails(this.#closedError());
    const thread = this.#fittest();
    if (thread !== undefined) return thread.start(call);
    this.line.push(call);
    this.#grow();
  }

  /** The one with the fewest calls, if it has room for another. */
  #fittest(): Thread | undefined {
    let best: Thread | undefined;
    let fewest = this.settings.perWorker;
    for (const thread of this.threads) {
      if (thread.state !== "ready" || thread.calls.size >= fewest) continue;
      fewest = thread.calls.size;
      if (fewest === 0) return thread;
      best = thread;
    }
    // It does not wait for a worker that is starting; but the next call finds an idle one.
    if (best !== undefined && this.threads.size < this.settings.size) this.#add();
    return best;
  }

  /** Starts as many workers as those in line need. */
  #grow(): void {
    const { perWorker, size } = this.settings;
    let starting = 0;
    for (const { state } of this.threads) if (state === "starting") starting++;
    while (starting * perWorker < this.line.size && this.threads.size < size) {
      starting++;
      if (!this.#add()) return;
    }
  }

  #add(): boolean {
    const what = `worker ${++this.#numbers} of ${this.what}`;
    try {
      this.threads.add(new Thread(this, what, this.settings.worker));
      return true;
    } catch (error) {
      // The host has refused its options.
      this.#give(error);
      return false;
    }
  }

  ready(thread: Thread): void {
    this.#failures = 0;
    this.free(thread);
  }

  free(thread: Thread): void {
    if (thread.state !== "ready") return;
    while (thread.calls.size < this.settings.perWorker) {
      const call = this.line.shift();
      if (call === undefined) break;
      thread.start(call);
    }
    if (thread.calls.size > 0) return;
    if (this.#closed) thread.close();
    else this.#look(REST);
  }

  gone(thread: Thread, error: Error, early: boolean): void {
    this.threads.delete(thread);
    if (this.threads.size === 0) for (const told of this.#told) told();
    if (this.#closed) return;
    if (!early) return this.#grow();
    if (++this.#failures < TRIES) return this.#grow();
    this.#give(error);
  }

  /** No worker starts: who waits for one is told why. */
  #give(cause: unknown): void {
    this.#failures = 0;
    for (const { state } of this.threads) if (state === "ready") return;
    // Those who are told may call again, which is another attempt.
    for (let left = this.line.size; left > 0; left--) {
      const call = this.line.shift();
      const why = cause instanceof Error ? cause.message : String(cause);
      call?.fails(broken(`${this.what} cannot start: ${why}`, "broken", cause));
    }
  }

  /** Looks again for workers that have nothing to do. */
  #look(after: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#sweep();
    }, after);
    // Without a call nothing is to be kept alive, but a worker that rests has to be found first.
    if (after > REST) this.#timer.unref();
  }

  #sweep(): void {
    const { idle } = this.settings;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const thread of this.threads) {
      if (thread.state !== "ready" || thread.calls.size > 0) continue;
      // Set here, because a look at the clock for each call would cost more than it is worth.
      if (thread.idleSince === 0) thread.idleSince = now;
      const left = thread.idleSince + idle - now;
      const rests = thread.idleSince + REST - now;
      if (left <= 0) thread.close();
      else if (rests > 0) next = Math.min(next, rests);
      else {
        thread.rest();
        next = Math.min(next, left);
      }
    }
    if (next < Number.POSITIVE_INFINITY) this.#look(Math.min(Math.max(next, 1), LONGEST_TIMER));
  }

  /** Refuses new calls, cancels what is under way, and waits until no worker is left. */
  *close(): Routine<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const error = this.#closedError();
    while (this.line.size > 0) this.line.shift()?.fails(error);
    for (const thread of this.threads) {
      if (thread.calls.size === 0) thread.close();
      for (const { call } of thread.calls.values()) call.spoil(error);
    }
    yield* shield(() =>
      suspend(`the end of ${this.what}`, (wake) => {
        if (this.threads.size === 0) wake();
        else this.#told.add(wake);
      }),
    );
  }

  #closedError(): Error {
    return broken(`${this.what} were closed`, "closed");
  }
}
