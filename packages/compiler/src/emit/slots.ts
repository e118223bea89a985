/**
 * The slots of a frame. Blocks side by side use the same ones. A frame has four fields; if a function needs more
 * slots, the fourth field holds an array.
 */
import type { Doc } from "./doc.js";

const FIELDS = ["a", "b", "c", "d"] as const;

export class Slots {
  #next: number;
  #count: number;

  constructor(taken: number) {
    this.#next = taken;
    this.#count = taken;
  }

  /** To be given to `release`, which frees all slots that were taken since. */
  mark(): number {
    return this.#next;
  }

  take(): number {
    const slot = this.#next++;
    this.#count = Math.max(this.#count, this.#next);
    return slot;
  }

  release(mark: number): void {
    this.#next = mark;
  }

  /** A fiber has room for three slots, so that it needs no frame for such a routine. In direct style, they need no list. */
  get threeAtMost(): boolean {
    return this.#count < FIELDS.length;
  }

  get overflows(): boolean {
    return this.#count > FIELDS.length;
  }

  /** The slot as a member of what a function in direct style has saved: a list begins with its `pc`. */
  saved(slot: number): string {
    return this.threeAtMost ? `.${FIELDS[slot] as string}` : `[${slot + 1}]`;
  }

  /** The slot as an expression. It is known when the whole function has been printed. */
  at(slot: number, frame: string, more: string): Doc {
    return () => {
      if (!this.overflows || slot < 3) return `${frame}.${FIELDS[slot] as string}`;
      return `${more}[${slot - 3}]`;
    };
  }
}
