/** The programs of the bug report as a user of Fibril would write them. */
import { Fiber, type Routine, routine } from "fibril";
import type { Order } from "../cell.js";
import { made } from "../measuring/made.js";
import { inOrder } from "../measuring/order.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { ofMany } from "./counters/of-many.js";
import { Member, type Passes, ringOf } from "./fiber-ring.js";

const passes: Passes = { passed: 0, limit: 0, supervisor: Fiber.root };

function* member(): Routine<void, never, unknown> {
  for (;;) {
    if (++passes.passed === passes.limit) yield* Fiber.transfer(passes.supervisor);
    else yield* Fiber.transfer((Fiber.current as Member).next);
  }
}

const ring = (size: number, order: Order): Ring =>
  ringOf(() => new Member(member), passes, size, order);

function* counter(): Routine<void, number, unknown> {
  for (let times = 1; ; times++) yield* Fiber.yield(times);
}

function counters(size: number, order: Order): Counters {
  const fibers = inOrder(
    made(size, () => new Fiber(counter)),
    order,
  );
  return { laps: (laps) => walk(fibers, laps) };
}

/** A function of the module rather than a closure, so that the warmed-up code is the code that is timed. */
function walk(fibers: readonly Fiber<[], number, unknown, void>[], laps: number): number {
  let sum = 0;
  for (let lap = 0; lap < laps; lap++) for (const fiber of fibers) sum += fiber.resume() as number;
  return sum;
}

const descend = routine("descend", function* (depth: number): Routine<void, number, unknown> {
  if (depth > 1) yield* descend(depth - 1);
  else yield* counter();
});

function deep(depth: number): Counters {
  const fiber = new Fiber(descend);
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

async function many(routines: number, size: number, order: Order): Promise<Counters> {
  const module = new URL("counters/fibril.js", import.meta.url).href;
  const made = inOrder(
    [...(await ofMany<Fiber<[], number, unknown, void>>(module, routines, size))],
    order,
  );
  return { laps: (laps) => walk(made, laps) };
}

export const fibril: Runtime = { ring, counters, deep, many };
