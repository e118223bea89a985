import {
  checkValue,
  MILLISECONDS,
  type NoYields,
  Op,
  type RoutineFunction,
  takeOp,
  type Waitable,
  calling,
} from "../core/index.js";
import { failAfter } from "../deadline.js";

/**
 * Limits a single wait, or a call of a routine with its arguments, to `ms` milliseconds: a short form of
 * `failAfter`.
 *
 * Takes an op, which is not run yet, or a routine. Suspends as that does. Throws TimeoutError when the time is
 * over, after its clean-up; what it throws itself; Cancelled; RangeError at once for milliseconds that are
 * none.
 *
 * ```ts
 * function* load(id: number) {
 *   yield* sleep(1);
 *   return `item ${id}`;
 * }
 * const item = yield* timeout(1_000, load, 7);
 * item; // "item 7"
 * const answer = yield* timeout(1_000, until(Promise.resolve("ok")));
 * answer; // "ok"
 * ```
 */
export function timeout<Result, Yields = never>(
  ms: number,
  wait: Waitable<Result, Yields, any> & NoYields<Yields>,
): Op<Result>;
export function timeout<Args extends readonly unknown[], Result, Yields = never>(
  ms: number,
  routine: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
  ...args: Args
): Op<Result>;
export function timeout(ms: number, work: unknown, ...args: unknown[]): Op<unknown> {
  checkValue("timeout", ms, MILLISECONDS);
  if (work instanceof Op) return failAfter(ms, named(takeOp("timeout", false), "the wait"));
  if (typeof work === "object" && work !== null && Symbol.iterator in work) {
    return failAfter(
      ms,
      named(() => work as Waitable<unknown>, "the wait"),
    );
  }
  if (typeof work !== "function")
    throw new TypeError("timeout takes an op or a generator function");
  const call = (): Waitable<unknown> => calling(work as () => Waitable<unknown>, ...(args as []));
  return failAfter(ms, args.length === 0 ? (work as typeof call) : named(call, work.name));
}

/** The error says what was not done in time. */
function named<F extends Function>(work: F, name: string): F {
  return Object.defineProperty(work, "name", { value: name });
}
