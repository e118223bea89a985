/**
 * The ops that functions in direct style start without making them. Each suspends as its op does, and throws what the op
 * throws, and FiberError of code `native-crossing` if `depth` says that other code has called the function.
 */
import { yieldOp } from "../kernel/coroutine-ops.js";
import { answer, forgetSaved } from "../kernel/direct.js";
import { performYield } from "../kernel/perform.js";
import { PARK, pauseOp, waitOp } from "../kernel/wait.js";
import { performPark, performYieldNow } from "./machine-ops.js";

/** `Fiber.yield(value)` */
export function yields(depth: number, value?: unknown): unknown {
  if (depth < 1) return answer(depth, yieldOp(value));
  forgetSaved();
  return performYield(value);
}

/** `yieldNow()` */
export function givesWay(depth: number): unknown {
  if (depth < 1) return answer(depth, pauseOp());
  forgetSaved();
  return performYieldNow();
}

/** `park()` */
export function parks(depth: number): unknown {
  if (depth < 1) return answer(depth, waitOp(PARK, undefined));
  forgetSaved();
  return performPark();
}
