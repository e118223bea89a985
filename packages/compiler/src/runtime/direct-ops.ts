/** The ops that functions in direct style start without making them. Each suspends and throws as its op does. */
import { Fiber, park, yieldNow } from "fibril";
import {
  answer,
  forgetSaved,
  performPark,
  performTransfer,
  performYield,
  performYieldNow,
} from "fibril/frames";

/** `Fiber.yield(value)` */
export function yields(depth: number, value?: unknown): unknown {
  // The op knows what to say if other code has called the function.
  if (depth < 1) return answer(depth, Fiber.yield(value));
  forgetSaved();
  return performYield(value);
}

/** `Fiber.transfer(fiber)` */
export function transfers(depth: number, fiber: Fiber): unknown {
  if (depth < 1) return answer(depth, Fiber.transfer(fiber));
  forgetSaved();
  return performTransfer(fiber);
}

/** `yieldNow()` */
export function givesWay(depth: number): unknown {
  if (depth < 1) return answer(depth, yieldNow());
  forgetSaved();
  return performYieldNow();
}

/** `park()` */
export function parks(depth: number): unknown {
  if (depth < 1) return answer(depth, park());
  forgetSaved();
  return performPark();
}
