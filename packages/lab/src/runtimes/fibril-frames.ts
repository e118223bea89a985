/** The same programs as hand-written state machines, as a compiler would produce them. */
import { Fiber } from "fibril";
import {
  type FrameRoutine,
  frames,
  KILL,
  perform,
  performYield,
  RAISE,
  RETURN,
  START,
} from "fibril/frames";
import type { Order } from "../cell.js";
import { made } from "../measuring/made.js";
import { inOrder } from "../measuring/order.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { ofMany } from "./counters/of-many.js";
import { Member, type Passes, ringOf } from "./fiber-ring.js";

const passes: Passes = { passed: 0, limit: 0, supervisor: Fiber.root };

const member = frames<[], void, never, unknown>("member", (_frame, how, value) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  const isLast = ++passes.passed === passes.limit;
  return perform(Fiber.transfer(isLast ? passes.supervisor : (Fiber.current as Member).next));
});

const ring = (size: number, order: Order): Ring =>
  ringOf(() => new Member(member), passes, size, order);

const counter = frames<[], void, number, unknown>("counter", (frame, how, value) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  return performYield(++frame.pc);
});

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

const descend: FrameRoutine<[depth: number], void, number, unknown> = frames(
  "descend",
  (frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    if (how !== START) return undefined;
    const depth = frame.a as number;
    return perform(depth > 1 ? descend(depth - 1) : counter());
  },
);

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
  const module = new URL("counters/fibril-frames.js", import.meta.url).href;
  const made = inOrder(
    [...(await ofMany<Fiber<[], number, unknown, void>>(module, routines, size))],
    order,
  );
  return { laps: (laps) => walk(made, laps) };
}

export const fibrilFrames: Runtime = { ring, counters, deep, many };
