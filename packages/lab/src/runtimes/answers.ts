/**
 * What fibers that did all their work have answered. The programs of other runtimes add up the answers of
 * their fibers; here the same sum is computed without any fiber. It depends on the number of operations
 * and on their order.
 *
 * Fiber i begins at i % 7 and answers one more each time it is resumed. In a ring, the member that has
 * control after every `SLICE` passes answers its i % 7.
 */
import type { Cell } from "../cell.js";
import { inOrder } from "../measuring/order.js";

/** Operations of a program between two looks at its clock. */
const SLICE = 10_000;
/** Fibers that are created and dropped together in `gc`. */
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

/**
 * `first` is the number of the first timed lap: 2 where the fibers were entered before the clock
 * started.
 */
function laps(from: readonly number[], count: number, first: number): number {
  const whole = Math.floor(count / from.length);
  const rest = count % from.length;
  const total = from.reduce((sum, weight) => sum + weight, 0);
  let sum = whole * total + from.length * ((whole * (2 * first + whole - 1)) / 2);
  for (const weight of from.slice(0, rest)) sum += weight + first + whole;
  return sum;
}

/** The answers of the batches that come and go, and then the second answers of the fibers that stay. */
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

/** A sum that depends on the order. */
const inFold = (answers: readonly number[]): number =>
  answers.reduce((sum, answer) => (sum * 31 + answer) % 2 ** 32, 0);
