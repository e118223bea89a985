/** The programs of the bug report as a user of Fibril would write them. */
import { Fiber, type Routine, routine } from "fibril";
import type { Order } from "../cell.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { countersOf, deepOf, manyOf } from "./fiber-counters.js";
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

const counters = (size: number, order: Order): Counters =>
  countersOf(() => new Fiber(counter), size, order);

const descend = routine("descend", function* (depth: number): Routine<void, number, unknown> {
  if (depth > 1) yield* descend(depth - 1);
  else yield* counter();
});

const deep = (depth: number): Counters => deepOf(new Fiber(descend), depth);

const many = (routines: number, size: number, order: Order): Promise<Counters> =>
  manyOf(new URL("counters/fibril.js", import.meta.url).href, routines, size, order);

export const fibril: Runtime = { ring, counters, deep, many };
