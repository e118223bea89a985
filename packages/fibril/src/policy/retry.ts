import {
  Cancelled,
  checkOptions,
  FLAG,
  kindOf,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  textOf,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";
import { checkpoint, sleep } from "../sleep.js";
import { Schedule } from "./schedule.js";

/** Options of `retry`. */
export interface RetryOptions {
  /**
   * Whether to tell how every attempt failed: then an AggregateError of all of them is thrown, with the
   * last as its `cause`. False by default: the last is thrown as it is.
   */
  readonly history?: boolean | undefined;
}

const RULES: Rules<RetryOptions> = { history: FLAG };

/**
 * Does something again when it fails, until it succeeds or the schedule gives up; results in what it
 * gives. The routine is told which attempt it is, from 1.
 *
 * A fiber that is asked to end is never made to try again. Suspends as the routine does, and between
 * attempts. Throws the last error, or an AggregateError where the `history` was asked for; and Cancelled.
 *
 * ```ts
 * const answer = yield* retry(function* (attempt) {
 *   if (attempt < 3) throw new Error("busy");
 *   return "done";
 * }, exponential(1).jittered().attempts(5));
 * answer; // "done"
 * ```
 */
export function retry<Result, Yields = never>(
  work: RoutineFunction<[attempt: number], Result, Yields, any> & NoYields<Yields>,
  schedule: Schedule,
  options: RetryOptions = {},
): Op<Result> {
  if (typeof work !== "function") {
    throw new TypeError(`retry takes a generator function, not ${kindOf(work)}: () => op`);
  }
  if (!(schedule instanceof Schedule)) {
    throw new TypeError(
      `retry takes a schedule, such as exponential(100).attempts(5), not ${kindOf(schedule)}`,
    );
  }
  checkOptions("retry", options, RULES);
  return retryRoutine(work, schedule, options) as Op<Result>;
}

const retryRoutine = routine(
  "retry",
  function* (
    work: RoutineFunction<[attempt: number], unknown, any, any>,
    schedule: Schedule,
    { history = false }: RetryOptions,
  ): Routine<unknown> {
    const start = now();
    const next = schedule.begin();
    const errors: unknown[] = [];
    for (let attempt = 1; ; attempt++) {
      let delay: number | undefined;
      try {
        return yield* calling(work, attempt);
      } catch (error) {
        // Its clean-up's error must not be lost to the request that the wait below would throw.
        if (Cancelled.is(error) || isAskedToEnd()) throw error;
        delay = next({ error, attempt, elapsed: now() - start });
        if (history) errors.push(error);
        if (delay === undefined) {
          if (!history || errors.length === 1) throw error;
          const message = `${attempt} attempts failed, the last with: ${textOf(error)}`;
          throw new AggregateError(errors, message, { cause: error });
        }
      }
      yield* sleep(delay);
    }
  },
);

/** Whether the next wait would throw. */
function isAskedToEnd(): boolean {
  try {
    checkpoint();
    return false;
  } catch {
    return true;
  }
}
