/**
 * A host whose clock stands still while anything happens, and jumps to the next deadline when all fibers
 * wait. So tests of hours take milliseconds, and no test sleeps.
 *
 *     turn ─▶ all wait ─▶ does one wait for the real world? ─ no ─▶ a deadline? ─ yes ─▶ jump
 *                              │ yes                                    │ no
 *                              ▼                                        ▼
 *                     real time for it (`grace`), then jump     may anything outside wake one, or end a run?
 *                                                                    │ no            │ yes
 *                                                                    ▼               ▼
 *                                                                 deadlock    left to the real host
 *
 * The idea of a clock that jumps by itself comes from trio's `MockClock`. With a clock that only moves by
 * hand, a test deadlocks as soon as it sleeps before it has moved the clock.
 */
import {
  type Ambients,
  CALLBACK,
  checkOptions,
  type Context,
  FLAG,
  type Host,
  type Idle,
  MILLISECONDS,
  type Rules,
  wholeFrom,
} from "../core/index.js";
import { defaultHost } from "../host/default.js";

/** Options of `new VirtualHost`. */
export interface VirtualHostOptions {
  /** The clock's first time, in whole milliseconds: 0 by default. */
  readonly start?: number | undefined;
  /** Whether the clock moves only by `advance` at first: see {@link VirtualHost.pause}. */
  readonly paused?: boolean | undefined;
  /**
   * The real milliseconds that a promise from outside has to settle before time jumps on without it: 10 by
   * default. This applies only to waits by `until`.
   */
  readonly grace?: number | undefined;
  /**
   * Whether the real world wakes no fiber, except by promises that `until` waits for: false by default. In a
   * sealed host, a fiber that waits by `suspend` gets a DeadlockError at once, as one that waits for another
   * fiber does.
   */
  readonly sealed?: boolean | undefined;
  /** Called with failures that no fiber receives. By default the program's own host reports them. */
  readonly report?: ((error: unknown) => void) | undefined;
}

const RULES: Rules<VirtualHostOptions> = {
  start: wholeFrom(0),
  paused: FLAG,
  grace: MILLISECONDS,
  sealed: FLAG,
  report: CALLBACK,
};

interface VirtualTimer {
  readonly at: number;
  /** It resumes a test, so everything else that is due at the same time happens first. */
  readonly late: boolean;
  readonly callback: () => void;
}

/**
 * Virtual time, for `run({ host: new VirtualHost() }, …)`.
 *
 * Fibers that wait only for each other, and for no time, get a DeadlockError at once. If one of them waits by
 * `suspend`, something in the real world may hold its `wake`. Then they get the error when the real event loop
 * has nothing left to do, where that can be known (Node), or at once if the host is `sealed`. But time does
 * not wait for callbacks; to make it wait a little for a promise, use `until`.
 *
 * ```ts
 * const host = new VirtualHost();
 * await run({ host }, function* () {
 *   yield* sleep(3_600_000); // takes no time
 * });
 * host.now(); // 3600000
 * ```
 */
export class VirtualHost implements Host {
  /** Used by runs with `asyncContext`, where the program's own host has such contexts. */
  readonly context?: () => Context;
  readonly ambients?: Ambients;
  readonly #real: Host;
  readonly #grace: number;
  readonly #sealed: boolean;
  readonly #report: (error: unknown) => void;
  #time: number;
  /** How far the clock may go by itself. */
  #limit: number;
  readonly #timers: VirtualTimer[];
  /** The schedulers in which every fiber waits. */
  readonly #idle: Set<Idle>;
  /** How many turns the real host has been asked for and has not begun. */
  #posted: number;
  #deciding: boolean;
  #graceTimer: unknown;
  /** What to call when all fibers wait: see `settled`. */
  #settling: (() => void)[];

