/**
 * The clock that timers go by, and the timers: what all hosts have in common.
 *
 * It is the host's own clock, until a test replaces the timers (`mock.timers` of node:test, fake timers of
 * vitest, Jest and Sinon). A fake `Date` moves with the fake timers, so then it is the clock. If only the
 * timers were replaced, a timer that fires too early shows how far the time was moved. Whenever the source
 * changes, this clock goes on from its last time. It never goes back.
 */
import { globals } from "./globals.js";

// The originals, as they were when the library was loaded.
const { Date: realDate, performance, setTimeout: realTimeout } = globals;

/** The longest time that `setTimeout` accepts, 24.8 days. With a longer one it would fire at once. */
export const LONGEST: number = 2 ** 31 - 1;

/** Milliseconds by which a host's own timers may be early, because they and the clock differ a little. */
const EARLY = 2;

export class Clock {
  private source: { now(): number } = performance;
  /** Added to the source's time. */
  private offset = 0;
  private last = 0;

  now(): number {
    const source = this.moved ? this.otherSource() : performance;
    if (source !== this.source) {
      this.source = source;
      this.offset = this.last - source.now();
    }
    const now = source.now() + this.offset;
    if (now < this.last) this.offset += this.last - now;
    else this.last = now;
    return this.last;
  }

  /** Returns a function that takes the timer back: with what belongs to the timers that it was set with. */
  setTimer(callback: () => void, ms: number): unknown {
    const { moved } = this;
    const { clearTimeout } = globals;
    let wait = Math.min(ms, LONGEST);
    const due = this.now() + wait;
    // Fake timers count whole milliseconds; the fraction is made up for below.
    if (moved) wait = Math.floor(wait);
    const timer = globals.setTimeout(() => {
      const early = due - this.now();
      if (early > (moved ? 0 : EARLY)) this.offset += early;
      callback();
    }, wait);
    return () => clearTimeout(timer);
  }

  clearTimer(timer: unknown): void {
    (timer as () => void)();
  }

  /** See `Host`. */
  get timers(): unknown {
    return globals.setTimeout;
  }

  /** Whether a test has replaced the timers. */
  private get moved(): boolean {
    return globals.setTimeout !== realTimeout;
  }

  /** The time of the fake timers: their `Date`, if `Date` was replaced as well. */
  private otherSource(): { now(): number } {
    const { Date } = globals;
    return Date === realDate ? performance : Date;
  }
}
