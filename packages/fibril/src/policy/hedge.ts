import {
  Cancelled,
  checkOptions,
  MILLISECONDS,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  wholeFrom,
  calling,
} from "../core/index.js";
import { type Scope, scope } from "../scope.js";
import { sleep } from "../sleep.js";
import { win, type Winner } from "../combine/race.js";
import { noneLeft, toldToEnd } from "../combine/work.js";

/** Options of `hedge`. */
export interface HedgeOptions {
  /** Milliseconds without a result after which one more attempt is begun beside the others. */
  readonly after: number;
  /** How many attempts there may be altogether: 2 by default. */
  readonly attempts?: number | undefined;
}

const RULES: Rules<HedgeOptions> = { after: MILLISECONDS, attempts: wholeFrom(1) };

/**
 * Does something once more beside the first attempt when that is slow, and takes the first result; the
 * others are cancelled and waited for. The routine is told which attempt it is, from 1.
 *
 * Hedging is against slowness: a failure begins no further attempt (that is what `retry` is for), and counts
 * for nothing while another attempt runs. Suspends until all attempts have ended. When all that were begun
 * have failed it throws the error of the last to fail, as it is, because `retry` and a circuit breaker around
 * it want to know it. Throws Cancelled. From "The Tail at
 * Scale" by Dean and Barroso.
 *
 * ```ts
 * const answer = yield* hedge(
 *   function* (attempt) {
 *     yield* sleep(attempt === 1 ? 1_000 : 1);
 *     return attempt;
 *   },
 *   { after: 5 },
 * );
 * answer; // 2
 * ```
 */
export function hedge<Result, Yields = never>(
  work: RoutineFunction<[attempt: number], Result, Yields, any> & NoYields<Yields>,
  options: HedgeOptions,
): Op<Result> {
  if (typeof work !== "function") throw new TypeError("hedge takes a generator function");
  checkOptions("hedge", options, RULES);
  const { after, attempts = 2 } = options;
  if (after === undefined) throw new TypeError("hedge has to be told when: { after: 50 }");
  return hedgeRoutine(work, after, attempts) as Op<Result>;
}

type Attempt = RoutineFunction<[attempt: number], unknown, any, any>;

interface State {
  readonly winner: Winner;
  running: number;
}

const hedgeRoutine = routine(
  "hedge",
  function* (work: Attempt, after: number, attempts: number): Routine<unknown> {
    const state: State = { winner: { decided: false, value: undefined }, running: 0 };
    yield* scope(function* (all) {
      for (let attempt = 1; ; attempt++) {
        state.running++;
        all.spawn(work.name || "attempt", runAttempt, work, attempt, state, all);
        if (attempt >= attempts) return;
        yield* sleep(after);
        if (state.running === 0) return;
      }
    });
    if (!state.winner.decided) throw noneLeft("hedge");
    return state.winner.value;
  },
);

function* runAttempt(work: Attempt, attempt: number, state: State, all: Scope): Routine<void> {
  try {
    win(state.winner, yield* calling(work, attempt), all);
  } catch (error) {
    if (toldToEnd() || Cancelled.is(error)) throw error;
    if (state.winner.decided) return;
    if (state.running === 1) throw error;
  } finally {
    state.running--;
  }
}
