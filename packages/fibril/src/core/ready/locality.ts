/**
 * The default ready set: woken tasks run in the order of memory, new ones depth-first.
 *
 * Each slot has two bits, which say whether its task is ready:
 *
 *     slot    0 1 2 3 4 5 6 7 8 …
 *     round   · · · · 1 · 1 1 ·          this round: swept upwards, bits cleared as tasks run
 *     later   1 · · 1 · · · · ·          the next round: bits set as tasks become ready
 *
 * While few tasks are ready, they run in the order in which they became ready. A queue keeps that order, and
 * the bits say which of its entries still hold. When more become ready than the queue may hold, only the
 * bits are used, and the round is swept in the order of slots. That is the order of creation, and the best
 * guess at the order of addresses (slots.ts). Up to a thousand fibers fit in the caches, and the order makes
 * no difference. Two thousand in shuffled order run a third faster when swept, sixteen thousand more than
 * twice as fast, and a million six times as fast. A sweep skips 32 idle slots in a nanosecond, so with many
 * slots the queue may hold more before sweeping pays.
 *
 * When many tasks have ended and others have been spawned, neighbours in the table are not neighbours in memory,
 * and the processor no longer fetches a task before it is needed. From then on, the sweep reads a few fields
 * of all ready tasks of a word before the first of them runs. That makes the sweep 1.6 times as fast; among
 * fresh tasks it would cost a tenth.
 *
 * New tasks start depth-first, before the round goes on (start-stack.ts). So a tree of tasks is walked like
 * a tree of calls, and only a few of its tasks are alive at once. In each round, at most START_BUDGET new
 * tasks start, or as many as were ready when the round began if that is more. So starting takes at most half
 * of the time, and a million tasks that are spawned at once have all started after ten rounds. In addition,
 * the lowest task of the stack joins each round, so that none stays there for ever.
 *
 * It would be simpler to let the whole stack join the next round, but that measured far worse: a tree of a
 * million tasks then has 110,000 alive instead of 3,000, and takes four times as long.
 */
import type { ReadySet, Slotted } from "./ready-set.js";
import { PART_BITS, type Part, Slots, resizeBits, setBit, takeBit } from "./slots.js";
import { StartStack } from "./start-stack.js";

/** How many new tasks may start in any round. */
export const START_BUDGET = 1024;

/** The queue may always hold this many tasks. */
const QUEUE_AT_LEAST = 1024;
/** It may also hold one task for each this many slots. */
const QUEUE_SHARE = 512;
/**
 * How many slots the log holds before their bits are set. If a million tasks wake in random order, reading
 * each is a cache miss. The place of a bit depends on what was read, but the place in the log does not. So
 * the processor goes on to the next task meanwhile, which saves a third of the time of a wake.
 */
const LOG = 1024;

/** The words of a part, less one. */
const WORDS: number = (1 << (PART_BITS - 5)) - 1;

export class LocalitySet<T extends Slotted = Slotted> extends Slots<T> implements ReadySet<T> {
  /** A bit for each slot whose task is ready in this round, and how many there are. */
  private round: Int32Array;
  private left: number;
  /** The same for the next round. */
  private later: Int32Array;
  private waiting: number;
  /** The tasks that have not started, and how many of them may still start in this round. */
  private readonly fresh: StartStack;
  private starts: number;

  /** The word of `round` that the sweep has reached. */
  private cursor: number;
  /** The part of the table in which the slots of that word are, and where the last of them is in there. */
  private part: Part<T>;
  private last: number;
  /** Whether this round is swept. Otherwise it follows `queue`. */
  private sweeping: boolean;
  /** Whether the sweep reads ahead, because neighbours are not next to each other in memory any more. */
  private scattered: boolean;
  /** What it counted when it last read ahead. */
  protected counted: number;
  /** This round's order, from `head` to `end`. An entry whose bit is not set was removed. */
  private queue: (T | null)[];
  private head: number;
  private end: number;

  /** The next round's order, and how long it may get. A limit of 0 means that the order is not kept. */
  private laterQueue: (T | null)[];
  private laterEnd: number;
  private limit: number;

