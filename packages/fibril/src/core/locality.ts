/**
 * The default ready set: the order of memory.
 *
 * Two bits a slot say all: ready in this round, ready in the next one.
 *
 *     slot    0 1 2 3 4 5 6 7 8 …
 *     round   · · · · 1 · 1 1 ·          swept upwards, bits cleared as tasks run
 *     later   1 · · 1 · · · · ·          set as tasks become ready; the next round
 *
 * While few are ready they run in the order in which they became so: a queue remembers it, and the
 * bits say which of its entries still hold. When more become ready than the queue may hold, the bits
 * alone go on, and the round is swept in slot order, which is the order of creation and as good as
 * the order of addresses (slots.ts). Sweeping passes the idle slots too, a word of 32 at a time, so
 * the queue may hold the more, the more slots there are.
 *
 * Newly spawned tasks are in `later` as all others. They are on a stack besides, from which they are
 * started at once, newest first. After START_BUDGET starts the round goes on with one that is not
 * new; what is still on the stack at the round's end has its bit, and so its place in the next round
 * in order of creation. So between two tasks of a round never more than START_BUDGET others run.
 */
import { type ReadySet, type Slotted } from "./ready-set.js";
import { NONE, Slots } from "./slots.js";

/** How many new tasks may start one after the other before one that is not new has its turn. */
export const START_BUDGET = 1024;

/** So many may always be queued. */
const QUEUE_AT_LEAST = 1024;
/** One of so many slots may be queued. */
const QUEUE_SHARE = 64;

export class LocalitySet<T extends Slotted = Slotted> extends Slots<T> implements ReadySet<T> {
  /** Ready in this round: a bit a slot; and how many they are. */
  private round: Int32Array;
  private left: number;
  /** Ready after it. */
  private later: Int32Array;
  private waiting: number;

  /** The word of `round` that the sweep has come to. */
  private cursor: number;
  /** Whether this round is swept; else it goes by `queue`. */
  private sweeping: boolean;
  /** This round's order, from `head` to `end`. An entry without its bit was removed. */
  private queue: (T | null)[];
  private head: number;
  private end: number;

  /** Whether the next round's order is kept; how much of it there is, and may be. */
  private queueing: boolean;
  private laterQueue: (T | null)[];
  private laterEnd: number;
  private limit: number;

  /** Spawned and not started, oldest first. An entry without its bit was removed. */
  private readonly fresh: (T | null)[];
  private freshTop: number;
  /** How many of them were started since the last task that was not new. */
  private starts: number;

  constructor() {
    super();
    this.round = new Int32Array(this.capacity >> 5);
    this.left = 0;
    this.later = new Int32Array(this.capacity >> 5);
    this.waiting = 0;
    this.cursor = 0;
    this.sweeping = false;
    this.queue = [];
    this.head = 0;
    this.end = 0;
    this.queueing = true;
    this.laterQueue = [];
    this.laterEnd = 0;
    this.limit = QUEUE_AT_LEAST;
    this.fresh = [];
    this.freshTop = 0;
    this.starts = START_BUDGET;
  }

  get size(): number {
    return this.left + this.waiting;
  }

  spawned(task: T): void {
    this.admit(task);
    const slot = task._slot;
    this.later[slot >> 5]! |= 1 << slot;
    this.waiting++;
    this.fresh[this.freshTop++] = task;
  }

  add(task: T): void {
    const slot = task._slot;
    this.later[slot >> 5]! |= 1 << slot;
    this.waiting++;
    if (this.queueing) this.enqueue(task);
  }

  remove(task: T): void {
    const slot = task._slot;
    if (take(this.round, slot)) {
      this.left--;
    } else if (take(this.later, slot)) {
      this.waiting--;
      if (this.waiting === 0) this.forgetLater();
    }
  }

  ended(task: T): void {
    this.release(task);
  }

  beginRound(): number {
    if (this.left !== 0) this.postpone();
    this.joinFresh();

    const { round, queue } = this;
    this.round = this.later;
    this.later = round;
    this.left = this.waiting;
    this.waiting = 0;
    this.sweeping = !this.queueing;
    this.cursor = 0;
    this.queue = this.laterQueue;
    this.head = 0;
    this.end = this.laterEnd;
    this.laterQueue = queue;
    this.laterEnd = 0;
    this.starts = 0;

    // Half, so that a number of tasks about the limit does not change the order round by round.
    this.limit = Math.max(QUEUE_AT_LEAST, (this.top / QUEUE_SHARE) | 0);
    this.queueing = !this.sweeping || this.left < this.limit >> 1;
    return this.left;
  }

