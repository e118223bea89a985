import {
  checkOptions,
  checkValue,
  type NoYields,
  oneOf,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rule,
  type Rules,
  TEXT,
  WaitQueue,
  wholeFrom,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";
import { sleep } from "../sleep.js";
import { type Allowance, SlidingWindow, TINY, TokenBucket } from "./allowance.js";

/** Options of `new RateLimiter`. */
export interface RateLimiterOptions {
  /** How many permits there are … */
  readonly limit: number;
  /** … in this many milliseconds. */
  readonly per: number;
  /**
   * `bucket` (the default): permits come evenly, and up to `burst` of them are saved while nobody wants
   * any. `window`: never more than `limit` in any stretch of `per` milliseconds.
   */
  readonly algorithm?: "bucket" | "window" | undefined;
  /** How many permits a bucket holds, and has at first: `limit` by default. */
  readonly burst?: number | undefined;
  /** For dumps. */
  readonly name?: string | undefined;
}

/** What a rate limiter is doing, in plain numbers. */
export interface RateLimiterStats {
  /** Permits that could be had at once. */
  readonly available: number;
  /** Fibers that wait for permits. */
  readonly waiting: number;
  /** Permits that were given so far. */
  readonly granted: number;
}

const COUNT: Rule = wholeFrom(1);
const RULES: Rules<RateLimiterOptions> = {
  limit: COUNT,
  per: {
    takes: "milliseconds above 0",
    holds: (value) => (value as number) > 0 && (value as number) < Infinity,
    number: true,
  },
  algorithm: oneOf("bucket", "window"),
  burst: COUNT,
  name: TEXT,
};

/** One that waits. Whoever stands first in the line has the turn, and sleeps until there are permits for it. */
interface Place {
  hasTurn: boolean;
}

/**
 * Limits how often something is done. A fiber that comes too early waits in line, first come, first
 * served, whatever the number of permits it wants.
 *
 * Throws TypeError or RangeError for invalid options.
 *
 * ```ts
 * const limiter = new RateLimiter({ limit: 200, per: 1_000, burst: 20 });
 * yield* limiter.acquire();
 * const answer = yield* limiter.with(() => until(Promise.resolve("ok")));
 * answer; // "ok"
 * ```
 */
export class RateLimiter {
  readonly #allowance: Allowance;
  readonly #line: WaitQueue<Place>;
  /** Somebody has the turn: then everybody else waits. */
  #taken: boolean;
  #granted: number;
  readonly #acquire: (permits: number) => Op<void, never>;
  readonly #with: (work: Work, permits: number) => Op<unknown, any>;

  /** Throws TypeError or RangeError for options that are not valid. */
  constructor(options: RateLimiterOptions) {
    checkOptions("a RateLimiter", options, RULES);
    const { algorithm = "bucket", burst, limit, name, per } = options;
    if (limit === undefined || per === undefined) {
      throw new TypeError("a RateLimiter has to be told its rate: { limit: 10, per: 1_000 }");
    }
    if (algorithm === "window" && burst !== undefined) {
      throw new TypeError("a window has no burst: it lets `limit` through at once");
    }
    this.#allowance =
      algorithm === "bucket"
        ? new TokenBucket(limit / per, burst ?? limit)
        : new SlidingWindow(limit, per);
    const what = name === undefined ? "a rate limiter" : `rate limiter ${JSON.stringify(name)}`;
    this.#line = new WaitQueue(`its turn at ${what}`);
    this.#taken = false;
    this.#granted = 0;
    this.#acquire = routine("RateLimiter.acquire", (permits: number) => this.#wait(permits));
    this.#with = routine("RateLimiter.with", (work: Work, permits: number) =>
      this.#work(work, permits),
    );
  }

  /**
   * Waits for a permit, or for several at once.
   *
   * Suspends unless they can be had and nobody is before it in line. Throws Cancelled, and then takes none;
   * RangeError for more permits than there can ever be.
   */
  acquire(permits = 1): Op<void> {
    this.#check(permits);
    return this.#acquire(permits);
  }

  /** Takes permits if they can be had at once; false, and nothing, otherwise. A plain call, in a fiber. */
  tryAcquire(permits = 1): boolean {
    this.#check(permits);
    return !this.#taken && this.#take(permits);
  }

  /** Runs a routine when it has got a permit. Suspends and throws as `acquire` and the routine do. */
  with<Result, Yields = never>(
    work: RoutineFunction<[], Result, Yields, any> & NoYields<Yields>,
    permits = 1,
  ): Op<Result> {
    this.#check(permits);
    if (typeof work !== "function") throw new TypeError("with takes a generator function");
    return this.#with(work, permits) as Op<Result>;
  }

  /** Plain numbers. A plain call, in a fiber. */
  stats(): RateLimiterStats {
    return {
      available: this.#allowance.available(now()),
      waiting: this.#line.size + (this.#taken ? 1 : 0),
      granted: this.#granted,
    };
  }

  #check(permits: number): void {
    checkValue("a RateLimiter", permits, COUNT);
    const { most } = this.#allowance;
    if (permits <= most) return;
    throw new RangeError(`${permits} permits can never be had: there are at most ${most} at once`);
  }

  #take(permits: number): boolean {
    const time = now();
    if (this.#allowance.missing(permits, time) > 0) return false;
    this.#allowance.take(permits, time);
    this.#granted += permits;
    return true;
  }

  *#work(work: Work, permits: number): Routine<unknown> {
    if (this.#taken || !this.#take(permits)) yield* this.#wait(permits);
    return yield* calling(work);
  }

  *#wait(permits: number): Routine<void, never> {
    if (!this.#taken && this.#take(permits)) return;
    const place: Place = { hasTurn: !this.#taken };
    this.#taken = true;
    try {
      if (!place.hasTurn) yield* this.#line.wait(place);
      while (!this.#take(permits)) {
        const ms = this.#allowance.missing(permits, now());
        yield* sleep(Math.max(1, Math.ceil(ms - TINY)));
      }
    } finally {
      // However it ended, the fiber that has the turn passes it on, and only once.
      if (place.hasTurn) this.#passOn();
    }
  }

  #passOn(): void {
    const next = this.#line.item;
    this.#taken = next !== undefined;
    if (next === undefined) return;
    next.hasTurn = true;
    this.#line.wake(undefined);
  }
}

type Work = RoutineFunction<[], unknown, any, any>;
