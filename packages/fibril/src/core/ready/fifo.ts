/**
 * A ready set in strict order: the task that became ready first runs first, whether it was spawned or woken.
 *
 * It is the simplest policy, and the slowest if many tasks wake in another order than that of memory. It
 * is meant for programs that rely on the order, and as the yardstick for the default policy.
 *
 *     queue   · · · c a · d | b e · · ·      a ring; the place of a removed task is empty
 *                   ╰─left─╯                 places of this round
 *                   ╰───filled──╯            places in use, empty ones included
 */
import type { ReadySet, Slotted } from "./ready-set.js";
import { Slots } from "./slots.js";

const SMALLEST = 64;

export class FifoSet<T extends Slotted = Slotted> extends Slots<T> implements ReadySet<T> {
  size: number;
  /** Its length is a power of two. */
  private queue: (T | null)[];
  private head: number;
  private filled: number;
  private left: number;
  /** Slot → place in the queue, while the task is ready. */
  private places: Int32Array;

  constructor() {
    super();
    this.size = 0;
    this.queue = emptyRing(SMALLEST);
    this.head = 0;
    this.filled = 0;
    this.left = 0;
    this.places = new Int32Array(this.capacity);
  }

  spawned(task: T): void {
    this.admit(task);
    this.add(task);
  }

  add(task: T): void {
    if (this.filled === this.queue.length) this.refill();
    const place = (this.head + this.filled++) & (this.queue.length - 1);
    this.queue[place] = task;
    this.places[task._slot] = place;
    this.size++;
  }

  remove(task: T): void {
    const place = this.places[task._slot] as number;
    if (this.queue[place] !== task) return;
    this.queue[place] = null;
    this.size--;
  }

  ended(task: T): void {
    this.release(task);
  }

  beginRound(): number {
    this.left = this.filled;
    return this.size;
  }

  next(): T | null {
    const { queue } = this;
    while (this.left > 0) {
      const place = this.head;
      const task = queue[place] as T | null;
      this.head = (place + 1) & (queue.length - 1);
      this.filled--;
      this.left--;
      if (task === null) continue;
      queue[place] = null;
      this.size--;
      return task;
    }
    return null;
  }

  protected override moved(from: number, to: number): void {
    this.places[to] = this.places[from] as number;
  }

  protected override resized(): void {
    const places = new Int32Array(this.capacity);
    places.set(this.places.subarray(0, Math.min(this.capacity, this.places.length)));
    this.places = places;
    if (this.queue.length > this.capacity) this.refill();
  }

  /** Moves the ready tasks, without the empty places, into a ring with at least twice the room that they need. */
  private refill(): void {
    const { queue, head, filled, left } = this;
    let length = SMALLEST;
    while (length < this.size * 2) length *= 2;
    const refilled = emptyRing<T>(length);
    this.queue = refilled;
    this.head = 0;
    this.filled = 0;
    this.left = 0;
    for (let i = 0; i < filled; i++) {
      const task = queue[(head + i) & (queue.length - 1)] as T | null;
      if (task === null) continue;
      this.places[task._slot] = this.filled;
      refilled[this.filled++] = task;
      if (i < left) this.left++;
    }
  }
}

/** Filled with null, because an array with holes is slower. */
function emptyRing<T>(length: number): (T | null)[] {
  const ring: (T | null)[] = [];
  for (let i = 0; i < length; i++) ring.push(null);
  return ring;
}
