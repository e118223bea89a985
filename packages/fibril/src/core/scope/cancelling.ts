/**
 * How a request to cancel travels: from a scope to everything in it, up to the next shield.
 *
 * The walk keeps a list of the scopes still to visit instead of recursing, because a chain of fibers, each
 * of which spawned the next, may be a million long.
 */
import { needsHost } from "../kernel/errors.js";
import { DELIVER } from "../kernel/frame.js";
import {
  type CancelRequest,
  K,
  type SchedulerFields,
  type TaskFields,
} from "../kernel/registers.js";
import { cancelledError, forceBy, forcedBy } from "../kernel/request.js";
import { CUT, FORCED, FRESH, KILLED, RAISES, TERMINATED } from "../kernel/state.js";
import { innermost, tipOf, upwards } from "../kernel/strand.js";
import { endTask } from "../kernel/task-end.js";
import { waitOf } from "../kernel/wait-slot.js";
import { interrupt, interruptCancelled } from "../kernel/wait.js";
import { Timer } from "../ready/timers.js";
import type { ScopeCore } from "./scope-core.js";

export function propagate(from: ScopeCore, request: CancelRequest): void {
  from.effective = request;
  const reached = [from];
  if (from.task !== null) reach(from.task, from, request, reached);
  for (let scope = reached.pop(); scope !== undefined; scope = reached.pop()) {
    for (const child of scope.snapshot()) {
      if (scope.scheduler.probe !== null) scope.tellAsked(child, request.reason);
      reach(child, scope, request, reached);
    }
  }
}

/**
 * Writes the request into the scopes that a task has open within `from`, outermost first, up to the first
 * shield, and interrupts the task's wait if it waits in one of them:
 *
 *     from ◀─ a ◀─ b ◀─ shield ◀─ c            a and b are reached, c is not
 */
function reach(
  task: TaskFields,
  from: ScopeCore,
  request: CancelRequest,
  reached: ScopeCore[],
): void {
  if ((task._flags & TERMINATED) !== 0) return;
  const inner = innermost(task, tipOf(task)) as ScopeCore;
  const within: ScopeCore[] = [];
  for (let at: ScopeCore | null = inner; at !== from; at = at.outer) {
    if (at === null) return; // the fiber has left the scope meanwhile
    within.push(at);
  }
  for (let at = within.pop(); at !== undefined; at = within.pop()) {
    if (at.sheltered) return;
    if (at.effective === null) {
      at.effective = request;
      reached.push(at);
    }
  }
  if (inner.effective !== null) interruptCancelled(task, inner.effective);
}

/**
 * The end of a grace: unwinds a fiber and everything below it, shields and clean-up included. Their
 * `finally` blocks still run, but wait for nothing.
 */
export function force(from: TaskFields, request: CancelRequest): void {
  const tasks = [from];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if ((task._flags & TERMINATED) !== 0) continue;
    forceBy(task, request);
    if ((task._flags & FRESH) !== 0) {
      const error = cancelledError(request, task, true);
      // The program's code writes part of its text, and may have ended the fiber.
      if ((task._flags & TERMINATED) === 0) endTask(task, RAISES | CUT, error);
      continue;
    }
    const tip = tipOf(task);
    let home: ScopeCore | null = innermost(task, tip) as ScopeCore;
    for (; home !== null && home.task === task; home = home.outer) {
      home.lifts = 0;
      pushChildren(tasks, home);
    }
    for (const at of upwards(task, tip)) at._flags |= KILLED | FORCED;
    if (waitOf(task)?.firm !== true) interrupt(task, DELIVER, undefined);
  }
}

function pushChildren(tasks: TaskFields[], of: ScopeCore): void {
  for (const scope of of.held === null ? [of] : of.withHeld()) {
    for (let child = scope.first; child !== null; child = child._next) tasks.push(child);
  }
}

/**
 * The same for what is in a scope. The scope's owner is unwound as far as the scope and goes on after it,
 * as if the scope had ended normally. So the scope remembers which flags it has to clear in its owner.
 */
function forceScope(scope: ScopeCore, request: CancelRequest): void {
  const { owner, task } = scope;
  if (task === null) return;
  const tip = tipOf(task);
  const tasks: TaskFields[] = [];
  pushChildren(tasks, scope);
  let inner = innermost(task, tip) as ScopeCore;
  for (; inner !== scope; inner = inner.outer as ScopeCore) {
    pushChildren(tasks, inner);
    if (inner.owner === owner) scope.lifts |= inner.lifts;
    inner.lifts = 0;
  }
  scope.lifts |= (KILLED | FORCED) & ~owner._flags;
  for (const at of upwards(task, tip)) {
    at._flags |= KILLED | FORCED;
    if (at === owner) break;
  }
  if (waitOf(task)?.firm !== true) interrupt(task, DELIVER, undefined);
  for (const child of tasks) force(child, request);
}

// Grace: how long a cancelled scope may take to clean up. When it is over, what is left in the scope is
// unwound, and waits for nothing.

class Grace extends Timer {
  readonly scope: ScopeCore;

  constructor(scope: ScopeCore) {
    super();
    this.scope = scope;
  }

  fire(): void {
    const { asked, kind, task } = this.scope;
    if (kind !== "fiber") forceScope(this.scope, asked as CancelRequest);
    else if (task !== null) force(task, asked as CancelRequest);
  }
}

/** Throws when a grace needs a clock that moves and there is none. 0 and Infinity need no clock. */
export function checkGrace({ hosted }: SchedulerFields, ms: number): void {
  if (!hosted && ms > 0 && ms < Number.POSITIVE_INFINITY) throw needsHost("a grace period");
}

/** Gives a cancelled scope a grace in milliseconds; then what is left in it is unwound. The earliest grace counts. */
export function giveGrace(scope: ScopeCore, ms: number): void {
  if (ms === Number.POSITIVE_INFINITY) return;
  const { scheduler, timer } = scope;
  const at = scheduler.tickAfter(ms);
  if (timer instanceof Grace && timer.at <= at) return;
  if (timer !== null) scheduler.timers.remove(timer);
  scope.timer = new Grace(scope);
  scheduler.timers.add(scope.timer, at);
  scheduler.stirForTimer();
}

/** The request that is ending the running code, and whether its grace is over. */
export function requestInForce(): {
  readonly request: CancelRequest;
  readonly forced: boolean;
} | null {
  const { current, task } = K;
  if (task === null) return null;
  const forced = (current._flags & FORCED) !== 0;
  const known = forced ? forcedBy(task) : undefined;
  const request = known ?? requestOf(innermost(task, current) as ScopeCore);
  return request === null ? null : { request, forced };
}

/**
 * The request that applies to one of the running task's scopes, or did before that scope began its
 * clean-up; the innermost such scope counts. The scope that the task was spawned in is included, because
 * a request to it ends the task.
 */
function requestOf(inner: ScopeCore): CancelRequest | null {
  for (let at: ScopeCore | null = inner; at !== null; at = at.outer) {
    const request = at.effective ?? (at.cleaning ? at.asked : null);
    if (request !== null) return request;
    if (at.task !== K.task) return null;
  }
  return null;
}
