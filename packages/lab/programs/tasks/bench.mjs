/**
 * What the task programs on Node do alike: the words they are called with, the clock, the count, and the
 * line they print. The contract that all keep is in ../README.md.
 */
import { readFileSync, writeSync } from "node:fs";

const [, , workload = "", tasks, extra, order, limit] = process.argv;

export const n = Number(tasks);
/** Laps of `yield`, seconds of `sleep`. */
export const each = Number(extra);

/** What a task contributes: so that nothing is lost unseen. */
export const weight = (index) => (index % 7) + 1;

/** Units of work between two looks at the clock. */
const SLICE = 1_000;

const began = performance.now();
const allowed = Number(limit) > 0 ? Number(limit) * 1000 : Number.POSITIVE_INFINITY;
let done = 0;
let sum = 0;

/** A unit of work: one task joined, one of a tree begun, one sleeper, one turn, one wait under a timeout. */
export function unit(value) {
  sum += value;
  if (++done % SLICE === 0) inTime();
}

/** Prints what was done so far, and ends, when the time is over. */
export function inTime() {
  if (performance.now() - began > allowed) finish();
}

/** Numbers from 0 to `size` - 1, and a look at the clock now and then. */
export function* upTo(size) {
  for (let index = 0; index < size; index++) {
    if (index % SLICE === SLICE - 1) inTime();
    yield index;
  }
}

/** The lab's shuffle, or nothing. */
export function inOrder(items) {
  if (order !== "shuffled") return items;
  let state = 17263;
  for (let i = items.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** `total` is what the tasks themselves came to, where they add up. */
export function finish(total = sum) {
  const seconds = (performance.now() - began) / 1000;
  const line = { workload, n, seconds, count: done, rssKiB: peak(), sum: total };
  writeSync(1, `${JSON.stringify(line)}\n`);
  process.exit();
}

function peak() {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
  } catch {
    return process.resourceUsage().maxRSS;
  }
}

/** Runs the workload that was asked for. */
export async function measure(workloads) {
  const run = workloads[workload];
  if (run === undefined) throw new Error(`no workload ${workload}`);
  await run();
  finish();
}
