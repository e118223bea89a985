/** The ready sets under test, what sets each apart, and a scheduler of a few lines to drive them. */
import { FifoSet } from "#core/ready/fifo";
import { LocalitySet } from "#core/ready/locality";
import type { ReadySet, Slotted } from "#core/ready/ready-set";
import { SeededSet } from "#core/ready/seeded";
import { Random } from "../differential/random.ts";

export class Task implements Slotted {
  _slot: number;
  readonly id: number;

  constructor(id: number) {
    this._slot = -1;
    this.id = id;
  }
}

export interface Policy {
  readonly name: string;
  create(seed?: number): ReadySet<Task>;
  /** New tasks start depth-first, before the round goes on. */
  readonly startsFresh: boolean;
  /** Tasks run in the order in which they became ready, however many. */
  readonly strict: boolean;
}

export const policies: readonly Policy[] = [
  { name: "locality", create: () => new LocalitySet(), startsFresh: true, strict: false },
  { name: "fifo", create: () => new FifoSet(), startsFresh: false, strict: true },
  {
    name: "seeded",
    create: (seed = 1) => new SeededSet(seed),
    startsFresh: false,
    strict: false,
  },
];

export type Ready = ReadySet<Task>;

/** More than any policy keeps in a queue. */
export const MANY = 5_000;

export const ids = (tasks: Iterable<Task>): number[] => Array.from(tasks, ({ id }) => id);
export const ascending = (count: number): number[] => Array.from({ length: count }, (_, id) => id);
export const sorted = (numbers: Iterable<number>): number[] =>
  [...numbers].toSorted((a, b) => a - b);

export function spawn(ready: Ready, count: number): Task[] {
  const first = ready.live;
  const tasks = Array.from({ length: count }, (_, i) => new Task(first + i));
  for (const task of tasks) ready.spawned(task);
  return tasks;
}

/** One round; `turn` is what each task does in it. Answers which tasks ran. */
export function round(ready: Ready, turn?: (task: Task) => void): Task[] {
  const ran: Task[] = [];
  ready.beginRound();
  for (let task = ready.next(); task !== null; task = ready.next()) {
    ran.push(task);
    turn?.(task);
  }
  return ran;
}

/** Runs until no task is ready. */
export function settle(ready: Ready): void {
  while (ready.size > 0) round(ready);
}

/** Tasks that have started and wait. */
export function waiting(ready: Ready, count: number): Task[] {
  const tasks = spawn(ready, count);
  settle(ready);
  return tasks;
}

export function shuffled<T>(items: readonly T[], seed = 1): T[] {
  const random = new Random(seed);
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}