  /** If the next round will be swept: slots of tasks that became ready and have no bit in `later` yet. */
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
    this.part = this.parts[0] as Part<T>;
    this.last = 31;
    this.sweeping = false;
    this.scattered = false;
    this.counted = 0;
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
    this.fresh.push(task._slot);
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
      this.fresh.delete(task._slot);
    }
  }

  ended(task: T): void {
    this.release(task);
  }

  beginRound(): number {
    if (this.left !== 0) this.postpone();
    if (this.fresh.size !== 0) this.add(this.at(this.fresh.popLowest()) as T);
    if (this.logged !== 0) this.writeLog();

    const { round, queue } = this;
    this.round = this.later;
    this.later = round;
    this.left = this.waiting;
    this.waiting = 0;
    this.starts = Math.max(START_BUDGET, this.left);
    this.sweeping = this.limit === 0;
    // A quarter: some holes are counted even if the tasks of a program all end and all begin anew.
    this.scattered = this.replaced > this.live >> 2;
    this.sweepFrom(0);
    this.queue = this.laterQueue;
    this.head = 0;
    this.end = this.laterEnd;
    this.laterQueue = queue;
    this.laterEnd = 0;

    const limit = Math.max(QUEUE_AT_LEAST, Math.floor(this.top / QUEUE_SHARE));
    // Half, so that a number of tasks near the limit does not change the order from round to round.
    this.limit = this.sweeping && this.left > limit / 2 ? 0 : limit;
    return this.left;
  }

  next(): T | null {
    if (this.fresh.size !== 0 && this.starts !== 0) {
      this.starts--;
      return this.at(this.fresh.pop());
    }
    if (this.left === 0) return this.endRound();
    this.left--;
    if (!this.sweeping) return this.dequeue();

    const { round } = this;
    let word = this.cursor;
    if (round[word] === 0) word = this.nextWord();
    const bits = round[word] as number;
    // The lowest set bit.
    const bit = bits & -bits;
    round[word] = bits ^ bit;
    return this.part[this.last - Math.clz32(bit)] as T;
  }

  protected override moved(from: number, to: number): void {
    if (this.logged !== 0) this.writeLog();
    if (takeBit(this.round, from)) setBit(this.round, to);
    if (takeBit(this.later, from)) setBit(this.later, to);
    this.fresh.moved(from, to);
    this.sweepFrom(0);
  }

  protected override compact(): void {
    super.compact();
    this.fresh.compacted(this.top);
  }

  protected override resized(): void {
    if (this.logged !== 0) this.writeLog();
    this.round = resizeBits(this.round, this.capacity);
    this.later = resizeBits(this.later, this.capacity);
    this.fresh.resized(this.capacity);
  }

  private sweepFrom(word: number): void {
    this.cursor = word;
    this.part = this.parts[word >> (PART_BITS - 5)] as Part<T>;
    this.last = ((word & WORDS) << 5) + 31;
  }

  /** Goes on to the next word that has bits. There must be one. A function of its own, to keep `next` small. */
  private nextWord(): number {
    const { round } = this;
    let word = this.cursor + 1;
    while (round[word] === 0) word++;
    this.sweepFrom(word);
    if (this.scattered) this.readAhead(round[word] as number);
    return word;
  }

  /**
   * Reads two fields of each task of a word. The processor waits for all of them together, because none of
   * these reads depends on another. Otherwise each turn would wait for its own task. A count is kept, because
   * V8 leaves out reads that have no effect.
   */
  private readAhead(bits: number): void {
    const { part, last } = this;
    let count = 0;
    for (let rest = bits; rest !== 0; rest &= rest - 1) {
      const task = part[last - Math.clz32(rest & -rest)] as T;
      if (task._frame === null) count++;
      if (task.a === this) count++;
    }
    this.counted = count;
  }

  /** The next task of the queue, which must not be empty. */
  private dequeue(): T {
    const { queue, round } = this;
    for (;;) {
      const task = queue[this.head] as T;
      queue[this.head++] = null;
      if (takeBit(round, task._slot)) return task;
    }
  }

  /** There are too many tasks for the queue: only the bits are used in the next round. */
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

  /** This round is over. Drops the entries of removed tasks, which would otherwise be kept alive. */
  private clearQueue(): void {
    while (this.head < this.end) this.queue[this.head++] = null;
  }

  private clearLaterQueue(): void {
    while (this.laterEnd > 0) this.laterQueue[--this.laterEnd] = null;
  }

  /** A round begins before the last one has ended: what is left of that one joins the new round. */
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
