"use fibers";
/** Tasks that are started and joined. */
import { spawn, type Task, yieldNow } from "fibril/direct";
import { n, total, unit, upTo, weight } from "../bench.js";

function turn(index: number): number {
  yieldNow();
  return weight(index);
}

const atOnce = (index: number): number => weight(index);

function joined(work: (index: number) => number): void {
  const tasks: Task<number>[] = [];
  for (const index of upTo(n)) tasks.push(spawn(work, index));
  for (const task of tasks) unit(task.join());
}

/** N tasks give up one turn each and are joined. */
export const spawned = (): void => joined(turn);

/** N tasks end in their first turn and are joined. */
export const spawnedAtOnce = (): void => joined(atOnce);

function node(first: number, leaves: number): number {
  unit(leaves === 1 ? first : 0);
  if (leaves === 1) return first;
  const share = leaves / 10;
  const children: Task<number>[] = [];
  for (let child = 0; child < 10; child++) {
    children.push(spawn(node, first + child * share, share));
  }
  let sum = 0;
  for (const child of children) sum += child.join();
  return sum;
}

/** A tree of tasks, ten children a node, that adds up the numbers of its N leaves. */
export function skynet(): void {
  total(node(0, n));
}
