/**
 * The loop for state machines that transfer to one another. It is apart from `drive`, because it needs only a few of
 * that loop's questions, and because V8 then knows the code of these machines and inlines it. A transfer takes
 * two thirds of the time (docs/performance.md).
 *
 * It is called through a register, so that only programs with such machines contain it.
 */
import { type Code, DELIVER, type Frame, type How, RAISE, SUSPEND } from "./frame.js";
import { dropOp, notRun } from "./op-misuse.js";
import { type FiberFields, IDLE, K, TRANSFER_STARTED } from "./registers.js";
import { RUNNING, TRANSFERRED } from "./state.js";
import { endFrame, howToEnter, linkTransfer, performOp } from "./switch.js";

/**
 * `fiber`, which has no other flag than RUNNING, has started a transfer. Goes on as long as such fibers transfer to
 * such fibers. Does what the last of them wants, and returns how to enter `K.current`.
 *
 * A fiber that runs a generator, waits on the native stack, was killed or belongs to a task has another flag, and the
 * same is true of the base. So the flags answer all that `drive` asks.
 *
 * Copies: `linkTransfer`, and `drive`.
 */
export function passOn(fiber: FiberFields): How {
  for (;;) {
    const target = K.target as FiberFields;
    if (target._flags !== TRANSFERRED || K.how !== DELIVER) {
      const how = howToEnter(target, K.how);
      linkTransfer(fiber, target);
      return how;
    }
    fiber._flags = TRANSFERRED;
    target._flags = RUNNING;
    K.current = target;
    fiber = target;
    const { value } = K;
    K.value = undefined;
    const top = fiber._frame;
    let out: unknown;
    try {
      if (typeof top === "function") {
        out = (top as Code)(fiber as unknown as Frame, DELIVER, value);
      } else {
        const { code } = top as Frame; // called without a receiver: see `Frame`
        out = code(top as Frame, DELIVER, value);
      }
      if (out !== SUSPEND && K.phase !== IDLE) throw notRun();
    } catch (error) {
      if (K.phase !== IDLE) dropOp(error);
      return endFrame(fiber, RAISE, error);
    }
    if (out !== SUSPEND) return endFrame(fiber, DELIVER, out);
    if (K.phase !== TRANSFER_STARTED || fiber._flags !== RUNNING) return performOp(fiber);
    K.phase = IDLE;
  }
}
