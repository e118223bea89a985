import { currentTask, type Task, type Waitable } from "../core/index.js";
import { NOTHING } from "../combine/immediate.js";
import { now } from "../deadline.js";
import { yieldNow } from "../sleep.js";

/** Milliseconds. */
const BREATH = 1;

/** Who breathed last, and when: one for all, because another one's turn has come in between. */
let last: Task | null = null;
let at = 0;

/**
 * Gives way if the fiber has run for about a millisecond since it breathed last: for loops that compute,
 * where `yieldNow` every time round would cost more than the work.
 *
 * Suspends then and only then. Throws Cancelled where it suspends; `checkpoint()` looks every time.
 *
 * ```ts
 * await run(function* () {
 *   let sum = 0;
 *   for (let n = 0; n < 100_000; n++) {
 *     sum += n;
 *     yield* breathe();
 *   }
 * });
 * ```
 */
export function breathe(): Waitable<void, never, any> {
  const task = currentTask();
  const time = now();
  if (task !== last) {
    last = task;
    at = time;
    return NOTHING;
  }
  if (time - at < BREATH) return NOTHING;
  last = null;
  return yieldNow();
}
