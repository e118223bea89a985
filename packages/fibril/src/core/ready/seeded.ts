/**
 * A ready set that runs each round in a random order, which is the same for the same seed.
 *
 * It is meant for tests: a program that is right under every seed does not rely on an order that was never
 * promised. The order depends only on the seed and on the calls that were made.
 *
 *     ready   a c d b | e f          the tasks of this round in any order, then those of the next
 *                  left
 */
import { mulberry32 } from "./random.js";
import type { ReadySet, Slotted } from "./ready-set.js";
import { Slots } from "./slots.js";

export class SeededSet<T extends Slotted = Slotted> extends Slots<T> implements ReadySet<T> {
  /** The seed that repeats this order. */
  readonly seed: number;
  private readonly random: () => number;
  private readonly ready: T[];
  private left: number;
  /** Slot → place in `ready` while the task is ready, otherwise -1. */
  private places: Int32Array;

  constructor(seed: number) {
    super();
    this.seed = seed;
    this.random = mulberry32(seed);
    this.ready = [];
    this.left = 0;
    this.places = new Int32Array(this.capacity).fill(-1);
  }

  get size(): number {
    return this.ready.length;
  }

  spawned(task: T): void {
    this.admit(task);
    this.add(task);
  }

  add(task: T): void {
    this.places[task._slot] = this.ready.length;
    this.ready.push(task);
  }

  remove(task: T): void {
    const place = this.places[task._slot] as number;
    if (place !== -1) this.takeOut(place);
  }

  ended(task: T): void {
    this.release(task);
  }

  beginRound(): number {
    this.left = this.ready.length;
    return this.left;
  }

  next(): T | null {
    return this.left === 0 ? null : this.takeOut(this.below(this.left));
  }

  protected override moved(from: number, to: number): void {
    this.places[to] = this.places[from] as number;
  }

  protected override resized(): void {
    const places = new Int32Array(this.capacity).fill(-1);
    places.set(this.places.subarray(0, Math.min(this.capacity, this.places.length)));
    this.places = places;
  }

  /** The last task of the round fills the hole, and the last of all fills the hole which that one leaves. */
  private takeOut(place: number): T {
    const task = this.ready[place] as T;
    if (place < this.left) place = this.move(--this.left, place);
    this.move(this.ready.length - 1, place);
    this.ready.pop();
    this.places[task._slot] = -1;
    return task;
  }

  /** Returns where the hole is afterwards. */
  private move(from: number, to: number): number {
    if (from !== to) {
      const task = this.ready[from] as T;
      this.ready[to] = task;
      this.places[task._slot] = to;
    }
    return from;
  }

  private below(limit: number): number {
    return this.random() % limit;
  }
}
