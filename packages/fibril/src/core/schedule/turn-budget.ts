/**
 * What is left of a turn's budget, and when to look at the clock for it.
 *
 * A look costs as much as two switches, so it is taken once in `SELDOM` of them. But a fiber may
 * compute for a millisecond between two waits, and a hundred of those are no budget of five. So the
 * first look in a turn comes after the first switch, the next ones further apart only as long as the
 * fibers are quick:
 *
 *     switches   1 2   4       8               16                  …     quick ones
 *     switches   1 2 3 4                                                 of a millisecond each
 */
import type { Host } from "../kernel/host.js";

const SELDOM = 128;

export class TurnBudget {
  /** Switches that are left. */
  left: number;
  /** The clock is looked at when so few are left. */
  look: number;
  private until: number;
  private began: number;
  private at: number;
  /** What the clock said when it was looked at last. */
  now: number;

  constructor() {
    this.left = 0;
    this.look = 0;
    this.until = 0;
    this.began = 0;
    this.at = 0;
    this.now = 0;
  }

  /** At least one switch, so that every budget, however small, makes progress. */
  begin(host: Host, ms: number, switches: number): void {
    this.left = Math.max(1, switches);
    this.look = this.left - 1;
    this.at = this.now = host.now();
    this.until = this.at + ms;
    this.began = this.left;
  }

  /** A look: answers whether the host is to have its turn. */
  spent(host: Host, left: number): boolean {
    this.left = left;
    if (left <= 0) return true;
    const now = (this.now = host.now());
    if (now >= this.until) return true;
    const switches = this.began - left;
    // As many as fit into half of the time that is left, but no more than twice as many as before.
    const fit = Math.floor(((this.until - now) * switches) / (now - this.at) / 2);
    this.look = Math.max(0, left - Math.max(1, Math.min(fit, switches, SELDOM)));
    return false;
  }
}
