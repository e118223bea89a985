/**
 * All deadlines of a scheduler in one structure.
 *
 * The load. There are two kinds of programs. Some sleep, and every timer fires. Others limit their waits:
 * they set, move and remove a million timers, and none ever fires. The second kind is more common. So adding
 * and removing must be cheap, and a timer that fires may cost a little more. Only the scheduler's loop asks
 * for the earliest deadline, once in a turn. But the answer must be exact, because a host with virtual time
 * (fibril/testing) would otherwise stop at moments when nothing happens.
 *
 * The choice. A tree over the digits of the deadline, in base 32, which is refined only where it is read:
 *
 *     position 1 2 7      level 2  · ▪ · · …      the digits above the lowest two are those of now
 *                         level 1  · · ▪ · …
 *                         level 0  · · · · · · · ▪ …
 *
 * A timer belongs to the level of the highest digit in which its deadline differs from the position, and
 * there to the bucket of that digit; one XOR finds both. A bucket is a list in the order of adding,
 * regardless of the lower digits. It is sorted by them only when its time comes or when it may hold the
 * earliest deadline. So a timer that is removed before that, as most are, is never sorted at all. This is
 * the hierarchical timing wheel of Varghese and Lauck (1987) with one difference: a wheel sorts a bucket
 * into the lower levels only when time reaches it, and so cannot tell the earliest deadline in advance. Here
 * a bucket may be refined ahead of its time (`inner`).
 *
 * The links are in the timers, because a million timers pay for every field. A list is a ring that includes
 * its bucket, so that a timer can leave without knowing which bucket it is in.
 *
 * docs/performance.md says what was measured against this and lost. If programs with few timers, nearly all
 * of which fire, turned out to matter, we would choose a heap, which is half this code.
 */
/** An element of a ring: a timer, or the bucket itself. */
interface Link {
  _prev: Link | null;
  _next: Link | null;
}

/** A deadline. Subclasses say what happens then. A timer is in at most one `Timers`. */
export abstract class Timer {
  /** @internal */ _prev: Link | null;
  /** @internal */ _next: Link | null;
  /** The tick at which it fires, if it is set. */
  at: number;

  constructor() {
    this._prev = null;
    this._next = null;
    this.at = 0;
  }

  /** Called when its time has come. It is no longer set, and may be set again. */
  abstract fire(): void;
}

/** What `next()` returns if no timer is set. */
const NEVER = Infinity;
/** Later ticks cannot be told apart. They are 285,000 years away, and count as never. */
const LAST = Number.MAX_SAFE_INTEGER;
/** The earliest deadline has to be searched for. Below every deadline, so that `add` does not replace it. */
const UNKNOWN = -Infinity;

const BITS = 5;
const DIGITS = 32;
/** How many digits 32-bit arithmetic can handle: 2^30 ticks, which is twelve days in milliseconds. */
const LOW_LEVELS = 6;
const HIGH_UNIT = 2 ** 30;

/** A list of at most this many timers is searched instead of refined. */
const FEW = 8;
/** How many unused levels are kept for later use. */
const SPARE_LEVELS = 16;

/** Timers whose deadlines agree in all digits from the highest down to a certain one. */
class Bucket implements Link {
  _prev: Link | null;
  _next: Link | null;
  /** The same timers sorted by the next digit, if the bucket was refined. The list is then empty. */
  inner: Level | null;

  constructor() {
    this._prev = this;
    this._next = this;
    this.inner = null;
  }
}

/** A bucket for each value of one digit. */
class Level {
  /** Which digit it is. 0 is the lowest. */
  digit: number;
  /** A bit for each bucket that may hold a timer. Removing a timer leaves it set. */
  bits: number;
  readonly buckets: readonly Bucket[];

  constructor(digit: number) {
    this.digit = digit;
    this.bits = 0;
    this.buckets = Array.from({ length: DIGITS }, () => new Bucket());
  }
}

/** Timers by deadline. Deadlines are whole ticks from 0; an earlier one counts as 0. */
export class Timers {
  /** How many timers are set. */
  size: number;
  /** All timers up to this tick have been taken out. Its digits are the path through the levels. */
  private position: number;
  /** The level of each digit along the position. */
  private readonly path: Level[];
  /** The earliest deadline, or UNKNOWN. */
  private earliest: number;
  /** The timers that are about to fire, in order. Empty outside `advance`, unless a timer threw. */
  private readonly due: Bucket;
  /** Timers whose time had already come when they were added; `lateSorted` says whether they are in order. */
  private readonly late: Bucket;
  private lateSorted: boolean;
  private readonly spare: Level[];

