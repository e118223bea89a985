/** Being asked to end, seen from within. */
import * as kernel from "./core/kernel.js";
import type { CancelRequest, CancelSource } from "./core/request.js";
import type { ScopeCore } from "./core/scope.js";
import { forcedBy } from "./core/spread.js";
import { FORCED } from "./core/state.js";
import { innermost } from "./core/wait.js";

const { K } = kernel;

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
  const { current, task } = K;
  if (task === null) return undefined;
  const forced = (current._flags & FORCED) !== 0;
  const request = (forced ? forcedBy(task) : undefined) ?? requestOf(innermost(task, current));
  if (request === null) return undefined;
  const { by, reason, source } = request;
  return { source, reason, by, forced };
}

/**
 * What applies to the scopes of a task, or did before one of them began its clean-up, innermost first; and
 * to the scope that the task was spawned in, because that ends the task.
 */
function requestOf(scope: unknown): CancelRequest | null {
  const inner = scope as ScopeCore;
  for (let at: ScopeCore | null = inner; at !== null; at = at.outer) {
    const request = at.effective ?? (at.cleaning ? at.asked : null);
    if (request !== null) return request;
    if (at.task !== K.task) return null;
  }
  return null;
}
