/** What holds of a scheduler and its fibers between any two turns. */
import assert from "node:assert/strict";
import type { FiberFields, TaskFields } from "#core/kernel/registers";
import { deepest } from "#core/kernel/rules";
import {
  DAEMON,
  FRESH,
  IN_COROUTINE,
  PARKED,
  READY,
  RUNNING,
  SCHEDULED,
  SCOPED,
  STATE_BITS,
  TERMINATED,
  TRANSFERRED,
  flagRules,
} from "#core/kernel/state";
import { innermost, tipOf, waitingTaskOf } from "#core/kernel/strand";
import { waitOf } from "#core/kernel/wait-slot";
import { Timer } from "#core/ready/timers";
import type { Scheduler } from "#core/schedule/scheduler";
import type { ScopeCore } from "#core/scope/scope-core";
import { checkKernel } from "./manual-host.ts";

const STATES = STATE_BITS;

export function checkScheduler(scheduler: Scheduler, ended: readonly TaskFields[]): void {
  checkKernel();
  const { ready } = scheduler;
  const tasks = [...ready];
  const scopes = new Set<ScopeCore>([scheduler.root]);
  let readies = 0;
  let timers = 0;
  for (const task of tasks) {
    checkTask(task);
    if ((task._flags & READY) !== 0) readies++;
    const wait = waitOf(task);
    if (wait instanceof Timer && isSet(wait)) timers++;
    for (const scope of scopesOf(task)) scopes.add(scope);
  }
  assert.equal(ready.live, tasks.length);
  assert.equal(ready.size, readies, "what is marked ready is in the ready set");
  for (const scope of scopes) {
    checkScope(scope);
    if (scope.timer !== null && isSet(scope.timer)) timers++;
  }
  assert.equal(scheduler.timers.size, timers, "every timer that is set is somebody's");
  for (const task of tasks) {
    assert.ok(scopes.has(spawnedIn(task)), "a child lies in a scope that somebody has open");
  }
  for (const task of ended) checkEnded(task);
}

const RULES = flagRules();

/** The table of the flag word: see state.ts. */
export function checkFlags({ _flags: flags }: FiberFields): void {
  const state = flags & STATES;
  assert.ok(state !== 0 && (state & (state - 1)) === 0, "it is in one state");
  for (const { name, bit, needs, needsOneOf, excludes } of RULES) {
    if ((flags & bit) === 0) continue;
    const set = (): string => namesOf(flags);
    assert.equal(flags & needs, needs, `${name} needs ${namesOf(needs)}: ${set()}`);
    if (needsOneOf !== 0) {
      assert.notEqual(
        flags & needsOneOf,
        0,
        `${name} needs one of ${namesOf(needsOneOf)}: ${set()}`,
      );
    }
    assert.equal(flags & excludes, 0, `${name} excludes ${namesOf(excludes & flags)}: ${set()}`);
  }
}

function namesOf(flags: number): string {
  return RULES.filter(({ bit }) => (flags & bit) !== 0)
    .map(({ name }) => name)
    .join(" + ");
}

const isSet = (timer: Timer): boolean => (timer as never as { _next: unknown })._next !== null;

function checkTask(task: TaskFields): void {
  checkFlags(task);
  const flags = task._flags;
  // One that waits in a coroutine which it resumed is still resuming it.
  const state = task._resuming === null ? TRANSFERRED : RUNNING;
  assert.equal(flags & (STATES | SCHEDULED), state | SCHEDULED, "it has left");
  const why = flags & (READY | PARKED);
  assert.ok(why === READY || why === PARKED, "it is ready or it waits");
  const tip = tipOf(task);
  if ((flags & IN_COROUTINE) !== 0 && tip !== task) {
    assert.equal(
      tip._flags & (STATES | PARKED),
      TRANSFERRED | PARKED,
      "the tip of a strand is marked",
    );
  }
  const wait = waitOf(task);
  assert.equal(wait !== null, why === PARKED, "who waits, waits for something");
  if (wait !== null && wait.firm !== true) {
    assert.equal(innermost(task, tip).effective, null, "nobody who was cancelled goes on waiting");
  }
  if ((flags & FRESH) !== 0) assert.equal(why, READY, "who has not started is ready");
  assert.notEqual(task._frame, null);
}

/** Between turns no coroutine runs; one that is marked is the tip of a strand. */
export function checkCoroutine(fiber: FiberFields): void {
  checkFlags(fiber);
  const state = fiber._flags & STATES;
  if (state === RUNNING) assert.notEqual(fiber._resuming, null, "nobody runs between turns");
  if (fiber._resuming !== null) assert.equal(fiber._resuming._prev, fiber, "linked both ways");
  if (state === TERMINATED) assert.equal(fiber._frame, null);
  if ((fiber._flags & PARKED) !== 0) {
    const holder = waitingTaskOf(fiber);
    assert.ok(holder !== null && (holder._flags & TERMINATED) === 0, "its task is alive");
    assert.equal(tipOf(holder), fiber, "it is where its task goes on");
  }
  if ((fiber._flags & SCOPED) !== 0) {
    assert.notEqual(waitingTaskOf(deepest(fiber)), null, "who has a scope open hangs on a task");
  }
}

function checkScope(scope: ScopeCore): void {
  assert.equal(scope.closed, false, "a scope that somebody has open is not closed");
  let live = 0;
  let before: TaskFields | null = null;
  for (let child = scope.first; child !== null; child = child._next) {
    assert.equal(child._before, before, "the children are linked both ways");
    assert.equal(child._flags & TERMINATED, 0, "an ended child is nobody's child");
    if ((child._flags & DAEMON) === 0) live++;
    before = child;
  }
  assert.equal(scope.last, before);
  assert.equal(scope.live, live);
  const { outer } = scope;
  if (outer !== null) {
    assert.equal(outer.closed, false, "a scope is closed after those in it");
    if (outer.effective !== null && !scope.sheltered) {
      assert.notEqual(scope.effective, null, "a request reaches all that is not sheltered from it");
    }
  }
  if (scope.asked !== null && !scope.cleaning) assert.notEqual(scope.effective, null);
}

function checkEnded(task: TaskFields): void {
  checkFlags(task);
  assert.equal(task._flags & STATES, TERMINATED);
  const { _frame, _storage, _joiners, _next, _before, _prev, _resuming, _scope } =
    task as FiberFields & TaskFields;
  assert.ok(
    [_frame, _storage, _joiners, _next, _before, _prev, _resuming, _scope].every(
      (held) => held === null,
    ),
    "an ended fiber holds nothing",
  );
}

/** All that a task has open, and where it was spawned. */
function* scopesOf(task: TaskFields): Iterable<ScopeCore> {
  let at: ScopeCore | null = innermost(task, tipOf(task)) as ScopeCore;
  for (; at !== null && at.task === task; at = at.outer) yield at;
  for (at = task._scope as ScopeCore; at.task === task; at = at.outer as ScopeCore) yield at;
}

function spawnedIn(task: TaskFields): ScopeCore {
  return task._scope.spawnedIn(task) as unknown as ScopeCore;
}