  constructor() {
    this.size = 0;
    this.position = 0;
    this.path = [];
    this.earliest = NEVER;
    this.due = new Bucket();
    this.late = new Bucket();
    this.lateSorted = true;
    this.spare = [];
  }

  /**
   * Sets the timer, or moves it if it is set already. `Infinity` means never, and the timer is not set. Of
   * the timers of one tick, the one that was added first fires first.
   */
  add(timer: Timer, at: number): void {
    if (timer._next !== null) this.remove(timer);
    timer.at = at;
    if (!(at <= LAST)) return;
    this.size++;
    if (at < this.earliest) this.earliest = at;
    if (at > this.position) {
      this.place(timer, this.levelAt(levelOf(at, this.position)));
    } else {
      const last = this.late._prev as Link;
      if (last !== this.late && (last as Timer).at > at) this.lateSorted = false;
      append(this.late, timer);
    }
  }

  /** Takes the timer out if it is set. */
  remove(timer: Timer): void {
    if (timer._next === null) return;
    unlink(timer);
    this.size--;
    if (timer.at === this.earliest) this.earliest = UNKNOWN;
  }

  /** The earliest deadline; `Infinity` if no timer is set. */
  next(): number {
    if (this.earliest === UNKNOWN) this.earliest = this.search();
    return this.earliest;
  }

  /**
   * Fires all timers whose deadline is `now` or earlier, in the order of their deadlines. Returns how many
   * fired. `now` must never go back.
   *
   * A timer that fires may set and remove others. If it sets one to a tick that has already come, that one
   * fires in the next `advance`. If a timer throws, `advance` throws, and the next call fires the rest.
   */
  advance(now: number): number {
    if (now < this.next()) return 0;
    this.settleLate();
    if (now > this.position) {
      for (const level of this.path) if (!this.drain(level, now)) break;
      this.moveTo(now);
    }
    const { due } = this;
    let fired = 0;
    for (let timer = due._next; timer !== due; timer = due._next) {
      unlink(timer as Timer);
      this.size--;
      this.earliest = UNKNOWN;
      fired++;
      (timer as Timer).fire();
    }
    return fired;
  }

  private levelAt(digit: number): Level {
    const { path } = this;
    while (path.length <= digit) path.push(new Level(path.length));
    return path[digit] as Level;
  }

  /** Puts the timer into its bucket below `level`, as deep as the level is refined. */
  private place(timer: Timer, level: Level): void {
    for (;;) {
      const digit = digitOf(timer.at, level.digit);
      const bucket = level.buckets[digit] as Bucket;
      level.bits |= 1 << digit;
      if (bucket.inner === null) return append(bucket, timer);
      level = bucket.inner;
    }
  }

  private search(): number {
    const { due, late } = this;
    if (!this.lateSorted) this.sortLate();
    const first = due._next === due ? NEVER : (due._next as Timer).at;
    const second = late._next === late ? NEVER : (late._next as Timer).at;
    if (first !== NEVER || second !== NEVER) return Math.min(first, second);
    for (const level of this.path) {
      const earliest = this.earliestOf(level);
      if (earliest !== NEVER) return earliest;
    }
    return NEVER;
  }

  private earliestOf(level: Level): number {
    while (level.bits !== 0) {
      const digit = lowest(level.bits);
      const bucket = level.buckets[digit] as Bucket;
      const earliest = this.earliestIn(bucket, level.digit);
      if (earliest !== NEVER) return earliest;
      level.bits ^= 1 << digit;
    }
    return NEVER;
  }

  private earliestIn(bucket: Bucket, digit: number): number {
    if (bucket.inner === null) {
      const first = bucket._next as Link;
      if (first === bucket) return NEVER;
      if (digit === 0) return (first as Timer).at;
      let earliest = NEVER;
      let count = 0;
      for (let link = first; link !== bucket; link = link._next as Link) {
        if (++count > FEW) break;
        earliest = Math.min(earliest, (link as Timer).at);
      }
      if (count <= FEW) return earliest;
      this.refine(bucket, digit);
    }
    const earliest = this.earliestOf(bucket.inner as unknown as Level);
    if (earliest === NEVER) this.coarsen(bucket);
    return earliest;
  }

  /** Sorts the bucket's list by the next digit. */
  private refine(bucket: Bucket, digit: number): void {
    const inner = this.spare.pop() ?? new Level(0);
    inner.digit = digit - 1;
    bucket.inner = inner;
    this.spill(bucket, inner);
  }

