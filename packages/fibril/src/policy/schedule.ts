/**
 * Schedules: how long to wait before each further attempt, and when to give up. A schedule is a value: it
 * has no state, and each use of it begins anew. What changes one gives another.
 *
 *     exponential(100, { max: 10_000 }).jittered().attempts(5).within(60_000).while(isTransient)
 *
 * The idea is that of Haskell's retry package and of Effect; the kinds of jitter are those of the AWS
 * architecture blog, "Exponential Backoff And Jitter".
 */
import {
  CALLBACK,
  checkOptions,
  checkValue,
  MILLISECONDS,
  oneOf,
  type Rules,
  wholeFrom,
} from "../core/index.js";

/** What has failed, and when. */
export interface Failure {
  /** What was thrown. */
  readonly error: unknown;
  /** Which attempt it was, from 1. */
  readonly attempt: number;
  /** Milliseconds from the beginning of the first attempt to the end of this one. */
  readonly elapsed: number;
}

/** Milliseconds until the next attempt; undefined to give up. */
export type Delay = number | undefined;
type Next = (failure: Failure) => Delay;

/**
 * `full`: from nothing to the whole delay. `equal`: from half of it to the whole. `decorrelated`: from the
 * first delay to three times the last one.
 */
export type Jitter = "full" | "equal" | "decorrelated";

const JITTER = oneOf("full", "equal", "decorrelated");

/**
 * How long to wait before each further attempt, and when to give up. A schedule is a value: every method
 * gives a new one. `fixed`, `exponential` and `fibonacci` make the first.
 */
export class Schedule {
  readonly #begin: () => Next;
  readonly #max: number;

  /** @internal */
  constructor(begin: () => Next, max: number) {
    this.#begin = begin;
    this.#max = max;
  }

  /** Begins to use it: returns a function that takes each failure, and returns how long to wait. A plain call. */
  begin(): (failure: Failure) => number | undefined {
    return this.#begin();
  }

  /** At most this many attempts altogether, the first included. Throws RangeError for less than one. */
  attempts(most: number): Schedule {
    checkValue("attempts", most, wholeFrom(1));
    return this.#filtered(({ attempt }) => attempt < most);
  }

  /**
   * No attempt begins later than `ms` milliseconds after the beginning of the first. Throws RangeError when
   * `ms` is negative or not a number.
   */
  within(ms: number): Schedule {
    checkValue("within", ms, MILLISECONDS);
    return this.#filtered(({ elapsed }, delay) => elapsed + delay <= ms);
  }

  /** Goes on as long as `holds` answers true for the failure. Throws TypeError when it is not a function. */
  while(holds: (error: unknown, failure: Failure) => boolean): Schedule {
    checkValue("while", holds, CALLBACK);
    return this.#filtered((failure) => holds(failure.error, failure));
  }

  /** Goes on until `holds` answers true for a failure. Throws TypeError when it is not a function. */
  until(holds: (error: unknown, failure: Failure) => boolean): Schedule {
    checkValue("until", holds, CALLBACK);
    return this.#filtered((failure) => !holds(failure.error, failure));
  }

  /**
   * With another delay in milliseconds, such as one that the server has asked for; undefined to give up. Throws
   * TypeError when `change` is not a function.
   */
  adjusted(change: (delay: number, failure: Failure) => number | undefined): Schedule {
    checkValue("adjusted", change, CALLBACK);
    return this.#changed(() => (delay, failure) => change(delay, failure));
  }

  /**
   * By chance, so that many that failed together do not come back together; `full` by default. Throws TypeError
   * for a kind that it does not know.
   */
  jittered(kind: Jitter = "full", random: () => number = Math.random): Schedule {
    checkValue("jittered", kind, JITTER);
    checkValue("the randomness of jittered", random, CALLBACK);
    if (kind !== "decorrelated") {
      const least = kind === "equal" ? 0.5 : 0;
      return this.#changed(() => (delay) => delay * (least + (1 - least) * random()));
    }
    const max = this.#max;
    return this.#changed(() => {
      let first = -1;
      let last = 0;
      return (delay) => {
        if (first < 0) first = last = delay;
        last = Math.min(max, first + random() * (3 * last - first));
        return last;
      };
    });
  }

  #filtered(goesOn: (failure: Failure, delay: number) => boolean): Schedule {
    return this.#changed(() => (delay, failure) => (goesOn(failure, delay) ? delay : undefined));
  }

  #changed(begin: () => (delay: number, failure: Failure) => Delay): Schedule {
    return new Schedule(() => {
      const next = this.#begin();
      const change = begin();
      return (failure) => {
        const delay = next(failure);
        return delay === undefined ? undefined : change(delay, failure);
      };
    }, this.#max);
  }
}

/** Options of `fibonacci`. */
export interface BackOffOptions {
  /** No delay is longer, in milliseconds: Infinity by default. */
  readonly max?: number | undefined;
}

/** Options of `exponential`. */
export interface ExponentialOptions extends BackOffOptions {
  /** By what each delay is multiplied for the next: 2 by default. */
  readonly factor?: number | undefined;
}

const RULES: Rules<BackOffOptions> = { max: MILLISECONDS };
const EXPONENTIAL_RULES: Rules<ExponentialOptions> = {
  max: MILLISECONDS,
  factor: { takes: "a number from 1", holds: (value) => (value as number) >= 1, number: true },
};

/**
 * Always the same delay, in milliseconds. Throws RangeError for an invalid delay.
 *
 * ```ts
 * yield* retry(function* () {}, fixed(100).attempts(3));
 * ```
 */
export function fixed(ms: number): Schedule {
  checkValue("fixed", ms, MILLISECONDS);
  return new Schedule(() => () => ms, Infinity);
}

/**
 * Delays that begin with `ms` and double, or grow by `factor`. Throws RangeError for invalid
 * numbers.
 *
 * ```ts
 * const patient = exponential(100, { max: 5_000 }).jittered().attempts(8);
 * yield* retry(function* () {}, patient);
 * ```
 */
export function exponential(ms: number, options: ExponentialOptions = {}): Schedule {
  checkValue("exponential", ms, MILLISECONDS);
  checkOptions("exponential", options, EXPONENTIAL_RULES);
  const { factor = 2, max = Infinity } = options;
  return new Schedule(
    () =>
      ({ attempt }) =>
        Math.min(max, ms === 0 ? 0 : ms * factor ** (attempt - 1)),
    max,
  );
}

/**
 * Delays that grow as Fibonacci's numbers do, 1, 1, 2, 3, 5 and so on, times `ms`: slower than exponential
 * ones. Throws RangeError for invalid numbers.
 *
 * ```ts
 * yield* retry(function* () {}, fibonacci(100, { max: 2_000 }).within(10_000));
 * ```
 */
export function fibonacci(ms: number, options: BackOffOptions = {}): Schedule {
  checkValue("fibonacci", ms, MILLISECONDS);
  checkOptions("fibonacci", options, RULES);
  const { max = Infinity } = options;
  return new Schedule(() => {
    let [before, current] = [0, ms];
    return () => {
      const delay = current;
      [before, current] = [current, Math.min(before + current, Number.MAX_VALUE)];
      return Math.min(max, delay);
    };
  }, max);
}
