/**
 * A host whose clock stands still while anything happens, and jumps to the next deadline when
 * everything waits: tests of hours take milliseconds, and no test sleeps.
 *
 *     turn ─▶ all wait ─▶ something of the real world expected? ─ no ─▶ a deadline? ─ yes ─▶ jump
 *                              │ yes                                        │ no
 *                              ▼                                            ▼
 *                     real time for it (`grace`), then jump     anybody outside who may act?
 *                                                                    │ no            │ yes
 *                                                                    ▼               ▼
 *                                                                 deadlock    the real host's matter
 *
 * The idea, a clock that jumps by itself, is trio's `MockClock`: a clock that only moves by hand
 * deadlocks as soon as a test sleeps before it has moved it.
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

export interface VirtualHostOptions {
  /** Where the clock begins, in whole milliseconds: 0 by default. */
  readonly start?: number | undefined;
  /** Whether the clock moves only by `advance` at first: see {@link VirtualHost.pause}. */
  readonly paused?: boolean | undefined;
  /**
   * Real milliseconds that promises from outside have to resolve before time jumps over them: 10 by
   * default. Only waits by `until` are waited for like this.
   */
  readonly grace?: number | undefined;
  /**
   * Whether the real world wakes nobody, except by promises that `until` waits for: false by default.
   * Then a fiber that waits by `suspend` is told of a deadlock at once, as one that waits for others is.
   */
  readonly sealed?: boolean | undefined;
  /** Is told of failures that no fiber can be told of. By default they go to the program's own host. */
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
  /** It stands for code that looks on: everything else of that time happens first. */
  readonly late: boolean;
  readonly callback: () => void;
}

/**
 * Virtual time, for `run({ host: new VirtualHost() }, …)`.
 *
 * Fibers that wait only for each other, and for no time, are told so by a DeadlockError at once. Where
 * one waits by `suspend`, something of the real world may have its `wake`: then they are told when the
 * real event loop has nothing left to do, where that can be known (Node), or at once if the host is
 * `sealed`. Time does not wait for callbacks, though; what it is to wait for a little, `until` says.
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
  /** Asked for by runs with `asyncContext`, where the program's own host has such contexts. */
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
  /** Schedulers in which every fiber waits. */
  readonly #idle: Set<Idle>;
  /** Turns that the real host has been asked for. */
  #posted: number;
  #deciding: boolean;
  #graceTimer: unknown;
  /** Who waits for all fibers to wait. */
  #settling: (() => void)[];

  /** Throws RangeError when `start` is no whole number from 0, or `grace` are no milliseconds. */
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
   * From now on the clock moves only by `advance`. A plain call. Fibers that all wait are not told of
   * a deadlock meanwhile, because the test is going to do something.
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
   * Moves the clock by so many milliseconds; everything that is due until then happens, in its order.
   * The promise resolves when that is done and all fibers wait again. For plain code: a fiber sleeps.
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
   * Resolves when all fibers wait: for time, for the real world, or for each other. Time stands
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

  // What schedulers ask of it.

  setTimer(callback: () => void, ms: number): unknown {
    const timer: VirtualTimer = { at: this.#time + Math.ceil(ms), late: false, callback };
    this.#add(timer);
    return timer;
  }

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

  /** Sorted by time, the late ones of a time last; few, because a scheduler has one at most. */
  #add(timer: VirtualTimer): void {
    const after = this.#timers.findIndex(
      ({ at, late }) => at > timer.at || (at === timer.at && late && !timer.late),
    );
    this.#timers.splice(after === -1 ? this.#timers.length : after, 0, timer);
  }

  /** Something has changed: decides what is next, after the real event loop has gone round. */
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
      // Only the real world can go on; the real host knows whether it has anything left to do.
      for (const idle of idles) this.#real.onIdle?.(idle);
    }
  }

  /** Whether something of the real world may wake one of its fibers. */
  #awaits(idle: Idle): boolean {
    return idle.outside > 0 || idle.actors > 0 || (!this.#sealed && idle.called);
  }

  /** Jumps after the grace, unless something comes meanwhile. */
  #wait(next: VirtualTimer): void {
    const timer = this.#real.setTimer(() => {
      // What came while the process was held up is handled after timers: it counts too.
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
