import {
  CALLBACK,
  Cancelled,
  checkOptions,
  FiberError,
  MILLISECONDS,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  TEXT,
  wholeFrom,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";

/**
 * `closed` lets every call through, `open` none, and `half-open` a few, to find out whether they succeed
 * again.
 */
export type CircuitState = "closed" | "open" | "half-open";

/** Options of `new CircuitBreaker`. */
export interface CircuitBreakerOptions {
  /** So many failures one after the other open it. */
  readonly failures: number;
  /** Milliseconds that it stays open; then it lets some through to see. */
  readonly reset: number;
  /** How many it lets through at once when half open, and how many of them have to succeed: 1 by default. */
  readonly probes?: number | undefined;
  /** Which errors count as failures: all by default, but never Cancelled. */
  readonly counts?: ((error: unknown) => boolean) | undefined;
  /** Is told of every change, after it: for logs. */
  readonly onChange?: ((state: CircuitState) => void) | undefined;
  /** For its errors. */
  readonly name?: string | undefined;
}

/** What a circuit breaker is doing, in plain numbers. */
export interface CircuitBreakerStats {
  /** Whether calls are let through. */
  readonly state: CircuitState;
  /** Failures one after the other. */
  readonly failures: number;
  /** How often it has opened. */
  readonly opened: number;
  /** How many it has refused. */
  readonly refused: number;
}

const RULES: Rules<CircuitBreakerOptions> = {
  failures: wholeFrom(1),
  reset: MILLISECONDS,
  probes: wholeFrom(1),
  counts: CALLBACK,
  onChange: CALLBACK,
  name: TEXT,
};

/** The circuit breaker lets nothing through. */
export class CircuitOpenError extends FiberError {
  /** Milliseconds after which it may let one through. */
  readonly retryAfter: number;

  /** @internal */
  constructor(name: string, retryAfter: number) {
    super("circuit-open", `${name} is open: try again in ${Math.ceil(retryAfter)} ms`);
    this.retryAfter = retryAfter;
  }

  static {
    Object.defineProperty(this.prototype, "name", {
      value: "CircuitOpenError",
      configurable: true,
      writable: true,
    });
  }
}

type Work = RoutineFunction<[], unknown, any, any>;

/**
 * Spares what has failed several times one after the other: for a while nothing is let through, then a few
 * are, to see; when they succeed, everything is again.
 *
 * What was begun before a change of its state has no say after it. Throws TypeError or RangeError for
 * invalid options. From Nygard's "Release It!".
 *
 * ```ts
 * const breaker = new CircuitBreaker({ failures: 5, reset: 30_000 });
 * const answer = yield* breaker.with(() => until(Promise.resolve("ok")));
 * answer; // "ok"
 * ```
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  readonly #with: (work: Work) => Op<unknown, any>;
  #state: CircuitState;
  /** Counts the changes of the state. */
  #era: number;
  #failures: number;
  #openUntil: number;
  #probing: number;
  #succeeded: number;
  #opened: number;
  #refused: number;

  /** Throws TypeError or RangeError for options that are not valid. */
  constructor(options: CircuitBreakerOptions) {
    checkOptions("a CircuitBreaker", options, RULES);
    if (options.failures === undefined || options.reset === undefined) {
      throw new TypeError("a CircuitBreaker needs its limits: { failures: 5, reset: 30_000 }");
    }
    this.#options = options;
    this.#with = routine("CircuitBreaker.with", (work: Work) => this.#run(work));
    this.#state = "closed";
    this.#era = 0;
    this.#failures = 0;
    this.#openUntil = 0;
    this.#probing = 0;
    this.#succeeded = 0;
    this.#opened = 0;
    this.#refused = 0;
  }

  /** What it is now. An open one is half open from the first that comes after its time. */
  get state(): CircuitState {
    return this.#state;
  }

  /**
   * Runs a routine, unless the breaker is open. Suspends as the routine does. Throws what it throws;
   * CircuitOpenError (`circuit-open`) without having run it.
   */
  with<Result, Yields = never>(
    work: RoutineFunction<[], Result, Yields, any> & NoYields<Yields>,
  ): Op<Result> {
    if (typeof work !== "function") throw new TypeError("with takes a generator function");
    return this.#with(work) as Op<Result>;
  }

  /** Plain numbers, and the state. */
  stats(): CircuitBreakerStats {
    return {
      state: this.#state,
      failures: this.#failures,
      opened: this.#opened,
      refused: this.#refused,
    };
  }

  *#run(work: Work): Routine<unknown> {
    this.#enter();
    const era = this.#era;
    const { counts } = this.#options;
    try {
      const result = yield* calling(work);
      if (era === this.#era) this.#succeed();
      return result;
    } catch (error) {
      const failed = !Cancelled.is(error) && (counts === undefined || counts(error));
      if (era === this.#era && failed) this.#fail();
      throw error;
    } finally {
      // One that was cancelled or killed has shown nothing: another may try in its place.
      if (era === this.#era && this.#state === "half-open") this.#probing--;
    }
  }

  #enter(): void {
    const { probes = 1, name } = this.#options;
    if (this.#state === "open" && now() >= this.#openUntil) this.#become("half-open");
    if (this.#state === "closed") return;
    if (this.#state === "half-open" && this.#probing + this.#succeeded < probes) {
      this.#probing++;
      return;
    }
    this.#refused++;
    const title =
      name === undefined ? "the circuit breaker" : `circuit breaker ${JSON.stringify(name)}`;
    throw new CircuitOpenError(title, Math.max(0, this.#openUntil - now()));
  }

  #succeed(): void {
    this.#failures = 0;
    if (this.#state !== "half-open") return;
    this.#succeeded++;
    if (this.#succeeded >= (this.#options.probes ?? 1)) this.#become("closed");
  }

  #fail(): void {
    this.#failures++;
    if (this.#state === "closed" && this.#failures < this.#options.failures) return;
    this.#openUntil = now() + this.#options.reset;
    this.#opened++;
    this.#become("open");
  }

  #become(state: CircuitState): void {
    this.#state = state;
    this.#era++;
    this.#probing = this.#succeeded = 0;
    if (state === "closed") this.#failures = 0;
    this.#options.onChange?.(state);
  }
}