  next(): T | null {
    if (this.freshTop !== 0 && this.starts < START_BUDGET) {
      const task = this.startFresh();
      if (task !== null) return task;
    }
    if (this.left === 0) return this.endRound();
    this.starts = 0;
    this.left--;
    if (!this.sweeping) return this.dequeue();

    const { round } = this;
    let word = this.cursor;
    let bits = round[word] as number;
    while (bits === 0) bits = round[++word] as number;
    this.cursor = word;
    // The lowest bit that is set.
    const bit = bits & -bits;
    round[word] = bits ^ bit;
    return this.tasks[(word << 5) + 31 - Math.clz32(bit)] as T;
  }

  protected override moved(from: number, to: number): void {
    if (take(this.round, from)) this.round[to >> 5]! |= 1 << to;
    if (take(this.later, from)) this.later[to >> 5]! |= 1 << to;
    this.cursor = 0;
  }

  protected override resized(): void {
    this.round = resize(this.round, this.capacity >> 5);
    this.later = resize(this.later, this.capacity >> 5);
  }

  private enqueue(task: T): void {
    if (this.laterEnd < this.limit) this.laterQueue[this.laterEnd++] = task;
    else this.sweepNext();
  }

  /** Too many: the next round goes by the bits alone. */
  private sweepNext(): void {
    this.queueing = false;
    this.laterQueue = [];
    this.laterEnd = 0;
  }

  /** The next of the queue; there is one. */
  private dequeue(): T {
    const { queue } = this;
    for (;;) {
      const task = queue[this.head] as T;
      queue[this.head++] = null;
      if (take(this.round, task._slot)) return task;
    }
  }

  private startFresh(): T | null {
    const { fresh } = this;
    while (this.freshTop !== 0) {
      const task = fresh[--this.freshTop] as T;
      fresh[this.freshTop] = null;
      if (take(this.later, task._slot)) {
        this.waiting--;
        this.starts++;
        return task;
      }
    }
    return null;
  }

  /** What was not started is ready for the next round as all others. */
  private joinFresh(): void {
    const { fresh, freshTop } = this;
    for (let i = 0; i < freshTop && this.queueing; i++) {
      const task = fresh[i] as T;
      if (has(this.later, task._slot)) this.enqueue(task);
    }
    this.forgetFresh();
  }

  /** Nothing may be held that was removed. */
  private endRound(): null {
    this.starts = START_BUDGET;
    while (this.head < this.end) this.queue[this.head++] = null;
    if (this.waiting === 0) this.forgetLater();
    return null;
  }

  private forgetLater(): void {
    while (this.laterEnd > 0) this.laterQueue[--this.laterEnd] = null;
    this.forgetFresh();
  }

  private forgetFresh(): void {
    if (this.fresh.length > QUEUE_AT_LEAST) this.fresh.length = 0;
    else while (this.freshTop > 0) this.fresh[--this.freshTop] = null;
    this.freshTop = 0;
  }

  /** A round begins before the last one's end: its rest goes with the others. */
  private postpone(): void {
    const { round, later } = this;
    for (let word = 0; word < round.length; word++) {
      later[word]! |= round[word] as number;
      round[word] = 0;
    }
    this.waiting += this.left;
    this.left = 0;
    this.endRound();
    this.sweepNext();
  }
}

function has(bits: Int32Array, slot: number): boolean {
  return slot !== NONE && ((bits[slot >> 5] as number) & (1 << slot)) !== 0;
}

/** Clears the slot's bit; answers whether it was set. */
function take(bits: Int32Array, slot: number): boolean {
  if (!has(bits, slot)) return false;
  bits[slot >> 5]! ^= 1 << slot;
  return true;
}

function resize(bits: Int32Array, words: number): Int32Array {
  const resized = new Int32Array(words);
  resized.set(words < bits.length ? bits.subarray(0, words) : bits);
  return resized;
}
