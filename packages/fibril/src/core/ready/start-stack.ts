/**
 * Tasks that were spawned and have not started, in the order in which a tree is walked depth-first.
 *
 *     spawned    a b c        a starts, spawns d e        d starts
 *     stack      c b a   ⇒    c b  e d                ⇒   c b e
 *                                                         ▲ the lowest: it would wait longest
 *
 * The tasks that are spawned between two starts are a batch. They are pushed in the order in which they were
 * spawned, and the batch is reversed when the next task is to start.
 */
import type { Slotted } from "./ready-set.js";
import { resizeBits, setBit, takeBit } from "./slots.js";

/** An empty stack keeps its memory up to this length. */
const KEPT = 1024;

export class StartStack<T extends Slotted> {
  size: number;
  private readonly items: (T | null)[];
  private bottom: number;
  private top: number;
  /** Where the batch begins. */
  private batch: number;
  /** A bit for each slot whose task is on the stack. An entry whose bit is not set was removed. */
  private bits: Int32Array;

  constructor(slots: number) {
    this.size = 0;
    this.items = [];
    this.bottom = 0;
    this.top = 0;
    this.batch = 0;
    this.bits = new Int32Array(slots >> 5);
  }

  push(task: T): void {
    setBit(this.bits, task._slot);
    this.items[this.top++] = task;
    this.size++;
  }

  /** Takes the next task to start. There must be one. */
  pop(): T {
    const { items } = this;
    if (this.batch !== this.top) this.settleBatch();
    for (;;) {
      const task = items[--this.top] as T;
      items[this.top] = null;
      this.batch = this.top;
      if (this.delete(task)) return task;
    }
  }

  /** Takes the task that would start last. There must be one. */
  popLowest(): T {
    const { items } = this;
    this.settleBatch();
    if (this.bottom > KEPT && this.bottom > this.top >> 1) this.moveDown();
    for (;;) {
      const task = items[this.bottom] as T;
      items[this.bottom++] = null;
      if (this.delete(task)) return task;
    }
  }

  /** Takes the task off the stack. Returns whether it was there. */
  delete(task: T): boolean {
    if (!takeBit(this.bits, task._slot)) return false;
    this.size--;
    if (this.size === 0) this.clear();
    return true;
  }

  moved(from: number, to: number): void {
    if (takeBit(this.bits, from)) setBit(this.bits, to);
  }

  resized(slots: number): void {
    this.bits = resizeBits(this.bits, slots);
  }

  private settleBatch(): void {
    const { items } = this;
    for (let low = this.batch, high = this.top - 1; low < high; low++, high--) {
      const item = items[low] as T | null;
      items[low] = items[high] as T | null;
      items[high] = item;
    }
    this.batch = this.top;
  }

  private moveDown(): void {
    const { bottom, top } = this;
    this.items.copyWithin(0, bottom, top);
    this.items.length = top - bottom;
    this.bottom = 0;
    this.top = top - bottom;
    this.batch = this.top;
  }

  /** Drops the entries of removed tasks, which would otherwise be kept alive. */
  private clear(): void {
    if (this.items.length > KEPT) this.items.length = 0;
    else this.items.fill(null, this.bottom, this.top);
    this.bottom = 0;
    this.top = 0;
    this.batch = 0;
  }
}
