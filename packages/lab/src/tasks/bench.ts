/**
 * What the task programs on Node do alike: the words they are called with, warm-up, the clock, the
 * count, and the line they print. The contract that all keep is in programs/README.md.
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

/** How many tasks. Less while the program warms up. */
export let n = 0;
/** Laps of what goes round, seconds of `sleep`. */
export let each = 0;
export const how: How | undefined = condition === "" ? undefined : (condition as How);

/** Units of work between two looks at the clock. */
const LOOK = 1_000;
/** The same of a slice, of which the best is told: at least a lap of all tasks, so that it has all parts of one. */
const SLICE = 50_000;
/**
 * Warm-up is counted in seconds of the processor, because on a machine that others use the clock would
 * say "enough" before V8 has compiled anything. With few tasks where a runtime is slow; with more where
 * it is not, so that what grows with their number has grown before.
 */
const WARM_FEW = 1_000;
const WARM_MANY = 10_000;
const WARM_LAPS = 10;
const WARM_AT_LEAST = 3;
const WARM_SECONDS = 0.45;
/** Seconds of a round that is fast. */
const FAST = 0.03;
/** After a collection, which undoes some of what was compiled. */
const WARM_AGAIN = 0.2;
/** Milliseconds for the compiler, which has a thread of its own. */
const PAUSE = 30;
const STORE = { name: "the store of the whole program" };
const storage = how === "als" ? new AsyncLocalStorage<object>() : undefined;
const allowed = Number(limit) > 0 ? Number(limit) * 1000 : Number.POSITIVE_INFINITY;
/** Of what the workload expects at a time. */
export const lateness: Lateness = new Lateness();
const ticker = workload === "host-delay" ? new Ticker(lateness) : undefined;
const TIMED: readonly string[] = ["host-delay", "at-once"];

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
/** In an array, because a number that outgrows 31 bits would be allocated anew for each unit. */
const sum: Float64Array = new Float64Array(1);

/** A unit of work: one task joined, one of a tree begun, one sleeper, one turn, one time limit. */
export function unit(value: number): void {
  sum[0]! += value;
  if (++done % LOOK === 0) inTime();
}

/** Units so far. */
export const units = (): number => done;

/** What the tasks themselves came to, where they add up. */
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

/** Numbers from 0 to `size` - 1, and a look at the clock now and then. */
export function* upTo(size: number): Generator<number, void> {
  for (let index = 0; index < size; index++) {
    made = index;
    if (index % LOOK === LOOK - 1) inTime();
    yield index;
  }
}

/** The lab's shuffle, or nothing. */
export const inOrder = <T>(items: T[]): T[] => ordered(items, order as Order);

/** For programs that make their tasks before what is timed. */
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

/** For programs that have to clear up after what is timed. */
export function stopClock(): void {
  if (seconds !== undefined) return;
  seconds = (performance.now() - began) / 1000;
  cpu = process.cpuUsage(cpuBefore);
  ticker?.stop();
  lateness.came();
}

/** Waking the others: timed by itself besides. */
export function waking(wakeAll: () => void): void {
  const start = performance.now();
  wakeAll();
  wakeSeconds += (performance.now() - start) / 1000;
}

/** A task says at its end that it is still where it began. */
export function seesContext(): void {
  if (storage !== undefined && storage.getStore() !== STORE) {
    throw new Error("a task lost its AsyncLocalStorage");
  }
}

function heap(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Prints what was done, and ends. */
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

/** What a program brings: those workloads that its runtime can do. */
export type Workloads = Partial<Record<Workload, () => unknown>>;

/** Runs the workload that was asked for. */
export async function measure(workloads: Workloads): Promise<void> {
  // The same work, looked at in another way.
  const { yield: storm } = workloads;
  const all = { "host-delay": storm, "async-context": storm, ...workloads };
  const program: (() => unknown) | undefined = all[workload as Workload];
  if (program === undefined) throw new Error(`no workload ${workload}`);
  emptyKiB = process.memoryUsage.rss() / 1024;
  const run = storage === undefined ? program : () => storage.run(STORE, program);
  // What sleeps is there to be weighed, once; and so few say nothing about speed.
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

/** How often each task does what is counted; the laps of some are seconds. */
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
    // oxlint-disable-next-line no-await-in-loop -- one round after the other
    await run();
    if (used(before) < FAST) warmWith(WARM_MANY);
  }
  await pause(PAUSE);
  warming = false;
}

/** So many tasks; or fewer, if there are no more, and as much to do. */
function warmWith(most: number): void {
  n = Math.min(Number(tasks), most);
  each = Math.min(Number(laps), Math.max(WARM_LAPS, Math.ceil(most / n)));
}

export { weight };
