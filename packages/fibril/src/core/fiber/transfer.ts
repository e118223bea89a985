/** A transfer without an op. */
import { transferOp } from "../kernel/coroutine-ops.js";
import { FAST_PATHS } from "../kernel/fast-paths.js";
import { DELIVER, SUSPEND } from "../kernel/frame.js";
import { perform } from "../kernel/op.js";
import { passOn } from "../kernel/pass-on.js";
import { type FiberFields, IDLE, K, TRANSFER_STARTED } from "../kernel/registers.js";
import { ATTACHED, CREATED, FRAME_BITS, TRANSFERRED } from "../kernel/state.js";
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
