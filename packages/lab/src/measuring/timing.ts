/**
 * The clock of every measurement in the worker: it warms up, times slices, and checks the fibers' answers.
 * A slice is a number of operations between two looks at the clock. A lap resumes every fiber once.
 */
import type { Cell, Sample } from "../cell.js";
import { settled } from "../statistics/warm-up.js";
import type { Awaitable, Counters, Ring, Runtime } from "./runtime.js";

/**
 * Warm-up runs like the measurement, slice by slice with fibers made for it, until V8 has optimised
 * everything on the way: also the code that runs once per fiber, and the code that runs once per slice.
 */
const WARM_SLICES = 12;
const WARM_FIBERS = 5_000;
/** More slices follow until they get no faster, but not for ever on a machine that is never quiet. */
const WARM_AT_MOST = 40;
/** A slice must take much longer than a step of the clock, and than a scavenge. */
export const SLICE = 200_000;
/** Limits the warm-up of a slow runtime, which would take too long to complete it. */
const WARM_SECONDS = 2;
/** Enough for the nursery to grow. A million fibers in shuffled order finish one slice in it. */
const SETTLE_SECONDS = 0.3;
/** Few enough not to add to the collector's work. */
const ASIDE = 100;
/** The rates of this many slices are kept, to see later whether the first ones were slower. */
const KEPT = 100;

export const seconds = (): number => performance.now() / 1000;
export const rss = (): number => process.memoryUsage.rss();

export function collect(): void {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
}

/** Does about that many operations and returns how many it did. */
export type Run = (operations: number) => Awaitable<number>;

/** Times slices of operations until `count` are done, or until `limit` seconds have gone. */
export async function timed(
  count: number,
  slice: number,
  run: Run,
  limit: number = Number.POSITIVE_INFINITY,
): Promise<Sample> {
  let done = 0;
  let elapsed = 0;
  let best = 0;
  const slices: number[] = [];
  while (done < count && elapsed < limit) {
    const start = seconds();
    let operations = run(Math.min(slice, count - done));
    if (typeof operations !== "number") operations = await operations;
    const took = seconds() - start;
    done += operations;
    elapsed += took;
    const rate = operations / took;
    best = Math.max(best, rate);
    if (slices.length < KEPT) slices.push(Math.round(rate));
  }
  return { count: done, seconds: elapsed, best, rssKiB: Math.round(rss() / 1024), slices };
}

/** Operations of a slice: short slices where the program must notice a time limit. */
export function sliceOf({ fibers, limit }: Cell): number {
  return limit === undefined ? Math.max(fibers, SLICE) : Math.max(1_000, Math.min(fibers, SLICE));
}

/** Laps that check the answers: on the n-th lap every fiber answers n. Returns operations. */
export function checked(counters: Counters, fibers: number): (laps: number) => Awaitable<number> {
  let before = 0;
  const check = (sum: number, laps: number): number => {
    const expected = fibers * (laps * before + (laps * (laps + 1)) / 2);
    if (sum !== expected) throw new Error(`the fibers answered ${sum} in all, not ${expected}`);
    before += laps;
    return laps * fibers;
  };
  return (laps) => {
    const sum = counters.laps(laps);
    return typeof sum === "number" ? check(sum, laps) : sum.then((later) => check(later, laps));
  };
}

export function checkedRing(ring: Ring): Run {
  return (count) => {
    const counted = ring.run(count);
    return typeof counted === "number"
      ? asMany(counted, count)
      : counted.then((later) => asMany(later, count));
  };
}

function asMany(counted: number, count: number): number {
  if (counted !== count) throw new Error(`the members counted ${counted} passes, not ${count}`);
  return counted;
}

/** `start` makes new fibers and returns the function that runs them. */
export async function warmUp(start: () => Awaitable<Run>): Promise<void> {
  const began = seconds();
  const rates: number[] = [];
  while (rates.length < WARM_AT_MOST && seconds() - began < WARM_SECONDS) {
    const run = await start();
    const from = seconds();
    const done = await run(SLICE);
    rates.push(done / (seconds() - from));
    if (rates.length >= WARM_SLICES && settled(rates)) return;
  }
}

export async function warmUpRing(runtime: Runtime, { order, limit }: Cell): Promise<void> {
  const ring = has(runtime.ring);
  const size = limit === undefined ? WARM_FIBERS : 100;
  const share = limit === undefined ? 1 : 0.01;
  await warmUp(async () => {
    const run = checkedRing(await ring(size, order));
    // Twice, because a member that continues after it has handed control back takes another path.
    return async (operations) => {
      const half = (operations * share) / 2;
      return (await run(half)) + (await run(half));
    };
  });
}

export async function warmUpCounters(runtime: Runtime, cell: Cell): Promise<void> {
  const { order, limit } = cell;
  const make = has(runtime.counters);
  const size = limit === undefined ? WARM_FIBERS : 100;
  const share = limit === undefined ? 1 : 0.01;
  await warmUp(async () => {
    const lap = checked(await make(size, order), size);
    return (operations) => lap((operations * share) / size);
  });
}

/**
 * Runs the fibers that are to be timed until they get no faster, for at most `SETTLE_SECONDS`. The
 * collection before has shrunk the nursery, and the first slices would pay for its pages again.
 */
export async function settle(run: Run, slice: number): Promise<void> {
  const began = seconds();
  const rates: number[] = [];
  do {
    const from = seconds();
    const done = await run(slice);
    rates.push(done / (seconds() - from));
  } while (!settled(rates) && seconds() - began < SETTLE_SECONDS);
}

/**
 * The same where the fibers to be timed must not be entered yet: a few others run instead, because all
 * fibers share the nursery.
 */
export async function settleAside(
  cell: Cell,
  start: (size: number) => Awaitable<Run>,
): Promise<void> {
  await settle(await start(ASIDE), sliceOf({ ...cell, fibers: ASIDE }));
}

/** Runs operations as whole laps, at least one. */
export function inLaps(lap: (laps: number) => Awaitable<number>, fibers: number): Run {
  return (operations) => lap(Math.max(1, Math.floor(operations / fibers)));
}

/** The program, which the runtime must have. Throws otherwise. */
export function has<T>(workload: T | undefined): T {
  if (workload === undefined) throw new Error("this runtime has no program for this experiment");
  return workload;
}
