/** A ring of messages that grows, up to what its user puts in: first in, first out, one step each. */

const SMALLEST = 8;

export class Ring<T> {
  size: number;
  private slots: (T | undefined)[];
  private head: number;

  constructor() {
    this.size = 0;
    this.slots = NO_SLOTS as T[];
    this.head = 0;
  }

  push(value: T): void {
    let { slots } = this;
    if (this.size === slots.length) slots = this.grow();
    slots[(this.head + this.size++) & (slots.length - 1)] = value;
  }

  /** Puts one before the oldest. */
  unshift(value: T): void {
    let { slots } = this;
    if (this.size === slots.length) slots = this.grow();
    this.head = (this.head - 1) & (slots.length - 1);
    slots[this.head] = value;
    this.size++;
  }

  /** The oldest; there is one. */
  shift(): T {
    const { head, slots } = this;
    const value = slots[head] as T;
    slots[head] = undefined;
    this.head = (head + 1) & (slots.length - 1);
    this.size--;
    return value;
  }

  /** The oldest first. */
  *[Symbol.iterator](): Iterator<T> {
    const { head, size, slots } = this;
    for (let i = 0; i < size; i++) yield slots[(head + i) & (slots.length - 1)] as T;
  }

  clear(): void {
    this.size = this.head = 0;
    this.slots = NO_SLOTS as T[];
  }

  private grow(): (T | undefined)[] {
    const { head, slots } = this;
    const grown: (T | undefined)[] = [];
    for (let i = 0; i < this.size; i++) grown.push(slots[(head + i) & (slots.length - 1)]);
    // Filled, because an array of holes is slower.
    const length = Math.max(SMALLEST, 2 * slots.length);
    while (grown.length < length) grown.push(undefined);
    this.slots = grown;
    this.head = 0;
    return grown;
  }
}

/** Of all buffers that have never had anything in them. */
const NO_SLOTS: unknown[] = [];
