/**
 * What is left of the budget of the host's turn to the scheduler, and when to read the clock for it.
 *
 * Reading the clock costs as much as two switches, so it happens once in `SELDOM` switches. But a fiber may
 * compute for a millisecond between two waits, and a hundred such fibers would far exceed a budget of
 * 5 ms. So the clock is read after the first switch of a turn, and then at intervals that grow only as
 * long as the fibers are quick:
 *
 *     read after switch   1 2   4       8               16          …     quick fibers
 *     read after switch   1 2 3 4                                         fibers of a millisecond each
 */
import type { Host } from "../kernel/host.js";

const SELDOM = 128;

export class TurnBudget {
  /** How many switches are left. */
  left: number;
  /** The clock is read next when this many switches are left. */
  look: number;
  private until: number;
  private began: number;
  /** When the turn began. */
  at: number;
  /** The time at the last look at the clock. */
  now: number;

  constructor() {
    this.left = 0;
    this.look = 0;
    this.until = 0;
    this.began = 0;
    this.at = 0;
    this.now = 0;
  }

  /** Begins a turn. It has at least one switch, so that every budget, however small, makes progress. */
  begin(host: Host, ms: number, switches: number): void {
    this.left = Math.max(1, switches);
    this.look = this.left - 1;
    this.at = this.now = host.now();
    this.until = this.at + ms;
    this.began = this.left;
  }

  /** Reads the clock. Answers whether the budget is spent, so that the host gets its turn. */
  spent(host: Host, left: number): boolean {
    this.left = left;
    if (left <= 0) return true;
    const now = (this.now = host.now());
    if (now >= this.until) return true;
    const switches = this.began - left;
    // As many switches as fit into half of the time left, but at most as many as there have been so far.
    const fit = Math.floor(((this.until - now) * switches) / (now - this.at) / 2);
    this.look = Math.max(0, left - Math.max(1, Math.min(fit, switches, SELDOM)));
    return false;
  }
}
