/** How many permits there are at a time: the two ways in which a rate limiter counts. */
export interface Allowance {
  /** No more can be had at once, whenever. */
  readonly most: number;
  /** Milliseconds until this many permits can be had; 0 if they can be had now. */
  missing(permits: number, time: number): number;
  /** Takes what can be had. */
  take(permits: number, time: number): void;
  available(time: number): number;
}

/** What sums of fractions may be off by. */
export const TINY = 1e-6;

/** Permits come evenly, and some are saved. */
export class TokenBucket implements Allowance {
  readonly most: number;
  /** Permits a millisecond. */
  readonly #rate: number;
  #level: number;
  #at: number;

  constructor(rate: number, burst: number) {
    this.most = burst;
    this.#rate = rate;
    this.#level = burst;
    this.#at = -Infinity;
  }

  missing(permits: number, time: number): number {
    this.#fill(time);
    const lacking = permits - this.#level;
    return lacking <= TINY ? 0 : lacking / this.#rate;
  }

  take(permits: number, time: number): void {
    this.#fill(time);
    this.#level = Math.max(0, this.#level - permits);
  }

  available(time: number): number {
    this.#fill(time);
    return Math.floor(this.#level + TINY);
  }

  #fill(time: number): void {
    if (time <= this.#at) return;
    this.#level = Math.min(this.most, this.#level + (time - this.#at) * this.#rate);
    this.#at = time;
  }
}

interface Grant {
  readonly at: number;
  readonly permits: number;
}

/** Never more than the limit in any stretch of time. */
export class SlidingWindow implements Allowance {
  readonly most: number;
  readonly #per: number;
  /** The grants of the last stretch, the oldest first, from `#first` on. */
  #grants: Grant[];
  #first: number;
  #used: number;

  constructor(limit: number, per: number) {
    this.most = limit;
    this.#per = per;
    this.#grants = [];
    this.#first = 0;
    this.#used = 0;
  }

  missing(permits: number, time: number): number {
    this.#forget(time);
    let lacking = this.#used + permits - this.most;
    if (lacking <= 0) return 0;
    let at = this.#first;
    for (; lacking > 0; at++) lacking -= (this.#grants[at] as Grant).permits;
    return (this.#grants[at - 1] as Grant).at + this.#per - time;
  }

  take(permits: number, time: number): void {
    this.#grants.push({ at: time, permits });
    this.#used += permits;
  }

  available(time: number): number {
    this.#forget(time);
    return this.most - this.#used;
  }

  #forget(time: number): void {
    const grants = this.#grants;
    while (this.#first < grants.length) {
      const { at, permits } = grants[this.#first] as Grant;
      if (at + this.#per > time) break;
      this.#used -= permits;
      this.#first++;
    }
    if (this.#first <= grants.length / 2) return;
    this.#grants = grants.slice(this.#first);
    this.#first = 0;
  }
}
