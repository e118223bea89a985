import {
  Cancelled,
  type FiberOutcome,
  type Op,
  routine,
  type Routine,
  spawn,
  type Spawned,
} from "../core/index.js";
import { monitor } from "../monitor.js";
import { NOTHING } from "./immediate.js";
import { supervised } from "../scope.js";
import { checkWorks, isFiber, type Keepable, type ResultOf, startWork, type Work } from "./work.js";

/** How each of a list ended, each in its place. */
export type Outcomes<Works> = {
  -readonly [Key in keyof Works]: FiberOutcome<ResultOf<Works[Key]>>;
};

/**
 * Does all of a list at once, and results in how each ended: `{ ending: "returned", value }`, or
 * "failed", "cancelled" or "killed" with the error. One that fails is not the others' matter.
 *
 * Suspends until all have ended. Throws Cancelled alone.
 *
 * ```ts
 * const [good, bad] = yield* settled([
 *   function* () {
 *     return 1;
 *   },
 *   function* () {
 *     throw new Error("no");
 *   },
 * ]);
 * good.ending; // "returned"
 * bad.ending; // "failed"
 * ```
 */
export function settled<const Works extends readonly Work[]>(
  works: Works & Keepable<Works>,
): Op<Outcomes<Works>> {
  checkWorks("settled", works);
  return settledRoutine(works) as Op<any>;
}

const settledRoutine = routine("settled", function* (works: readonly Work[]): Routine<
  unknown[],
  never
> {
  let fibers: Spawned<unknown>[] = [];
  yield* supervised(() => {
    fibers = works.map((work, index) => {
      const child = isFiber(work) ? spawn("wait", waitFor, work) : startWork(spawn, work, index);
      monitor(child, () => {}); // whatever it fails with is told in the list
      return isFiber(work) ? work : child;
    });
    return NOTHING;
  });
  return fibers.map((fiber) => fiber.outcome);
});

/** Waits for the end of a fiber, however it ends. */
function* waitFor(fiber: Spawned<unknown>): Routine<void, never> {
  try {
    yield* fiber;
  } catch (error) {
    if (Cancelled.is(error) && fiber.alive) throw error;
  }
}
