/**
 * What the task programs on Node have in common: their arguments, warm-up, the clock, the count, and the
 * line that they print. The contract that all task programs keep is in programs/README.md.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, writeSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { Order } from "../cell.js";
import { inOrder as ordered } from "../measuring/order.js";
import { type How, type TaskLine, weight, wholeOf, type Workload } from "./cell.js";
import { Lateness } from "./lateness.js";
import { Ticker } from "./ticker.js";

const [, , workload = "", tasks, laps, order, limit, condition] = process.argv;

/** The number of tasks; smaller while the program warms up. */
export let n = 0;
/** Laps, where tasks do their work lap after lap; in `sleep`, seconds. */
export let each = 0;
export const how: How | undefined = condition === "" ? undefined : (condition as How);

/** Units of work between two looks at the clock. A unit is what the workload counts. */
const LOOK = 1_000;
/** Units of a slice, at least: a slice is never shorter than a lap, so that it has all parts of one. */
const SLICE = 50_000;
/**
 * Warm-up is measured in processor time, because on a busy machine the wall clock could pass the limit
 * before V8 has compiled anything. A slow runtime warms up with few tasks. A fast one warms up with more
 * tasks, so that what grows with their number has grown before the measurement.
 */
const WARM_FEW = 1_000;
const WARM_MANY = 10_000;
const WARM_SIEVE = 100;
const WARM_LAPS = 10;
const WARM_AT_LEAST = 3;
const WARM_SECONDS = 0.45;
/** A round of warm-up that takes less than these seconds is followed by rounds with more tasks. */
const FAST = 0.03;
/** Seconds of warm-up after a collection, which discards some of the compiled code. */
const WARM_AGAIN = 0.2;
/** Milliseconds of pause for the compiler, which runs on its own thread. */
const PAUSE = 30;
const STORE = { name: "the store of the whole program" };
const storage = how === "als" ? new AsyncLocalStorage<object>() : undefined;
const allowed = Number(limit) > 0 ? Number(limit) * 1000 : Number.POSITIVE_INFINITY;
/** The lateness of what the workload expects at a certain time. */
export const lateness: Lateness = new Lateness();
const ticker = workload === "host-delay" ? new Ticker(lateness) : undefined;
const TIMED: readonly string[] = ["host-delay", "at-once", "drain"];

let warming = false;
let began = performance.now();
let cpuBefore = process.cpuUsage();
let cpu: NodeJS.CpuUsage | undefined;
let seconds: number | undefined;
let done = 0;
let best = 0;
let sliceDone = 0;
let sliceBegan = 0;
let made = 0;
let wakeSeconds = 0;
let keptBytes: number | undefined;
let emptyKiB = 0;
/** In a typed array, because V8 would allocate a number of more than 31 bits anew for each unit. */
const sum: Float64Array = new Float64Array(1);

/** Counts a unit of work: a task joined, a task of a tree begun, a sleeper, a turn, a time limit. */
export function unit(value: number): void {
  sum[0]! += value;
  if (++done % LOOK === 0) inTime();
}

/** The units so far. */
export const units = (): number => done;

/** Sets the sum, where the tasks add up their values themselves. */
export function total(value: number): void {
  sum[0] = value;
}

function inTime(): void {
  if (warming) return;
  const now = performance.now();
  if (done - sliceDone >= Math.max(SLICE, n)) {
    best = Math.max(best, ((done - sliceDone) / (now - sliceBegan)) * 1000);
    sliceDone = done;
    sliceBegan = now;
  }
  if (now - began > allowed) finish();
}

/** The numbers from 0 to `size` - 1, with a look at the clock after every `LOOK` of them. */
export function* upTo(size: number): Generator<number, void> {
  for (let index = 0; index < size; index++) {
    made = index;
    if (index % LOOK === LOOK - 1) inTime();
    yield index;
  }
}

/** The lab's shuffle, or the items as they are. */
export const inOrder = <T>(items: T[]): T[] => ordered(items, order as Order);

