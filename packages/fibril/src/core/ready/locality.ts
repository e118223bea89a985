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
 * A new task starts before the round goes on, depth-first (start-stack.ts). So a tree of tasks is
 * walked like a tree of calls, and only a few of its tasks are alive at once. In each round at most
 * START_BUDGET new ones start, or as many as were ready when it began: starting many takes half of
 * the time at most, and a million spawned at once are all going after ten rounds. The lowest of the
 * stack joins each round besides, so that nobody stays there for ever.
 *
 * Joining all of the stack to the next round instead was simpler, and measured worse by far: a tree
 * of a million then has 110,000 tasks alive instead of 3,000, and takes four times as long.
 */
import type { ReadySet, Slotted } from "./ready-set.js";
import { Slots, resizeBits, setBit, takeBit } from "./slots.js";
import { StartStack } from "./start-stack.js";

/** So many new tasks may start in any round. */
export const START_BUDGET = 1024;

/** So many may always be queued. */
const QUEUE_AT_LEAST = 1024;
/** And one of so many slots. */
const QUEUE_SHARE = 512;
/**
 * So many slots are noted before their bits are set. In a million tasks that are woken in no order,
 * every look at a task is a cache miss. A note's place does not depend on what was read, as a bit's
 * does, so the processor goes on to the next task meanwhile: a third of the time of a wake.
 */
const LOG = 1024;

export class LocalitySet<T extends Slotted = Slotted> extends Slots<T> implements ReadySet<T> {
  /** Ready in this round: a bit a slot; and how many they are. */
  private round: Int32Array;
  private left: number;
  /** Ready after it. */
  private later: Int32Array;
  private waiting: number;
  /** Not started yet, and how many of them may be in this round. */
  private readonly fresh: StartStack<T>;
  private starts: number;

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

  /** Slots that became ready and have no bit in `later` yet, while the next round will be swept. */
  private readonly log: Int32Array;
  private logged: number;

  constructor() {
    super();
    this.log = new Int32Array(LOG);
    this.logged = 0;
    this.round = new Int32Array(this.capacity >> 5);
    this.left = 0;
    this.later = new Int32Array(this.capacity >> 5);
    this.waiting = 0;
    this.fresh = new StartStack(this.capacity);
    this.starts = 0;
    this.cursor = 0;
    this.sweeping = false;
    this.queue = [];
    this.head = 0;
    this.end = 0;
    this.laterQueue = [];
    this.laterEnd = 0;
    this.limit = QUEUE_AT_LEAST;
  }

  get size(): number {
    return this.left + this.waiting + this.fresh.size;
  }

  spawned(task: T): void {
    this.admit(task);
    this.fresh.push(task);
  }

  add(task: T): void {
    this.waiting++;
    if (this.limit === 0) {
      this.log[this.logged] = task._slot;
      if (++this.logged === LOG) this.writeLog();
      return;
    }
    setBit(this.later, task._slot);
    if (this.laterEnd < this.limit) this.laterQueue[this.laterEnd++] = task;
    else this.sweepNext();
  }

  remove(task: T): void {
    if (this.logged !== 0) this.writeLog();
    if (takeBit(this.round, task._slot)) {
      if (--this.left === 0) this.clearQueue();
    } else if (takeBit(this.later, task._slot)) {
      if (--this.waiting === 0) this.clearLaterQueue();
    } else {
      this.fresh.delete(task);
    }
  }

  ended(task: T): void {
    this.release(task);
  }

  beginRound(): number {
    if (this.left !== 0) this.postpone();
    if (this.fresh.size !== 0) this.add(this.fresh.popLowest());
    if (this.logged !== 0) this.writeLog();

    const { round, queue } = this;
    this.round = this.later;
    this.later = round;
    this.left = this.waiting;
    this.waiting = 0;
    this.starts = Math.max(START_BUDGET, this.left);
    this.sweeping = this.limit === 0;
    this.cursor = 0;
    this.queue = this.laterQueue;
    this.head = 0;
    this.end = this.laterEnd;
    this.laterQueue = queue;
    this.laterEnd = 0;

    const limit = Math.max(QUEUE_AT_LEAST, Math.floor(this.top / QUEUE_SHARE));
    // Half, so that a number of tasks about the limit does not change the order round by round.
    this.limit = this.sweeping && this.left > limit / 2 ? 0 : limit;
    return this.left;
  }

  next(): T | null {
    if (this.fresh.size !== 0 && this.starts !== 0) {
      this.starts--;
      return this.fresh.pop();
    }
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
    if (this.logged !== 0) this.writeLog();
    if (takeBit(this.round, from)) setBit(this.round, to);
    if (takeBit(this.later, from)) setBit(this.later, to);
    this.fresh.moved(from, to);
    this.cursor = 0;
  }

  protected override resized(): void {
    if (this.logged !== 0) this.writeLog();
    this.round = resizeBits(this.round, this.capacity);
    this.later = resizeBits(this.later, this.capacity);
    this.fresh.resized(this.capacity);
  }

  /** The next of the queue; there is one. */
  private dequeue(): T {
    const { queue, round } = this;
    for (;;) {
      const task = queue[this.head] as T;
      queue[this.head++] = null;
      if (takeBit(round, task._slot)) return task;
    }
  }

  /** Too many for the queue: the next round goes by the bits alone. */
  private sweepNext(): void {
    this.limit = 0;
    this.laterQueue = [];
    this.laterEnd = 0;
  }

  private writeLog(): void {
    const { later, log, logged } = this;
    for (let i = 0; i < logged; i++) setBit(later, log[i] as number);
    this.logged = 0;
  }

  private endRound(): null {
    this.starts = 0;
    this.clearQueue();
    return null;
  }

  /** Nobody of this round is left, but entries of removed ones may be: they must not be held. */
  private clearQueue(): void {
    while (this.head < this.end) this.queue[this.head++] = null;
  }

  private clearLaterQueue(): void {
    while (this.laterEnd > 0) this.laterQueue[--this.laterEnd] = null;
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
    this.clearQueue();
    this.sweepNext();
  }
}
