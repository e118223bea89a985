/**
 * Tasks that were spawned and have not started, in the order in which a tree is walked depth-first.
 *
 *     spawned    a b c        a starts, spawns d e        d starts
 *     stack      [a b c]  ⇒   [b c] [d e]             ⇒   [b c] [e]
 *                                                            ▲ the lowest: it would wait longest
 *
 * The tasks that are spawned between two starts are a batch. They start in the order in which they were
 * spawned, but before all earlier batches.
 *
 * The stack holds no tasks. The slots of a batch follow one another, because slots are given in the order of
 * creation. So a batch is two numbers, and a million tasks that were spawned at once take a bit each. A list
 * of them would take eight megabytes, and the collector would read it again and again while they are young.
 */
import { resizeBits, setBit, takeBit } from "./slots.js";

/** An empty stack keeps its memory up to this length. */
const KEPT = 1024;

export class StartStack {
  size: number;
  /**
   * The first slot of each batch, and the one after its last, in ascending order. A batch may have slots
   * that are not on the stack.
   */
  private readonly bounds: number[];
  private bottom: number;
  private top: number;
  /** Whether the next task joins the last batch. */
  private open: boolean;
  /** A bit for each slot whose task is on the stack. */
  private bits: Int32Array;
  /** While the table is compacted: the first of the bounds that have not moved yet. */
  private unmoved: number;

  constructor(slots: number) {
    this.size = 0;
    this.bounds = [];
    this.bottom = 0;
    this.top = 0;
    this.open = false;
    this.bits = new Int32Array(slots >> 5);
    this.unmoved = 0;
  }

  /** Puts the task of the slot on the stack. All slots from this one on were free. */
  push(slot: number): void {
    setBit(this.bits, slot);
    this.size++;
    if (this.open && this.bounds[this.top - 1] === slot) this.bounds[this.top - 1] = slot + 1;
    else this.pushFrom(slot);
  }

  /** Takes the next task to start, and returns its slot. There must be one. */
  pop(): number {
    const { bounds } = this;
    this.open = false;
    for (;;) {
      const { top } = this;
      const slot = bounds[top - 2] as number;
      const rest = (bounds[top - 1] as number) - slot;
      bounds[top - 2] = slot + 1;
      if (rest <= 1) this.top = top - 2;
      if (rest > 0 && this.delete(slot)) return slot;
    }
  }

  /** Takes the task that would start last, and returns its slot. There must be one. */
  popLowest(): number {
    this.open = false;
    if (this.bottom > KEPT && this.bottom > this.top >> 1) this.moveDown();
    const { bounds } = this;
    for (;;) {
      const { bottom } = this;
      const slot = (bounds[bottom + 1] as number) - 1;
      const rest = slot - (bounds[bottom] as number);
      bounds[bottom + 1] = slot;
      if (rest <= 0) this.bottom = bottom + 2;
      if (rest >= 0 && this.delete(slot)) return slot;
    }
  }

  /** Takes the task of the slot off the stack. Returns whether it was there. */
  delete(slot: number): boolean {
    if (!takeBit(this.bits, slot)) return false;
    this.size--;
    if (this.size === 0) this.clear();
    return true;
  }

  /** A task's slot changed. The calls come in ascending order, and `compacted` after the last. */
  moved(from: number, to: number): void {
    if (takeBit(this.bits, from)) setBit(this.bits, to);
    this.moveBounds(from, to);
  }

  /** All slots in use are below `end` now. */
  compacted(end: number): void {
    this.moveBounds(Number.POSITIVE_INFINITY, end);
    this.unmoved = 0;
  }

  resized(slots: number): void {
    this.bits = resizeBits(this.bits, slots);
  }

  /** The next slot does not continue the last batch as it is. */
  private pushFrom(slot: number): void {
    const { bounds } = this;
    // The tasks that had these slots before have ended.
    while (this.top > this.bottom && (bounds[this.top - 1] as number) > slot) {
      if ((bounds[this.top - 2] as number) < slot) bounds[this.top - 1] = slot;
      else {
        this.top -= 2;
        this.open = false;
      }
    }
    if (this.open) bounds[this.top - 1] = slot + 1;
    else {
      this.open = true;
      bounds[this.top++] = slot;
      bounds[this.top++] = slot + 1;
    }
  }

  /** No task is between the bounds up to `from` and the slot `from`, so they move to `to` as its task does. */
  private moveBounds(from: number, to: number): void {
    const { bounds } = this;
    let at = Math.max(this.unmoved, this.bottom);
    for (; at < this.top && (bounds[at] as number) <= from; at++) {
      // The first slots of the table may not move.
      if ((bounds[at] as number) > to) bounds[at] = to;
    }
    this.unmoved = at;
  }

  private moveDown(): void {
    const { bottom, top } = this;
    this.bounds.copyWithin(0, bottom, top);
    this.bounds.length = top - bottom;
    this.bottom = 0;
    this.top = top - bottom;
  }

  private clear(): void {
    if (this.bounds.length > KEPT) this.bounds.length = 0;
    this.bottom = 0;
    this.top = 0;
    this.open = false;
  }
}
