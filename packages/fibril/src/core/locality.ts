/**
 * The default ready set: woken tasks in the order of memory, new ones depth-first.
 *
 * Two bits a slot say who is ready:
 *
 *     slot    0 1 2 3 4 5 6 7 8 …
 *     round   · · · · 1 · 1 1 ·          swept upwards, bits cleared as tasks run
 *     later   1 · · 1 · · · · ·          set as tasks become ready; the next round
 *
 * While few are ready they run in the order in which they became so: a queue remembers it, and the
 * bits say which of its entries still hold. When more become ready than the queue may hold, the bits
 * alone go on, and the round is swept in slot order, which is the order of creation and the best
 * guess at the order of addresses (slots.ts). Up to a thousand fibers the caches hold them all and
 * the order does not show; two thousand in shuffled order run a third faster swept, sixteen thousand
 * more than twice as fast, a million six times. A sweep passes idle slots by, 32 in a nanosecond; so
 * the queue may hold more when there are many slots.
 *
 * A new task is on a stack, and starts before the round goes on: first what was spawned since the
 * last one started, in order, then what was spawned before. So a tree of tasks is walked like a tree
 * of calls, and only a few of its tasks are alive at once. In each round at most START_BUDGET new ones start, or as many as
 * were ready when it began: so starting takes at most half of the time when it takes long, and a
 * million started at once are all going after ten rounds. The lowest of the stack joins each round
 * besides, so that nobody stays there for ever.
 *
 * Joining all of the stack to the next round instead was simpler, and measured worse by far: a tree
 * of a million then has 110,000 tasks alive instead of 3,000, and takes four times as long.
 */
import type { ReadySet, Slotted } from "./ready-set.js";
import { NONE, Slots } from "./slots.js";

/** So many new tasks may start in any round. */
export const START_BUDGET = 1024;

/** So many may always be queued. */
const QUEUE_AT_LEAST = 1024;
/** And one of so many slots. */
const QUEUE_SHARE = 512;

export class LocalitySet<T extends Slotted = Slotted> extends Slots<T> implements ReadySet<T> {
  /** Ready in this round: a bit a slot; and how many they are. */
  private round: Int32Array;
  private left: number;
  /** Ready after it. */
  private later: Int32Array;
  private waiting: number;
  /** Not started yet. */
  private fresh: Int32Array;
  private unstarted: number;

  /** The word of `round` that the sweep has come to. */
  private cursor: number;
  /** Whether this round is swept; else it goes by `queue`. */
  private sweeping: boolean;
  /** This round's order, from `head` to `end`. An entry without its bit was removed. */
  private queue: (T | null)[];
  private head: number;
  private end: number;

  /** The next round's order, as far as it goes; and how long it may get, 0: it is not kept. */
  private laterQueue: (T | null)[];
  private laterEnd: number;
  private limit: number;

  /** New tasks, from `bottom` to `top`. An entry without its bit was removed. */
  private readonly stack: (T | null)[];
  private bottom: number;
  private stackTop: number;
  /** Those above were spawned since the last start, and are still in order of their spawning. */
  private batch: number;
  /** How many may still start in this round. */
  private starts: number;

  constructor() {
    super();
    const words = this.capacity >> 5;
    this.round = new Int32Array(words);
    this.left = 0;
    this.later = new Int32Array(words);
    this.waiting = 0;
    this.fresh = new Int32Array(words);
    this.unstarted = 0;
    this.cursor = 0;
    this.sweeping = false;
    this.queue = [];
    this.head = 0;
    this.end = 0;
    this.laterQueue = [];
    this.laterEnd = 0;
    this.limit = QUEUE_AT_LEAST;
    this.stack = [];
    this.bottom = 0;
    this.stackTop = 0;
    this.batch = 0;
    this.starts = 0;
  }

  get size(): number {
    return this.left + this.waiting + this.unstarted;
  }

  spawned(task: T): void {
    this.admit(task);
    set(this.fresh, task._slot);
    this.unstarted++;
    this.stack[this.stackTop++] = task;
  }

  add(task: T): void {
    set(this.later, task._slot);
    this.waiting++;
    if (this.laterEnd < this.limit) this.laterQueue[this.laterEnd++] = task;
    else if (this.limit !== 0) this.sweepNext();
  }

  remove(task: T): void {
    const slot = task._slot;
    if (take(this.round, slot)) this.left--;
    else if (take(this.later, slot)) this.waiting--;
    else if (take(this.fresh, slot)) this.unstarted--;
    if (this.size === 0) this.forget();
  }

