/** What a fiber can find out about a request to end it. */
import { type CancelSource, requestInForce } from "./core/index.js";

/** A request to end: where it came from, and why. */
export interface Cancellation {
  /** What kind of request it was: a call of `cancel`, a signal, a time limit, a failure. */
  readonly source: CancelSource;
  /** What the caller gave as its reason. */
  readonly reason: unknown;
  /**
   * The fiber that called `cancel`, or that failed, such as `fiber "main"`; undefined for plain code, signals
   * and time limits.
   */
  readonly by: string | undefined;
  /** The grace is over: the fiber is being unwound, and waits for nothing. */
  readonly forced: boolean;
}

/**
 * The request that is ending the running fiber, or a block that it is in. Undefined when there is none, and
 * outside of fibers. Of several, the request to the innermost block counts. It is visible also under `shield`
 * and in deferred work, although no wait there throws. A kill is not a request, and is not visible here.
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
