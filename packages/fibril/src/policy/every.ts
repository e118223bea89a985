import {
  CALLBACK,
  checkOptions,
  checkValue,
  FLAG,
  hasMethod,
  kindOf,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rule,
  type Rules,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";
import { sleep } from "../sleep.js";

/** Options of `every`. */
export interface EveryOptions {
  /**
   * Whether it happens at whole multiples of the period on the wall clock: every full minute, say, in UTC.
   * False by default: the first time is one period from now.
   */
  readonly aligned?: boolean | undefined;
  /** The wall clock, in milliseconds since 1970: `Date.now` by default. */
  readonly clock?: (() => number) | undefined;
}

/** One time that it happens. */
export interface Tick {
  /** When it was to be, in milliseconds of the host's clock; of the wall clock where that is followed. */
  readonly at: number;
  /** How many times have been left out, because the one before took too long. */
  readonly missed: number;
}

/** When it is to happen next; nothing for never again. Such as `cron` of `fibril/cron` gives. */
export type Times = (after: Date) => Date | null | undefined;

const RULES: Rules<EveryOptions> = { aligned: FLAG, clock: CALLBACK };
const PERIOD: Rule = {
  takes: "milliseconds above 0, or a function that gives the next date",
  holds: (value) =>
    typeof value === "function" || (typeof value === "number" && value > 0 && value < Infinity),
  number: true,
};

/**
 * Does something every `period` milliseconds, one after the other in the calling fiber, until it is
 * cancelled.
 *
 * Without drift: each time is counted from the first, however long the last one took; those that have
 * passed meanwhile are left out, and told as `missed`. Instead of a period it takes a function from one
 * date to the next; it ends when that gives none. `fibril/cron` makes such a function of a cron expression.
 * Suspends always. Throws what the routine throws, and Cancelled; RangeError at once for an invalid period.
 *
 * ```ts
 * let beats = 0;
 * yield* moveOnAfter(50, function* () {
 *   yield* every(5, function* (_tick) {
 *     beats++;
 *   });
 * });
 * assert.ok(beats > 0);
 * ```
 */
export function every<Yields = never>(
  period: number,
  work: RoutineFunction<[tick: Tick], unknown, Yields, any> & NoYields<Yields>,
  options?: EveryOptions,
): Op<never>;
export function every<Yields = never>(
  times: Times,
  work: RoutineFunction<[tick: Tick], unknown, Yields, any> & NoYields<Yields>,
  options?: Pick<EveryOptions, "clock">,
): Op<void>;
export function every(
  period: number | Times,
  work: RoutineFunction<[tick: Tick], unknown, any, any>,
  options: EveryOptions = {},
): Op<any> {
  checkValue("every", period, PERIOD);
  if (typeof work !== "function") throw new TypeError("every takes a generator function");
  checkOptions("every", options, RULES);
  const { aligned = false, clock = Date.now } = options;
  if (typeof period === "function") return datesRoutine(period, work, clock) as Op<void>;
  return everyRoutine(period, work, aligned, clock) as Op<void>;
}

type Work = RoutineFunction<[tick: Tick], unknown, any, any>;

const everyRoutine = routine(
  "every",
  function* (period: number, work: Work, aligned: boolean, clock: () => number): Routine<void> {
    const time = aligned ? clock : now;
    const start = aligned ? Math.floor(time() / period) * period : time();
    // Counted in periods from the beginning, because a sum of fractions drifts.
    for (let count = 1, missed = 0; ; count += missed + 1) {
      missed = Math.max(0, Math.floor((time() - start) / period) - count + 1);
      const at = start + (count + missed) * period;
      yield* sleepUntil(at, time);
      yield* calling(work, { at, missed });
    }
  },
);

const datesRoutine = routine(
  "every",
  function* (times: Times, work: Work, clock: () => number): Routine<void> {
    for (;;) {
      const date = times(new Date(clock()));
      if (date === null || date === undefined) return;
      if (!hasMethod(date, "getTime")) {
        throw new TypeError(`every was given ${kindOf(date)} in place of a date`);
      }
      const at = date.getTime();
      if (Number.isNaN(at)) throw new TypeError("every was given an invalid date");
      yield* sleepUntil(at, clock);
      yield* calling(work, { at, missed: 0 });
    }
  },
);

/** No longer at once, because a wall clock may be set, and a host's timer bounds what it takes. */
const LONGEST = 60_000;

function* sleepUntil(at: number, time: () => number): Routine<void> {
  // At least once, so that it suspends always.
  for (let left = at - time(); ;) {
    yield* sleep(Math.max(0, Math.min(left, LONGEST)));
    left = at - time();
    if (left <= 0) return;
  }
}
