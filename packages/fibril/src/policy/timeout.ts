import { checkValue, MILLISECONDS, type Op, type RoutineFunction } from "../core/index.js";
import { failAfter } from "../deadline.js";

/**
 * Runs a routine with its arguments for at most so many milliseconds: `failAfter` for a single call.
 *
 * Suspends as the routine does. Throws TimeoutError when the time is over, after its clean-up; what the
 * routine throws; Cancelled; RangeError at once for milliseconds that are none.
 *
 * ```ts
 * function* load(id: number) {
 *   yield* sleep(1);
 *   return `item ${id}`;
 * }
 * const item = yield* timeout(1_000, load, 7);
 * item; // "item 7"
 * ```
 */
export function timeout<Args extends readonly unknown[], Result>(
  ms: number,
  routine: RoutineFunction<Args, Result, never, any>,
  ...args: Args
): Op<Result> {
  checkValue("timeout", ms, MILLISECONDS);
  if (typeof routine !== "function") throw new TypeError("timeout takes a generator function");
  if (args.length === 0) return failAfter(ms, routine as RoutineFunction<[], Result, never, any>);
  const block = () => routine(...args);
  // The error says what was not done in time.
  Object.defineProperty(block, "name", { value: routine.name });
  return failAfter(ms, block);
}
