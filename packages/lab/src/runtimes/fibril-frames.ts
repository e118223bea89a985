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
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { countersOf, deepOf, manyOf } from "./fiber-counters.js";
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

const counters = (size: number, order: Order): Counters =>
  countersOf(() => new Fiber(counter), size, order);

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

const deep = (depth: number): Counters => deepOf(new Fiber(descend), depth);

const many = (routines: number, size: number, order: Order): Promise<Counters> =>
  manyOf(new URL("counters/fibril-frames.js", import.meta.url).href, routines, size, order);

export const fibrilFrames: Runtime = { ring, counters, deep, many };