  /** Throws RangeError when `start` is not a whole number from 0, or `grace` is negative or not a number. */
  constructor(options: VirtualHostOptions = {}) {
    checkOptions("a VirtualHost", options, RULES);
    const { start = 0, paused = false, grace = 10, sealed = false, report } = options;
    this.#real = defaultHost();
    this.#grace = grace;
    this.#sealed = sealed;
    this.#report = report ?? ((error) => this.#real.report(error));
    this.#time = start;
    this.#limit = paused ? start : Number.POSITIVE_INFINITY;
    this.#timers = [];
    this.#idle = new Set();
    this.#posted = 0;
    this.#deciding = false;
    this.#graceTimer = undefined;
    this.#settling = [];
    if (this.#real.ambients !== undefined) this.ambients = this.#real.ambients;
    if (this.#real.context !== undefined) this.context = this.#real.context.bind(this.#real);
  }

  /** The time, in milliseconds. */
  now(): number {
    return this.#time;
  }

  /** Whether the clock moves only by `advance`. */
  get paused(): boolean {
    return this.#limit !== Number.POSITIVE_INFINITY;
  }

  /**
   * From now on the clock moves only by `advance`. A plain call. While the clock is paused, fibers that all
   * wait get no DeadlockError, because the test is going to do something.
   */
  pause(): void {
    if (!this.paused) this.#limit = this.#time;
  }

  /** Lets the clock jump by itself again. A plain call. */
  unpause(): void {
    this.#limit = Number.POSITIVE_INFINITY;
    this.#consider();
  }

  /**
   * Moves the clock by `ms` milliseconds. Everything that is due until then happens, in order. The promise
   * resolves when that is done and all fibers wait again. For plain code; a fiber uses `sleep` instead.
   *
   * Throws RangeError when `ms` is not a whole number from 0.
   *
   * ```ts
   * const host = new VirtualHost({ paused: true });
   * const beats: number[] = [];
   * const heart = run({ host }, function* () {
   *   for (let n = 0; n < 3; n++) {
   *     yield* sleep(100);
   *     beats.push(host.now());
   *   }
   * });
   * await host.advance(250);
   * assert.deepEqual(beats, [100, 200]);
   * await host.advance(50);
   * await heart;
   * ```
   */
  advance(ms: number): Promise<void> {
    const at = this.#time + whole(ms);
    if (this.#limit < at) this.#limit = at;
    return new Promise((resolve) => {
      this.#add({ at, late: true, callback: resolve });
      this.#consider();
    });
  }

  /**
   * Resolves when all fibers wait: for time, for the real world, or for each other. Time stands still
   * meanwhile. For plain code.
   *
   * ```ts
   * const host = new VirtualHost();
   * const log: string[] = [];
   * const sleeper = run({ host }, function* () {
   *   log.push("begun");
   *   yield* sleep(1000);
   *   log.push("slept");
   * });
   * await host.settled();
   * assert.deepEqual([log, host.now()], [["begun"], 0]);
   * await sleeper;
   * ```
   */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settling.push(resolve);
      this.#consider();
    });
  }

  // The interface to schedulers.

  /** Calls back when the clock has gone on by `ms` milliseconds: for schedulers. */
  setTimer(callback: () => void, ms: number): unknown {
    const timer: VirtualTimer = { at: this.#time + Math.ceil(ms), late: false, callback };
    this.#add(timer);
    return timer;
  }

  /** Takes back a timer: for schedulers. */
  clearTimer(timer: unknown): void {
    const index = this.#timers.indexOf(timer as VirtualTimer);
    if (index !== -1) this.#timers.splice(index, 1);
  }

  post(callback: () => void): void {
    this.#posted++;
    this.#real.post(() => {
      this.#posted--;
      callback();
      // Another scheduler may wait for a decision, and this one may have ended.
      this.#consider();
    });
  }

  onIdle(idle: Idle): void {
    this.#idle.add(idle);
    this.#consider();
  }

  keepAlive(): () => void {
    return this.#real.keepAlive?.() ?? (() => {});
  }

  report(error: unknown): void {
    this.#report(error);
  }

  /** Keeps the list sorted by time, late timers last. It is short, because a scheduler has at most one timer. */
  #add(timer: VirtualTimer): void {
    const after = this.#timers.findIndex(
      ({ at, late }) => at > timer.at || (at === timer.at && late && !timer.late),
    );
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
  }

  /** Something has changed: decides what happens next, after the real event loop has gone round. */
  #consider(): void {
    if (this.#graceTimer !== undefined) this.#real.clearTimer(this.#graceTimer);
    this.#graceTimer = undefined;
    if (this.#deciding) return;
    this.#deciding = true;
    this.#real.post(() => {
      this.#deciding = false;
      if (this.#posted === 0) this.#decide();
    });
  }

  #decide(): void {
    for (const idle of this.#idle) if (idle.live === 0) this.#idle.delete(idle);
    if (this.#settling.length > 0) {
      for (const resolve of this.#settling.splice(0)) resolve();
      this.#consider();
      return;
    }
    const [next] = this.#timers;
    const idles = [...this.#idle];
    const outside = idles.some((idle) => idle.outside > 0);
    if (next !== undefined && next.at <= this.#limit) {
      if (!outside) this.#jump(next);
      else this.#wait(next);
    } else if (next === undefined && !this.paused && !idles.some((idle) => this.#awaits(idle))) {
      for (const idle of idles) idle.deadlock();
    } else {
      // Only the real world can wake a fiber. The real host knows whether it has anything left to do.
      for (const idle of idles) this.#real.onIdle?.(idle);
    }
  }

  /** Whether something of the real world may wake one of its fibers. */
  #awaits(idle: Idle): boolean {
    return idle.outside > 0 || idle.actors > 0 || (!this.#sealed && idle.called);
  }

  /** Jumps after the grace, unless something wakes a fiber meanwhile. */
  #wait(next: VirtualTimer): void {
    const timer = this.#real.setTimer(() => {
      // What arrived while the process was busy is handled after timers, and counts too.
      this.#real.post(() => {
        if (this.#graceTimer !== timer) return;
        this.#graceTimer = undefined;
        if (this.#posted === 0 && this.#timers[0] === next) this.#jump(next);
        else this.#consider();
      });
    }, this.#grace);
    this.#graceTimer = timer;
  }

  #jump(timer: VirtualTimer): void {
    this.clearTimer(timer);
    this.#time = timer.at;
    timer.callback();
    this.#consider();
  }
}

function whole(ms: number): number {
  if (Number.isSafeInteger(ms) && ms >= 0) return ms;
  throw new RangeError(`virtual time is in whole milliseconds from 0, not ${String(ms)}`);
}
