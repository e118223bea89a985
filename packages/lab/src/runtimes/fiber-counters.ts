/** The counters of the bug report for the runtimes that are Fibril: they differ only in what the fibers run. */
import type { Fiber } from "fibril";
import type { Order } from "../cell.js";
import { made } from "../measuring/made.js";
import { inOrder } from "../measuring/order.js";
import type { Counters } from "../measuring/runtime.js";
import { ofMany } from "./counters/of-many.js";

export type Counter = Fiber<[], number, unknown, void>;

/** Fibers that each yield how often they were resumed. */
export function countersOf(create: () => Counter, size: number, order: Order): Counters {
  const fibers = inOrder(made(size, create), order);
  return { laps: (laps) => walk(fibers, laps) };
}

/** A function of the module rather than a closure, so that the warmed-up code is the code that is timed. */
function walk(fibers: readonly Counter[], laps: number): number {
  let sum = 0;
  for (let lap = 0; lap < laps; lap++) for (const fiber of fibers) sum += fiber.resume() as number;
  return sum;
}

/** A counter below that many calls, which its first resume makes. */
export function deepOf(
  fiber: Fiber<[depth: number], number, unknown, void>,
  depth: number,
): Counters {
  const later = [fiber as Fiber<any, number, unknown, void>];
  let started = false;
  return {
    laps(laps) {
      if (started) return walk(later, laps);
      started = true;
      return (fiber.resume(depth) as number) + walk(later, laps - 1);
    },
  };
}

/** Counters of that many different routines, each from an import of `module` of its own. */
export async function manyOf(
  module: string,
  routines: number,
  size: number,
  order: Order,
): Promise<Counters> {
  const fibers = inOrder([...(await ofMany<Counter>(module, routines, size))], order);
  return { laps: (laps) => walk(fibers, laps) };
}