  ended(task: T): void {
    this.release(task);
  }

  beginRound(): number {
    if (this.left !== 0) this.postpone();
    if (this.unstarted !== 0) this.joinLowest();

    const { round, queue } = this;
    this.round = this.later;
    this.later = round;
    this.left = this.waiting;
    this.waiting = 0;
    this.sweeping = this.limit === 0;
    this.cursor = 0;
    this.queue = this.laterQueue;
    this.head = 0;
    this.end = this.laterEnd;
    this.laterQueue = queue;
    this.laterEnd = 0;
    this.starts = Math.max(START_BUDGET, this.left);

    const limit = Math.max(QUEUE_AT_LEAST, Math.floor(this.top / QUEUE_SHARE));
    // Half, so that a number of tasks about the limit does not change the order round by round.
    this.limit = this.sweeping && this.left > limit / 2 ? 0 : limit;
    return this.left;
  }

  next(): T | null {
    if (this.unstarted !== 0 && this.starts !== 0) return this.startFresh();
    if (this.left === 0) return this.endRound();
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
    if (take(this.round, from)) set(this.round, to);
    if (take(this.later, from)) set(this.later, to);
    if (take(this.fresh, from)) set(this.fresh, to);
    this.cursor = 0;
  }

  protected override resized(): void {
    const words = this.capacity >> 5;
    this.round = resize(this.round, words);
    this.later = resize(this.later, words);
    this.fresh = resize(this.fresh, words);
  }

  /** Too many: the next round goes by the bits alone. */
  private sweepNext(): void {
    this.limit = 0;
    this.laterQueue = [];
    this.laterEnd = 0;
  }

  /** The next of the queue; there is one. */
  private dequeue(): T {
    const { queue, round } = this;
    for (;;) {
      const task = queue[this.head] as T;
      queue[this.head++] = null;
      if (take(round, task._slot)) return task;
    }
  }

  /** The next new one; there is one. */
  private startFresh(): T {
    const { stack } = this;
    if (this.batch !== this.stackTop) this.settleBatch();
    this.starts--;
    for (;;) {
      const task = stack[--this.stackTop] as T;
      stack[this.stackTop] = null;
      this.batch = this.stackTop;
      if (take(this.fresh, task._slot)) {
        if (--this.unstarted === 0) this.forgetStack();
        return task;
      }
    }
  }

  private settleBatch(): void {
    reverse(this.stack, this.batch, this.stackTop);
    this.batch = this.stackTop;
  }

  private joinLowest(): void {
    const { stack } = this;
    this.settleBatch();
    for (;;) {
      const task = stack[this.bottom] as T;
      stack[this.bottom++] = null;
      if (take(this.fresh, task._slot)) {
        this.add(task);
        if (--this.unstarted === 0) this.forgetStack();
        return;
      }
    }
  }

  private endRound(): null {
    this.starts = 0;
    if (this.size === 0) this.forget();
    return null;
  }

  /** Nobody is ready: no entry of one that was removed may stay. */
  private forget(): void {
    while (this.head < this.end) this.queue[this.head++] = null;
    while (this.laterEnd > 0) this.laterQueue[--this.laterEnd] = null;
    this.forgetStack();
  }

  private forgetStack(): void {
    if (this.stack.length > QUEUE_AT_LEAST) this.stack.length = 0;
    while (this.stackTop > this.bottom) this.stack[--this.stackTop] = null;
    this.bottom = 0;
    this.stackTop = 0;
    this.batch = 0;
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
    while (this.head < this.end) this.queue[this.head++] = null;
    this.sweepNext();
  }
}

function set(words: Int32Array, slot: number): void {
  words[slot >> 5]! |= 1 << slot;
}

/** Clears the slot's bit; answers whether it was set. */
function take(words: Int32Array, slot: number): boolean {
  if (slot === NONE) return false;
  const bits = words[slot >> 5] as number;
  const rest = bits & ~(1 << slot);
  words[slot >> 5] = rest;
  return rest !== bits;
}

function resize(words: Int32Array, length: number): Int32Array {
  const resized = new Int32Array(length);
  resized.set(length < words.length ? words.subarray(0, length) : words);
  return resized;
}

function reverse<T>(items: T[], from: number, to: number): void {
  for (let low = from, high = to - 1; low < high; low++, high--) {
    const item = items[low] as T;
    items[low] = items[high] as T;
    items[high] = item;
  }
}
