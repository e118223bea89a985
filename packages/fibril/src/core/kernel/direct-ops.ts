/** The op that functions in direct style start without making it. */
import { yieldOp } from "./coroutine-ops.js";
import { answer, forgetSaved } from "./direct.js";
import { performYield } from "./perform.js";

/**
 * `Fiber.yield(value)`. Suspends. Throws what `Fiber.yield` throws, and FiberError of code `native-crossing` if `depth`
 * says that the function was called by other code.
 */
export function yields(depth: number, value?: unknown): unknown {
  if (depth < 1) return answer(depth, yieldOp(value));
  forgetSaved();
  return performYield(value);
}
