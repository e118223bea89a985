/**
 * The same programs in direct style. Only what the fibers run is compiled: the loop that resumes them is the same
 * plain code as beside the other runtimes.
 */
import { Fiber } from "fibril/direct";
import type { Order } from "../cell.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { countersOf, deepOf, manyOf } from "./fiber-counters.js";
import { Member, type Passes, ringOf } from "./fiber-ring.js";

const passes: Passes = { passed: 0, limit: 0, supervisor: Fiber.current };

function member(): void {
  "use fibers";
  for (;;) {
    if (++passes.passed === passes.limit) Fiber.transfer(passes.supervisor);
    else Fiber.transfer((Fiber.current as Member).next);
  }
}

const ring = (size: number, order: Order): Ring =>
  ringOf(() => new Member(member as never), passes, size, order);

function counter(): void {
  "use fibers";
  for (let times = 1; ; times++) Fiber.yield(times);
}

const counters = (size: number, order: Order): Counters =>
  countersOf(() => new Fiber(counter), size, order);

function descend(depth: number): void {
  "use fibers";
  if (depth > 1) descend(depth - 1);
  else counter();
}

const deep = (depth: number): Counters => deepOf(new Fiber(descend), depth);

const many = (routines: number, size: number, order: Order): Promise<Counters> =>
  manyOf(new URL("counters/fibril-direct.js", import.meta.url).href, routines, size, order);

export const fibrilDirect: Runtime = { ring, counters, deep, many };
