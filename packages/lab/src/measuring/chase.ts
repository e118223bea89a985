/**
 * How long a load takes whose address is the result of the previous load: what a cache miss costs on this
 * machine. The lines of the footprint form one random cycle (Sattolo), so that no prefetcher can predict
 * the next address.
 */
import { seeded } from "../statistics/random.js";

/** Bytes of a cache line. */
export const LINE = 64;
const STEP = LINE / Int32Array.BYTES_PER_ELEMENT;
const SEED = 17263;

export class Chase {
  readonly #next: Int32Array;
  #at: number;

  constructor(lines: number) {
    this.#next = cycle(lines);
    this.#at = 0;
  }

  /** The index that the next load starts from. */
  get at(): number {
    return this.#at;
  }

  /** Does that many loads and returns their number. The next call goes on where this one ended. */
  run(loads: number): number {
    this.#at = follow(this.#next, this.#at, loads);
    return loads;
  }
}

/** The first integer of each line is the index of the next line. */
function cycle(lines: number): Int32Array {
  const order = Int32Array.from({ length: lines }, (_, line) => line);
  const chance = seeded(SEED);
  for (let i = lines - 1; i > 0; i--) {
    const j = Math.floor(chance() * i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  const next = new Int32Array(lines * STEP);
  for (let i = 0; i < lines; i++) next[i * STEP] = (order[i] as number) * STEP;
  return next;
}

function follow(next: Int32Array, from: number, loads: number): number {
  let at = from;
  for (let i = 0; i < loads; i++) at = next[at] as number;
  return at;
}
