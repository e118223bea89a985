/**
 * What a state machine calls in place of `perform(Fiber.transfer(…))`, `perform(yieldNow())` and `perform(park())`.
 * Each checks what the creation of the op would check, and writes the started wish into the registers at once.
 */
import { transferOp } from "../kernel/coroutine-ops.js";
import { FAST_PATHS } from "../kernel/fast-paths.js";
import { DELIVER, SUSPEND } from "../kernel/frame.js";
import { perform } from "../kernel/op.js";
import { passOn } from "../kernel/pass-on.js";
import {
  type FiberFields,
  IDLE,
  K,
  PAUSE_STARTED,
  TRANSFER_STARTED,
  WAIT_STARTED,
} from "../kernel/registers.js";
import { ATTACHED, CREATED, FRAME_BITS, TRANSFERRED, UNWINDING } from "../kernel/state.js";
import { PARK, checkWait, pauseOp, waitOp } from "../kernel/wait.js";
import { OWN } from "./brand.js";
import { Fiber } from "./fiber.js";

/** What a frame returns when it waits: `SUSPEND`. */
type Suspended = IteratorYieldResult<unknown>;

/** A fiber with no other flags may be transferred to by any coroutine. One that resumes another would be RUNNING. */
const ENTERABLE: number = CREATED | TRANSFERRED | FRAME_BITS | ATTACHED;

/**
 * Does what `perform(Fiber.transfer(fiber, …values))` does, in less than half the time: suspends the current fiber and
 * switches to another. The state machine must return what it returns. Throws what `Fiber.transfer` throws.
 *
 * ```ts
 * const here = Fiber.current;
 * const back = frames<[], string>("back", (_frame, how, value) => {
 *   if (how === RAISE) throw value;
 *   if (how === RETURN) return KILL;
 *   return how === START ? performTransfer(here, "hello") : "ended";
 * });
 * new Fiber(back).transfer(); // "hello"
 * ```
 *
 * Copies: `Fiber.transfer`, `transferOp`, and `Op.start`.
 */
export function performTransfer(fiber: Fiber, ...values: unknown[]): Suspended;
export function performTransfer(fiber: Fiber, value?: unknown): Suspended {
  if (!FAST_PATHS || !fiber?.[OWN] || arguments.length > 2) {
    // V8 hands `arguments` on without allocating it, but only in a call of this form.
    // oxlint-disable-next-line typescript/unbound-method -- it is called as a method of Fiber
    return perform(Reflect.apply(Fiber.transfer, Fiber, arguments));
  }
  const target = fiber as FiberFields;
  if (
    (target._flags & ~ENTERABLE) !== 0 ||
    K.phase !== IDLE ||
    K.task !== null ||
    K.current === K.root ||
    K.debug ||
    K.passOn === null
  ) {
    K.passOn = passOn;
    return perform(transferOp(target, arguments.length - 1, value));
  }
  K.phase = TRANSFER_STARTED;
  K.target = target;
  K.how = DELIVER;
  K.argc = arguments.length - 1;
  K.value = value;
  return SUSPEND;
}

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
