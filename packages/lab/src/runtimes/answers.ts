/**
 * What honest fibers answer. The programs of other runtimes add up what their fibers said; here the same
 * sum is worked out without any fiber. It depends on the number of operations and on their order.
 *
 * Fiber i begins at i % 7 and answers one more each time it is resumed. After every `SLICE` passes of a
 * ring the member in hand says its i % 7.
 */
import type { Cell } from "../cell.js";
import { inOrder } from "../measuring/order.js";

/** Operations that a program does between two looks at its clock. */
const SLICE = 10_000;
/** Fibers that come and go together in `gc`. */
const BATCH = 200;

export function expectedSum(cell: Cell, count: number): number {
  switch (cell.experiment) {
    case "ring":
      return lastMembers(cell, count);
    case "create":
      return inFold(weights(cell).map((weight) => weight + 1));
    case "gc":
      return churned(cell, count);
    case "depth":
      return laps([0], count, 2);
    default:
      return laps(weights(cell), count, cell.experiment === "resume" ? 1 : 2);
  }
}

function weights({ fibers, order }: Pick<Cell, "fibers" | "order">): number[] {
  const all = Array.from({ length: fibers }, (_, index) => index % 7);
  return inOrder(all, order);
}

/** `first` is the number of the first timed lap: where the fibers have been entered before it is 2. */
function laps(from: readonly number[], count: number, first: number): number {
  const whole = Math.floor(count / from.length);
  const rest = count % from.length;
  const total = from.reduce((sum, weight) => sum + weight, 0);
  let sum = whole * total + from.length * ((whole * (2 * first + whole - 1)) / 2);
  for (const weight of from.slice(0, rest)) sum += weight + first + whole;
  return sum;
}

/** Those that come and go, in batches, and after them the second answers of those that live on. */
function churned({ fibers, order }: Cell, count: number): number {
  const first = (many: number): number => laps(weights({ fibers: many, order }), many, 1);
  return (count / BATCH) * first(BATCH) + first(fibers) + fibers;
}

function lastMembers(cell: Cell, count: number): number {
  const ring = weights(cell);
  const last: number[] = [];
  for (let done = 0; done < count;) {
    done = Math.min(done + SLICE, count);
    last.push(ring[(done - 1) % ring.length] as number);
  }
  return inFold(last);
}

/** A sum in which the order counts. */
const inFold = (answers: readonly number[]): number =>
  answers.reduce((sum, answer) => (sum * 31 + answer) % 2 ** 32, 0);
