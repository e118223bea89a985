/** What the three banks have in common: the customers, drawn from a seed, and the books. */
export const CUSTOMERS = Number(process.argv[2] ?? 100_000);
export const TELLERS = 20;

let state = 1;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}

/** Exponentially distributed, in whole milliseconds from 1. */
export const draw = (mean: number): number =>
  Math.max(1, Math.round(-Math.log(1 - random()) * mean));

export interface Customer {
  readonly id: number;
  readonly patience: number;
  readonly service: number;
}
export const customer = (id: number): Customer => ({
  id,
  patience: draw(300_000),
  service: draw(60_000),
});

const books = { served: 0, left: 0, waited: 0, longestWait: 0, queue: 0, longestQueue: 0, hash: 0 };

/** The order does not count: what happens in the same millisecond may happen in any order. */
function note(entry: number): void {
  books.hash = (books.hash + Math.imul(entry + 1, 0x9e3779b1)) | 0;
}

export function arrives(): void {
  books.longestQueue = Math.max(books.longestQueue, ++books.queue);
}

export function served({ id }: Customer, waited: number): void {
  books.queue--;
  books.served++;
  books.waited += waited;
  books.longestWait = Math.max(books.longestWait, waited);
  note(7 * id + waited);
}

export function leaves({ id }: Customer): void {
  books.queue--;
  books.left++;
  note(13 * id);
}

export const report = (time: number): void => console.log({ ...books, time });
