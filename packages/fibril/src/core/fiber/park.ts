/** The barest wait, for channels, locks and the like, which keep their own list of waiting fibers. */
import { noTask } from "../kernel/errors.js";
import type { Op } from "../kernel/op.js";
import type { TaskFields } from "../kernel/registers.js";
import { BARE, PARKED, SCHEDULED } from "../kernel/state.js";
import { labelOf } from "../kernel/text.js";
import { BARE_WAIT, waitOf } from "../kernel/wait-slot.js";
import { PARK, waitOp, wake } from "../kernel/wait.js";
import { OWN, stranger } from "./brand.js";
import type { Fiber } from "./fiber.js";

/**
 * Waits until `unpark` is called with this fiber; results in the value given there.
 *
 * Allocates nothing. Suspends always. Throws Cancelled; the code that would have called `unpark` is not
 * notified, but its `unpark` returns false. The pair comes from Java and Rust, without their permits.
 *
 * ```ts
 * const sleeper = spawn(function* () {
 *   return yield* park<string>();
 * });
 * yield* yieldNow();
 * unpark(sleeper, "good morning"); // true
 * yield* sleeper; // "good morning"
 * ```
 */
export function park<T = void>(): Op<T> {
  return waitOp(PARK, undefined);
}

/**
 * Ends the `park` of a fiber, with a value. A plain call. Returns false, and does nothing, when the
 * fiber is not parked: it has been woken already, was cancelled, or waits for something else. Throws
 * TypeError for a value that is not a fiber, and FiberError for a fiber that no scheduler of this copy
 * of the library runs. See `park` for an example.
 */
export function unpark(fiber: Fiber, value?: unknown): boolean {
  if (!(fiber as Partial<Fiber> | undefined)?.[OWN]) throw stranger(fiber);
  const task = fiber as unknown as TaskFields;
  const flags = task._flags;
  if ((flags & BARE) === 0 && ((flags & PARKED) === 0 || waitOf(task) !== BARE_WAIT)) {
    if ((flags & SCHEDULED) === 0) throw noTask("unpark", labelOf(task));
    return false;
  }
  wake(task, value);
  return true;
}
