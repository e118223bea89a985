import { Cancelled, type Op, routine, type Routine, spawn } from "../core/index.js";
import { type Scope, scope } from "../scope.js";
import { NOTHING } from "./immediate.js";
import { win, type Winner } from "./race.js";
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
 * The result of the first that succeeds. The others are cancelled and waited for.
 *
 * When none succeeds it throws an AggregateError of what each failed with, in their order. A failure
 * counts for nothing as long as another one may succeed; an error of a loser's clean-up is thrown.
 * Suspends until all have ended. Throws Cancelled, and TypeError for an empty list.
 *
 * ```ts
 * const answer = yield* any([
 *   function* () {
 *     throw new Error("this mirror is down");
 *   },
 *   function* () {
 *     yield* sleep(1);
 *     return "from the other one";
 *   },
 * ]);
 * answer; // "from the other one"
 * ```
 */
export function any<const Works extends readonly Work[]>(
  works: Works & Keepable<Works>,
): Op<ResultOf<Works[number]>> {
  checkWorks("any", works);
  if (works.length === 0) throw new TypeError("any takes at least one routine: none could succeed");
  return anyRoutine(works) as Op<any>;
}

const anyRoutine = routine("any", function* (works: readonly Work[]): Routine<unknown, never> {
  const winner: Winner = { decided: false, value: undefined };
  const errors = new Map<number, unknown>();
  yield* scope((entrants) => {
    for (const [index, work] of works.entries()) {
      spawn(nameOf(work, index), entrant, work, index, winner, errors, entrants);
    }
    return NOTHING;
  });
  if (winner.decided) return winner.value;
  if (errors.size === 0) throw noneLeft("any");
  const inOrder = [...errors].toSorted(([a], [b]) => a - b).map(([, error]) => error);
  throw new AggregateError(inOrder, `none of ${works.length} succeeded`);
});

function* entrant(
  work: Work,
  index: number,
  winner: Winner,
  errors: Map<number, unknown>,
  entrants: Scope,
): Routine<void> {
  try {
    win(winner, yield* perform(work), entrants);
  } catch (error) {
    if (toldToEnd() || Cancelled.is(error)) throw error;
    errors.set(index, error);
  }
}
