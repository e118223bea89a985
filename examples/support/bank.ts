/** The random customers of the bank, and its books. */
export const CUSTOMERS = Number(process.argv[2] ?? 100_000),
  SEED = Number(process.argv[3] ?? 1);
export function random(seed: number) {
  let a = seed | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
export const exponential = (rand: () => number, mean: number) =>
  Math.max(1, Math.round(-Math.log(1 - rand()) * mean));
export class Stats {
  served = 0;
  reneged = 0;
  waited = 0;
  maxWait = 0;
  queue = 0;
  maxQueue = 0;
  area = 0;
  last = 0;
  end = 0;
  hash = 0;
  change(now: number, by: number) {
    this.area += this.queue * (now - this.last);
    this.last = now;
    this.queue += by;
    this.maxQueue = Math.max(this.maxQueue, this.queue);
  }
  serve(wait: number, id: number) {
    this.served++;
    this.waited += wait;
    this.maxWait = Math.max(this.maxWait, wait);
    this.hash = (Math.imul(this.hash, 31) + id * 7 + wait) | 0;
  }
  renege(id: number) {
    this.reneged++;
    this.hash = (Math.imul(this.hash, 31) + id * 13) | 0;
  }
  report(now: number) {
    this.end = now;
    return {
      served: this.served,
      reneged: this.reneged,
      meanWait_s: +(this.waited / this.served / 1000).toFixed(2),
      maxWait_s: this.maxWait / 1000,
      meanQueue: +(this.area / now).toFixed(2),
      maxQueue: this.maxQueue,
      days: +(now / 86_400_000).toFixed(2),
      hash: this.hash,
    };
  }
}
