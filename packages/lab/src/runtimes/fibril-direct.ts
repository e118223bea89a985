/**
 * The same programs in direct style. Only what the fibers run is compiled: the loop that resumes them is the same
 * plain code as beside the other runtimes.
 */
import { Fiber } from "fibril/direct";
import type { Order } from "../cell.js";
import { made } from "../measuring/made.js";
import { inOrder } from "../measuring/order.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { ofMany } from "./counters/of-many.js";
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

function counters(size: number, order: Order): Counters {
  const fibers = inOrder(
    made(size, (): Counter => new Fiber(counter)),
    order,
  );
  return { laps: (laps) => walk(fibers, laps) };
}

type Counter = Fiber<[], number, unknown, void>;

/** A function of the module rather than a closure, so that the warmed-up code is the code that is timed. */
function walk(fibers: readonly Counter[], laps: number): number {
  let sum = 0;
  for (let lap = 0; lap < laps; lap++) for (const fiber of fibers) sum += fiber.resume() as number;
  return sum;
}

function descend(depth: number): void {
  "use fibers";
  if (depth > 1) descend(depth - 1);
  else counter();
}

function deep(depth: number): Counters {
  const fiber: Fiber<[depth?: number], number, unknown, void> = new Fiber(descend);
  let started = false;
  return {
    laps(laps) {
      if (started) return walk([fiber], laps);
      started = true;
      return (fiber.resume(depth) as number) + walk([fiber], laps - 1);
    },
  };
}

async function many(routines: number, size: number, order: Order): Promise<Counters> {
  const module = new URL("counters/fibril-direct.js", import.meta.url).href;
  const made = inOrder([...(await ofMany<Counter>(module, routines, size))], order);
  return { laps: (laps) => walk(made, laps) };
}

export const fibrilDirect: Runtime = { ring, counters, deep, many };
