import { type Op, routine, type Routine, spawn } from "../core/index.js";
import { type Scope, scope } from "../scope.js";
import { NOTHING } from "./immediate.js";
import {
  checkWorks,
  type Keepable,
  nameOf,
  noneLeft,
  perform,
  type ResultOf,
  toldToEnd,
  type Work,
} from "./work.js";

/**
 * The result, or the error, of the first that ends. The others are cancelled and waited for.
 *
 * What another one gives or throws before it is told is dropped; an error of its clean-up is thrown.
 * Suspends until all have ended. Throws Cancelled, and TypeError for an empty list.
 *
 * ```ts
 * const winner = yield* race([
 *   function* () {
 *     yield* sleep(1_000);
 *     return "slow";
 *   },
 *   function* () {
 *     yield* sleep(1);
 *     return "quick";
 *   },
 * ]);
 * winner; // "quick"
 * ```
 */
export function race<const Works extends readonly Work[]>(
  works: Works & Keepable<Works>,
): Op<ResultOf<Works[number]>> {
  checkWorks("race", works);
  if (works.length === 0) throw new TypeError("race takes at least one routine: nobody would win");
  return raceRoutine(works) as Op<any>;
}

/** The first result, once there is one. */
export interface Winner {
  decided: boolean;
  value: unknown;
}

const raceRoutine = routine("race", function* (works: readonly Work[]): Routine<unknown, never> {
  const winner: Winner = { decided: false, value: undefined };
  yield* scope((entrants) => {
    for (const [index, work] of works.entries()) {
      spawn(nameOf(work, index), entrant, work, winner, entrants);
    }
    return NOTHING;
  });
  if (!winner.decided) throw noneLeft("race");
  return winner.value;
});

function* entrant(work: Work, winner: Winner, entrants: Scope): Routine<void> {
  try {
    win(winner, yield* perform(work), entrants);
  } catch (error) {
    if (!winner.decided || toldToEnd()) throw error;
  }
}

/** The first result counts, and ends the others. */
export function win(winner: Winner, value: unknown, entrants: Scope): void {
  if (winner.decided) return;
  winner.decided = true;
  winner.value = value;
  entrants.cancel("another one was first");
}
