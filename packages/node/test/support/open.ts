/** What a process has open, and who listens to it: after a test it is as it was before. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { TestContext } from "node:test";

const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM", "SIGUSR1", "SIGWINCH"] as const;

function state() {
  const names = process.getActiveResourcesInfo();
  return {
    resources: names.filter((name) => !/Timeout|Immediate|TTY/.test(name)).toSorted(),
    descriptors: process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0,
    exits: process.listenerCount("exit"),
    signals: SIGNALS.map((name) => process.listenerCount(name)),
  };
}

type State = ReturnType<typeof state>;

/** Whether there is nothing that was not there before. What other tests have left may go meanwhile. */
function noMore(now: State, before: State): boolean {
  const count = (of: State, name: string) => of.resources.filter((each) => each === name).length;
  return (
    now.resources.every((name) => count(now, name) <= count(before, name)) &&
    now.descriptors <= before.descriptors &&
    now.exits <= before.exits &&
    now.signals.every((each, index) => each <= (before.signals[index] as number))
  );
}

/** Call it first: at the end of the test, everything is closed, within a bounded time. */
export function leavesNothing(t: TestContext): void {
  const before = state();
  t.after(async () => {
    for (let turns = 0; turns < 1_000 && !noMore(state(), before); turns++) await delay(2);
    if (!noMore(state(), before)) assert.deepEqual(state(), before);
  });
}

/** The letter by which Linux says what a process does; undefined when there is none. */
export function stateOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  } catch {
    return undefined;
  }
}

/** Whether a process runs: one that has ended and waits for its parent to ask does not. */
export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || stateOf(pid) !== "Z";
  } catch {
    return false;
  }
}
