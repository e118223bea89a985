/** The ready sets under test, and what sets each apart from the others. */
import { FifoSet } from "#core/fifo";
import { LocalitySet } from "#core/locality";
import type { ReadySet, Slotted } from "#core/ready-set";
import { SeededSet } from "#core/seeded";

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
  /** A spawned task may start in the round it was spawned in, newest first. */
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