  private spill(bucket: Bucket, level: Level): void {
    for (let link = bucket._next as Link; link !== bucket;) {
      const next = link._next as Link;
      this.place(link as Timer, level);
      link = next;
    }
    bucket._prev = bucket;
    bucket._next = bucket;
  }

  /** Undoes `refine` when no timer is left below the bucket. */
  private coarsen(bucket: Bucket): void {
    const { inner } = bucket;
    if (inner !== null && this.spare.length < SPARE_LEVELS) this.spare.push(inner);
    bucket.inner = null;
  }

  /** Moves all timers up to `now` from the level to `due`, in order. Returns whether the level is empty then. */
  private drain(level: Level, now: number): boolean {
    while (level.bits !== 0) {
      const digit = lowest(level.bits);
      const bucket = level.buckets[digit] as Bucket;
      const first = bucket._next as Link;
      if (bucket.inner !== null) {
        if (!this.drain(bucket.inner, now)) return false;
        this.coarsen(bucket);
      } else if (first !== bucket) {
        if (level.digit === 0 || first === bucket._prev) {
          if ((first as Timer).at > now) return false;
          splice(this.due, bucket);
        } else {
          this.refine(bucket, level.digit);
          continue;
        }
      }
      level.bits ^= 1 << digit;
    }
    return true;
  }

  /**
   * Moves the position to `now` and makes the path of levels lead there. No timer before `now` is left, so
   * the old levels below the highest digit that changes are empty, and can take the timers of the new path.
   */
  private moveTo(now: number): void {
    const highest = levelOf(now, this.position);
    this.position = now;
    this.levelAt(highest);
    for (let digit = highest; digit > 0; digit--) {
      const above = this.path[digit] as Level;
      const at = digitOf(now, digit);
      const bucket = above.buckets[at] as Bucket;
      above.bits &= ~(1 << at);
      if (bucket.inner === null) {
        this.spill(bucket, this.path[digit - 1] as Level);
      } else {
        const old = this.path[digit - 1] as Level;
        this.path[digit - 1] = bucket.inner;
        bucket.inner = old;
        this.coarsen(bucket);
      }
    }
  }

  /** Merges the late timers into `due`, in order. */
  private settleLate(): void {
    const { due, late } = this;
    if (late._next === late) return;
    const unordered = due._next !== due && (due._prev as Timer).at > (late._next as Timer).at;
    splice(due, late);
    if (unordered || !this.lateSorted) sort(due);
    this.lateSorted = true;
  }

  private sortLate(): void {
    sort(this.late);
    this.lateSorted = true;
  }
}

/** The highest digit in which two ticks differ. */
function levelOf(at: number, position: number): number {
  if (at < HIGH_UNIT && position < HIGH_UNIT) return highestDigit(at ^ position);
  const high = Math.floor(at / HIGH_UNIT) ^ Math.floor(position / HIGH_UNIT);
  if (high !== 0) return LOW_LEVELS + highestDigit(high);
  return highestDigit((at ^ position) & (HIGH_UNIT - 1));
}

/** The digit of the highest set bit. Multiplying by 13 / 64 divides by five, exactly enough for 32 bits. */
function highestDigit(bits: number): number {
  return bits === 0 ? 0 : ((31 - Math.clz32(bits)) * 13) >> 6;
}

function digitOf(at: number, digit: number): number {
  if (digit < LOW_LEVELS) return (at >>> (digit * BITS)) & (DIGITS - 1);
  return (Math.floor(at / HIGH_UNIT) >>> ((digit - LOW_LEVELS) * BITS)) & (DIGITS - 1);
}

function lowest(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function append(list: Link, timer: Timer): void {
  const last = list._prev as Link;
  timer._prev = last;
  timer._next = list;
  last._next = timer;
  list._prev = timer;
}

function unlink(timer: Timer): void {
  const prev = timer._prev as Link;
  const next = timer._next as Link;
  prev._next = next;
  next._prev = prev;
  timer._prev = null;
  timer._next = null;
}

/** Moves all timers of `from` to the end of `list`. */
function splice(list: Link, from: Link): void {
  const first = from._next as Link;
  const last = from._prev as Link;
  if (first === from) return;
  const end = list._prev as Link;
  end._next = first;
  first._prev = end;
  last._next = list;
  list._prev = last;
  from._next = from;
  from._prev = from;
}

/** Sorts a list by deadline. Timers with the same deadline keep their order. */
function sort(list: Link): void {
  const timers: Timer[] = [];
  for (let link = list._next as Link; link !== list; link = link._next as Link) {
    timers.push(link as Timer);
  }
  timers.sort((a, b) => a.at - b.at);
  list._prev = list;
  list._next = list;
  for (const timer of timers) append(list, timer);
}
