/** Tasks that are started and joined. */
import { type Routine, type Spawned, spawn, yieldNow } from "fibril";
import { n, total, unit, upTo, weight } from "../bench.js";

function* turn(index: number): Routine<number> {
  yield* yieldNow();
  return weight(index);
}

// oxlint-disable-next-line require-yield -- a task without a wait is what is measured
function* atOnce(index: number): Routine<number> {
  return weight(index);
}

const joined = (work: (index: number) => Routine<number>) =>
  function* joining(): Routine<void> {
    const tasks: Spawned<number>[] = [];
    for (const index of upTo(n)) tasks.push(spawn(work, index));
    for (const task of tasks) unit(yield* task);
  };

/** N tasks give up one turn each and are joined. */
export const spawned: () => Routine<void> = joined(turn);

/** N tasks end in their first turn and are joined. */
export const spawnedAtOnce: () => Routine<void> = joined(atOnce);

function* node(first: number, leaves: number): Routine<number> {
  unit(leaves === 1 ? first : 0);
  if (leaves === 1) return first;
  const share = leaves / 10;
  const children: Spawned<number>[] = [];
  for (let child = 0; child < 10; child++) {
    children.push(spawn(node, first + child * share, share));
  }
  let sum = 0;
  for (const child of children) sum += yield* child;
  return sum;
}

/** A tree of tasks, ten children a node, that adds up the numbers of its N leaves. */
export function* skynet(): Routine<void> {
  total(yield* node(0, n));
}
