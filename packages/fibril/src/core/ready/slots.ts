/**
 * The tasks that have not ended, in the order of their creation.
 *
 *     slot    0   1   2   3   4   5   6   7
 *     task    a   ·   c   d   ·   ·   g          a task that ended leaves a hole
 *                                         ▲ top: the slot of the next task
 *
 * A slot is a task's number in the order of creation. It stands for an address, because V8 puts objects that
 * are made one after another next to each other, and mostly keeps that order when it moves them (`addParts`).
 * If a new task got a hole, the order would be lost, so holes stay until the table is full. Then all tasks
 * move together, in order, if there are enough holes to make that worthwhile. Otherwise the table grows. Only
 * holes at the end are used again at once, so that a program which spawns and joins by turns uses the same few
 * slots.
 */
import type { Slotted } from "./ready-set.js";

/**
 * The table consists of parts of 4,096 slots, so that it grows without being copied. To V8, a part of this size
 * is no large object: see `addParts`.
 */
export const PART_BITS = 12;
const PART: number = 1 << PART_BITS;

/** The slot of a task that is not in the table. */
const NONE = -1;

/** The smallest table; a multiple of 32, so that a bit for each slot fills whole words. */
const SMALLEST = 64;

/**
 * A table of at most this size does not shrink. In a program that spawns and joins a thousand tasks at a
 * time, shrinking the table and growing it again each time was a tenth of the work.
 */
const KEPT = 2048;

/** A part of the table. */
export type Part<T> = (T | null)[];

export abstract class Slots<T extends Slotted> {
  /** How many tasks have not ended. */
  live: number;
  /** Slot → task, null for a hole, in parts. There may be parts beyond `top`. */
  protected readonly parts: Part<T>[];
  /** The slot of the next task. All slots from here on are empty. */
  protected top: number;
  /** How many slots have become holes since the table was nearly empty. */
  protected replaced: number;
  /** How many slots the tables of subclasses have room for. */
  protected capacity: number;

  constructor() {
    this.live = 0;
    this.parts = [[]];
    this.top = 0;
    this.capacity = SMALLEST;
    this.replaced = 0;
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let slot = 0; slot < this.top; slot++) {
      const task = this.at(slot);
      if (task !== null) yield task;
    }
  }

  /** Gives the task the next slot. */
  protected admit(task: T): void {
    if (this.top === this.capacity) this.makeRoom();
    const slot = this.top++;
    const index = slot >> PART_BITS;
    if (index === this.parts.length) this.addParts();
    task._slot = slot;
    (this.parts[index] as Part<T>)[slot & (PART - 1)] = task;
    this.live++;
  }

  /** Forgets the task. */
  protected release(task: T): void {
    const slot = task._slot;
    task._slot = NONE;
    this.put(slot, null);
    this.live--;
    if (slot === this.top - 1) {
      let top = slot;
      while (top > 0 && this.at(top - 1) === null) top--;
      this.top = top;
    } else this.replaced++;
    // An eighth: so many tasks have ended by then that moving the others costs little for each of those.
    if (this.live < this.capacity >> 3 && this.capacity > KEPT) this.shrink();
  }

  /** A task's slot changed. Slots only get smaller, and the calls come in ascending order. */
  protected abstract moved(from: number, to: number): void;
  /** `capacity` has changed. All slots in use are below it. */
  protected abstract resized(): void;

  protected at(slot: number): T | null {
    return (this.parts[slot >> PART_BITS] as Part<T>)[slot & (PART - 1)] as T | null;
  }

  private put(slot: number, task: T | null): void {
    (this.parts[slot >> PART_BITS] as Part<T>)[slot & (PART - 1)] = task;
  }

  /**
   * Adds the next part, and in a large table others ahead of need.
   *
   * V8 moves new tasks in the order in which it finds references to them. It looks through old objects first,
   * page by page, then through large ones, such as an array in which the program keeps a million tasks in an
   * order of its own. New objects come last. So the order of slots becomes the order of addresses if the
   * part is old and not large when tasks are put into it. With several threads, a part of the tasks is found
   * in the program's array nevertheless.
   */
  private addParts(): void {
    const wanted = this.top + (this.top >> 2);
    do this.parts.push(emptyPart());
    while (this.parts.length << PART_BITS < wanted);
  }

  private makeRoom(): void {
    // A quarter: so there are at most four moves for each new task, and the table is at most a third larger
    // than its tasks need.
    if (this.top - this.live >= this.capacity >> 2) {
      this.compact();
    } else {
      this.capacity *= 2;
      this.resized();
    }
  }

  private shrink(): void {
    this.replaced = 0;
    this.compact();
    while (this.live < this.capacity >> 2 && this.capacity > KEPT) this.capacity >>= 1;
    this.parts.length = Math.max(1, (this.top + PART - 1) >> PART_BITS);
    this.resized();
  }

  protected compact(): void {
    const { top } = this;
    let to = 0;
    for (let from = 0; from < top; from++) {
      const task = this.at(from);
      if (task === null) continue;
      if (from !== to) {
        this.put(to, task);
        this.put(from, null);
        task._slot = to;
        this.moved(from, to);
      }
      to++;
    }
    this.top = to;
  }
}

/** A copy of an array without holes has none either, and room for nothing else. */
const EMPTY: null[] = [];

function emptyPart<T>(): Part<T> {
  while (EMPTY.length < PART) EMPTY.push(null);
  return EMPTY.slice();
}

// One bit for each slot, 32 slots in a word.

export function setBit(words: Int32Array, slot: number): void {
  words[slot >> 5]! |= 1 << slot;
}

/** Clears the slot's bit. Returns whether it was set, which is false for NONE. */
export function takeBit(words: Int32Array, slot: number): boolean {
  if (slot === NONE) return false;
  const bits = words[slot >> 5] as number;
  const rest = bits & ~(1 << slot);
  words[slot >> 5] = rest;
  return rest !== bits;
}

/** A copy of the bits for another number of slots. */
export function resizeBits(words: Int32Array, slots: number): Int32Array {
  const resized = new Int32Array(slots >> 5);
  resized.set(words.length > resized.length ? words.subarray(0, resized.length) : words);
  return resized;
}
