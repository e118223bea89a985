/**
 * The tasks that have not ended, in the order of their creation.
 *
 *     slot    0   1   2   3   4   5   6   7
 *     task    a   ·   c   d   ·   ·   g          a hole is left by a task that ended
 *                                         ▲ top: the next one's slot
 *
 * A slot's number stands for an address: V8 puts objects that were made one after the other next to
 * each other, and keeps that order when it moves them. A hole given to a new task would break this,
 * so holes wait until the table is full; then all tasks move up, in order, if there are enough holes
 * to pay for that, else the table grows. Only the holes at the end are used at once, which makes a
 * program that spawns and joins in turn use the same few slots.
 */
import type { Slotted } from "./ready-set.js";

/** No slot: the task is not here yet, or no more. */
export const NONE = -1;

/** The smallest table; a multiple of 32, so that a bit for each slot fills whole words. */
const SMALLEST = 64;

/**
 * A table of this size is kept, however few use it: for a program that spawns and joins a thousand at a
 * time, shrinking it and letting it grow every time was a tenth of the work.
 */
const KEPT = 2048;

export abstract class Slots<T extends Slotted> {
  /** How many have not ended. */
  live: number;
  /** Slot → task, null for a hole. May be longer than `top`. */
  protected readonly tasks: (T | null)[];
  /** The slot of the next task: all beyond are empty. */
  protected top: number;
  /** How many slots there is room for in what subclasses keep for each of them. */
  protected capacity: number;

  constructor() {
    this.live = 0;
    this.tasks = [];
    this.top = 0;
    this.capacity = SMALLEST;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let slot = 0; slot < this.top; slot++) {
      const task = this.tasks[slot];
      if (task != null) yield task;
    }
  }

  /** Gives the task the slot after all others. */
  protected admit(task: T): void {
    if (this.top === this.capacity) this.makeRoom();
    task._slot = this.top;
    this.tasks[this.top++] = task;
    this.live++;
  }

  /** Forgets the task. */
  protected release(task: T): void {
    const { tasks } = this;
    const slot = task._slot;
    task._slot = NONE;
    tasks[slot] = null;
    this.live--;
    if (slot === this.top - 1) {
      let top = slot;
      while (top > 0 && tasks[top - 1] === null) top--;
      this.top = top;
    }
    // An eighth: by then the tasks that ended pay for moving the others many times over.
    if (this.live < this.capacity >> 3 && this.capacity > KEPT) this.shrink();
  }

  /** A task's slot changed, always downwards and in ascending order. */
  protected abstract moved(from: number, to: number): void;
  /** `capacity` changed. All slots in use are below it. */
  protected abstract resized(): void;

  private makeRoom(): void {
    // A quarter: so a new task pays for at most four moves, and the table is at most a third larger
    // than its tasks need.
    if (this.top - this.live >= this.capacity >> 2) {
      this.compact();
    } else {
      this.capacity *= 2;
      this.resized();
    }
  }

  private shrink(): void {
    this.compact();
    while (this.live < this.capacity >> 2 && this.capacity > KEPT) this.capacity >>= 1;
    this.tasks.length = this.top;
    this.resized();
  }

  private compact(): void {
    const { tasks, top } = this;
    let to = 0;
    for (let from = 0; from < top; from++) {
      const task = tasks[from];
      if (task == null) continue;
      if (from !== to) {
        tasks[to] = task;
        tasks[from] = null;
        task._slot = to;
        this.moved(from, to);
      }
      to++;
    }
    this.top = to;
  }
}

// A bit for each slot: 32 slots in a word.

export function setBit(words: Int32Array, slot: number): void {
  words[slot >> 5]! |= 1 << slot;
}

/** Clears the slot's bit; answers whether it was set. A task without a slot has none. */
export function takeBit(words: Int32Array, slot: number): boolean {
  if (slot === NONE) return false;
  const bits = words[slot >> 5] as number;
  const rest = bits & ~(1 << slot);
  words[slot >> 5] = rest;
  return rest !== bits;
}

/** The same bits for another number of slots. */
export function resizeBits(words: Int32Array, slots: number): Int32Array {
  const resized = new Int32Array(slots >> 5);
  resized.set(words.length > resized.length ? words.subarray(0, resized.length) : words);
  return resized;
}
