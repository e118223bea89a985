/** Being asked to end, seen from within. */
import { type CancelSource, requestInForce } from "./core/index.js";

/** A request to end: who made it, and why. */
export interface Cancellation {
  readonly source: CancelSource;
  readonly reason: unknown;
  /** Who called `cancel`, or failed, such as `fiber "main"`; undefined for plain code, signals and time limits. */
  readonly by: string | undefined;
  /** Its grace is over: the fiber is being unwound, and nothing that it waits for is waited for. */
  readonly forced: boolean;
}

/**
 * By whom and why the running fiber, or a block that it is in, is being ended; undefined when it is not,
 * and outside of fibers. The innermost block's request comes first. Under `shield` and in what was deferred
 * it tells too, although no wait there throws. A kill has no reason, and is not told.
 *
 * A plain call.
 *
 * ```ts
 * const work = spawn(function* () {
 *   try {
 *     yield* sleep(1_000);
 *   } finally {
 *     cancelling()?.reason; // "not needed"
 *   }
 * });
 * yield* yieldNow();
 * yield* work.cancel("not needed");
 * ```
 */
export function cancelling(): Cancellation | undefined {
  const found = requestInForce();
  if (found === null) return undefined;
  const { forced, request } = found;
  const { by, reason, source } = request;
  return { source, reason, by, forced };
}