/** Starts the clock, in programs that make their tasks before the timed section. */
export function startClock(): void {
  done = 0;
  best = 0;
  sliceDone = 0;
  sum[0] = 0;
  seconds = undefined;
  cpu = undefined;
  wakeSeconds = 0;
  lateness.reset();
  if (!warming) ticker?.start();
  cpuBefore = process.cpuUsage();
  began = sliceBegan = performance.now();
}

/** Stops the clock, in programs that must clean up after the timed section. */
export function stopClock(): void {
  if (seconds !== undefined) return;
  seconds = (performance.now() - began) / 1000;
  cpu = process.cpuUsage(cpuBefore);
  ticker?.stop();
  lateness.came();
}

/** Wakes the others. The time of this is also measured separately. */
export function waking(wakeAll: () => void): void {
  const start = performance.now();
  wakeAll();
  wakeSeconds += (performance.now() - start) / 1000;
}

/** A task calls this at its end: it checks that the task still has its AsyncLocalStorage. */
export function seesContext(): void {
  if (storage !== undefined && storage.getStore() !== STORE) {
    throw new Error("a task has lost the store of its AsyncLocalStorage");
  }
}

function heap(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Prints the result and ends the process. */
function finish(): never {
  stopClock();
  const line: TaskLine = {
    workload: workload as Workload,
    n,
    seconds: seconds as number,
    userSeconds: (cpu?.user ?? 0) / 1e6,
    systemSeconds: (cpu?.system ?? 0) / 1e6,
    count: done,
    made,
    rssKiB: peak(),
    emptyKiB,
    sum: sum[0]!,
    ...(best > 0 && { best }),
    ...(keptBytes !== undefined && { keptBytes }),
    ...(wakeSeconds > 0 && { wakeSeconds }),
    ...(TIMED.includes(workload) && { lateness: lateness.spread() }),
  };
  writeSync(1, `${JSON.stringify(line)}\n`);
  process.exit();
}

function peak(): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

/** What a program provides: the workloads that its runtime can do. */
export type Workloads = Partial<Record<Workload, () => unknown>>;

/** Runs the workload that the command line names. */
export async function measure(workloads: Workloads): Promise<void> {
  // These two do the same work as `yield` and measure something else.
  const { yield: storm } = workloads;
  const all = { "host-delay": storm, "async-context": storm, ...workloads };
  const program: (() => unknown) | undefined = all[workload as Workload];
  if (program === undefined) throw new Error(`this program has no workload named ${workload}`);
  emptyKiB = process.memoryUsage.rss() / 1024;
  const run = storage === undefined ? program : () => storage.run(STORE, program);
  // Sleepers are there to measure memory, once. A very small workload tells nothing about speed.
  const steady = !workload.startsWith("sleep") && Number(tasks) * turns() >= WARM_FEW;
  if (steady) await warmUp(run, WARM_SECONDS);
  const before = heap();
  if (steady) await warmUp(run, WARM_AGAIN);
  [n, each] = [Number(tasks), Number(laps)];
  startClock();
  await run();
  stopClock();
  keptBytes = heap() - before;
  finish();
}

/** How often each task does what is counted. In some workloads the laps are seconds. */
function turns(): number {
  const { count } = wholeOf({ workload: workload as Workload, n: 1, each: Number(laps) });
  return count;
}

const used = (before: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
};

async function warmUp(run: () => unknown, seconds: number): Promise<void> {
  warming = true;
  warmWith(WARM_FEW);
  const began = process.cpuUsage();
  for (let round = 0; round < WARM_AT_LEAST || used(began) < seconds; round++) {
    const before = process.cpuUsage();
    startClock();
    // oxlint-disable-next-line no-await-in-loop -- the rounds run one after the other
    await run();
    if (used(before) < FAST) warmWith(WARM_MANY);
  }
  await pause(PAUSE);
  warming = false;
}

/** Warms up with at most that many tasks. With fewer tasks, each does more laps. */
function warmWith(most: number): void {
  // The work of the sieve grows with the square of its size.
  n = Math.min(Number(tasks), workload === "sieve" ? WARM_SIEVE : most);
  each = Math.min(Number(laps), Math.max(WARM_LAPS, Math.ceil(most / n)));
}

export { weight };
