/**
 * What a state machine calls in place of `perform(yieldNow())` and `perform(park())`. Each checks what the creation of the op
 * would check, and writes the started wish into the registers at once.
 */
import { FAST_PATHS } from "../kernel/fast-paths.js";
import { SUSPEND } from "../kernel/frame.js";
import { perform } from "../kernel/op.js";
import { IDLE, K, PAUSE_STARTED, WAIT_STARTED } from "../kernel/registers.js";
import { UNWINDING } from "../kernel/state.js";
import { PARK, checkWait, pauseOp, waitOp } from "../kernel/wait.js";

/** What a frame returns when it waits: `SUSPEND`. */
type Suspended = IteratorYieldResult<unknown>;

/**
 * Does what `perform(yieldNow())` does. The state machine must return what it returns. Throws FiberError outside of a
 * scheduler.
 *
 * ```ts
 * const polite = frames<[], void>("polite", (frame, how, value) => {
 *   if (how === RAISE) throw value;
 *   if (how === RETURN) return KILL;
 *   return frame.pc++ < 10 ? performYieldNow() : undefined;
 * });
 * await run(polite);
 * ```
 *
 * Copies: `pauseOp`, and `Op.start`.
 */
export function performYieldNow(): Suspended {
  if (!FAST_PATHS) return perform(pauseOp());
  if (K.task !== K.current || K.phase !== IDLE || K.base !== K.loop || K.debug) {
    checkWait("yieldNow()");
  }
  K.phase = PAUSE_STARTED;
  return SUSPEND;
}

/**
 * Does what `perform(park())` does. The state machine must return what it returns, and is entered with the value that
 * `unpark` was given. Throws FiberError outside of a scheduler.
 *
 * ```ts
 * const sleeper = frames<[], unknown>("sleeper", (_frame, how, value) => {
 *   if (how === RAISE) throw value;
 *   if (how === RETURN) return KILL;
 *   return how === START ? performPark() : value;
 * });
 * await run(function* () {
 *   const fiber = spawn(sleeper);
 *   yield* yieldNow();
 *   unpark(fiber, "good morning");
 *   yield* fiber; // "good morning"
 * });
 * ```
 *
 * Copies: `waitOp`, and `Op.start`.
 */
export function performPark(): Suspended {
  const { current } = K;
  if (
    !FAST_PATHS ||
    K.task !== current ||
    K.phase !== IDLE ||
    K.base !== K.loop ||
    K.debug ||
    (current._flags & UNWINDING) !== 0
  ) {
    return perform(waitOp(PARK, undefined));
  }
  K.phase = WAIT_STARTED;
  K.begin = PARK;
  K.value = undefined;
  return SUSPEND;
}
