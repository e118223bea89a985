import {
  calling,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  spawn,
  type Spawned,
  suspend,
} from "../core/index.js";
import { type End, monitor } from "../monitor.js";
import { scope } from "../scope.js";
import { checkWorks, isFiber, type Keepable, type ResultOf, startWork, type Work } from "./work.js";

/**
 * Does all of a list at once, and hands each result to `body` as it comes, one at a time, with its place
 * in the list.
 *
 * The first failure, also of the body, cancels the others. Suspends until all have ended and the body has
 * had each. Throws what fails, and Cancelled.
 *
 * ```ts
 * const order: string[] = [];
 * yield* inCompletionOrder(
 *   [90, 1, 45].map((ms) => function* () {
 *     yield* sleep(ms);
 *     return ms;
 *   }),
 *   function* (ms, index) {
 *     order.push(`${index}: ${ms}`);
 *   },
 * );
 * assert.deepEqual(order, ["1: 1", "2: 45", "0: 90"]);
 * ```
 */
export function inCompletionOrder<const Works extends readonly Work[], Yields = never>(
  works: Works & Keepable<Works>,
  body: RoutineFunction<[result: ResultOf<Works[number]>, index: number], unknown, Yields, any> &
    NoYields<Yields>,
): Op<void> {
  checkWorks("inCompletionOrder", works);
  if (typeof body !== "function") {
    throw new TypeError("inCompletionOrder takes a generator function for the results");
  }
  return completionRoutine(works, body as Body);
}

type Body = RoutineFunction<[result: unknown, index: number], unknown, any, any>;

const completionRoutine = routine(
  "inCompletionOrder",
  function* (works: readonly Work[], body: Body): Routine<void, never> {
    const ended: { readonly end: End; readonly index: number }[] = [];
    const undo: (() => void)[] = [];
    let wake: (() => void) | undefined;
    try {
      yield* scope(function* () {
        for (const [index, work] of works.entries()) {
          const fiber = isFiber(work) ? work : startWork(spawn, work, index);
          undo.push(
            monitor(fiber, (end) => {
              ended.push({ end, index });
              wake?.();
            }),
          );
        }
        for (let next = 0; next < works.length; next++) {
          if (ended.length === next) {
            yield* suspend("the next result", (own) => {
              wake = own;
            });
            wake = undefined;
          }
          const { end, index } = ended[next] as (typeof ended)[number];
          const value =
            end.ending === "returned" ? end.value : yield* end.fiber as Spawned<unknown>;
          yield* calling(body, value, index);
        }
      });
    } finally {
      for (const each of undo) each();
    }
  },
);
