/**
 * The clock that timers go by.
 *
 * That is the host's own, until a test moves the timers by hand (`mock.timers` of node:test, fake
 * timers of vitest, Jest and Sinon). Their `Date` moves with them, so it is the clock then. Where they
 * have replaced the timers alone, a timer that comes too early says how far the time was moved.
 * What this clock says goes on from there at every change, and never goes back.
 */
import { globals } from "./globals.js";

// As they were when the library was loaded.
const { Date: realDate, performance, setTimeout: realTimeout } = globals;

/** The longest time that `setTimeout` takes, 24.8 days: a longer one would fire at once. */
export const LONGEST: number = 2 ** 31 - 1;

/** Milliseconds by which a host's own timers may be early: they and the clock are not the same. */
const EARLY = 2;

export class Clock {
  private source: { now(): number } = performance;
  /** Added to what the source says. */
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

  setTimer(callback: () => void, ms: number): unknown {
    const { moved } = this;
    let wait = Math.min(ms, LONGEST);
    const due = this.now() + wait;
    // The time that is moved by hand is in whole milliseconds, the rest is made up for below.
    if (moved) wait = Math.floor(wait);
    return globals.setTimeout(() => {
      const early = due - this.now();
      if (early > (moved ? 0 : EARLY)) this.offset += early;
      callback();
    }, wait);
  }

  /** Whether somebody has replaced the timers. */
  private get moved(): boolean {
    return globals.setTimeout !== realTimeout;
  }

  /** Who has replaced the timers has the time too, if the date is another one as well. */
  private otherSource(): { now(): number } {
    const { Date } = globals;
    return Date === realDate ? performance : Date;
  }
}
