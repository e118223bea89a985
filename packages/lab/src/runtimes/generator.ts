/**
 * Bare generators: the floor that fibers are compared with. They have no links, no rules, no storage and no
 * frames of their own. A ring of them is a loop that enters the generator that the last one yielded.
 */
import type { Order } from "../cell.js";
import { linkedRing } from "../measuring/linked-ring.js";
import { made } from "../measuring/made.js";
import { inOrder } from "../measuring/order.js";
import type { Counters, Ring, Runtime } from "../measuring/runtime.js";
import { ofMany } from "./counters/of-many.js";

interface Member {
  generator: Generator<Member | null, void, void>;
  next: Member;
}

let passed = 0;
let limit = 0;

function* member(self: Member): Generator<Member | null, void, void> {
  for (;;) {
    if (++passed === limit) yield null;
    else yield self.next;
  }
}

function create(): Member {
  const self = {} as Member;
  self.generator = member(self);
  self.next = self;
  return self;
}

function ring(size: number, order: Order): Ring {
  return linkedRing(made(size, create), order, (first, count) => {
    passed = 0;
    limit = count;
    trampoline(first);
    return passed;
  });
}

function trampoline(first: Member): void {
  for (let now: Member | null = first; now !== null;) {
    now = now.generator.next().value as Member | null;
  }
}

function* counter(): Generator<number, void, void> {
  for (let times = 1; ; times++) yield times;
}

function counters(size: number, order: Order): Counters {
  const generators = inOrder(made(size, counter), order);
  return { laps: (laps) => walk(generators, laps) };
}

/** A function of the module rather than a closure, so that the warmed-up code is the code that is timed. */
function walk(generators: readonly Generator<number, void, void>[], laps: number): number {
  let sum = 0;
  for (let lap = 0; lap < laps; lap++) {
    for (const generator of generators) sum += generator.next().value as number;
  }
  return sum;
}

/** Native delegation: every resume walks all of the calls, and the native stack limits their number. */
function* descend(depth: number): Generator<number, void, void> {
  if (depth > 1) yield* descend(depth - 1);
  else yield* counter();
}

function deep(depth: number): Counters {
  const generators = [descend(depth)];
  return { laps: (laps) => walk(generators, laps) };
}

async function many(routines: number, size: number, order: Order): Promise<Counters> {
  const module = new URL("counters/generator.js", import.meta.url).href;
  const made = inOrder(
    [...(await ofMany<Generator<number, void, void>>(module, routines, size))],
    order,
  );
  return { laps: (laps) => walk(made, laps) };
}

export const generator: Runtime = { ring, counters, deep, many };
