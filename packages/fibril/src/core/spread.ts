/**
 * How a request to cancel travels: from a scope to everything in it, as far as the next shield.
 *
 * A list of what is still to be visited instead of recursion, because a chain of fibers that each
 * spawned the next may be a million long.
 */
import { endTask } from "./ending.js";
import type { TaskFields } from "./kernel.js";
import { type CancelRequest, cancelledError } from "./request.js";
import type { ScopeCore } from "./scope.js";
import * as state from "./state.js";
import { tipOf, upwards, waitOf } from "./strand.js";
import { innermost, interrupt, interruptCancelled } from "./wait.js";

const { CUT, DELIVER, FORCED, FRESH, KILLED, RAISES, TERMINATED } = state;

export function spread(from: ScopeCore, request: CancelRequest): void {
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
 * The scopes that a task has open within `from`, outermost first, up to the first shield:
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

/** By which request a task is unwound whose grace is over: that is what it ends with. */
const forcing = new WeakMap<TaskFields, CancelRequest>();

export function forcedBy(task: TaskFields): CancelRequest | undefined {
  return forcing.get(task);
}

/**
 * The end of all patience: unwinds a fiber and everything below it, shields and clean-up included.
 * What they wait for in their `finally` blocks is not waited for any more.
 */
export function force(from: TaskFields, request: CancelRequest): void {
  const tasks = [from];
  for (let task = tasks.pop(); task !== undefined; task = tasks.pop()) {
    if ((task._flags & TERMINATED) !== 0) continue;
    forcing.set(task, request);
    if ((task._flags & FRESH) !== 0) {
      const error = cancelledError(request, task, true);
      // Its text is of the user's making, and may have ended the fiber.
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
 * The same for what is in a scope. Its owner is unwound up to the scope, and goes on after it, as if
 * the scope had ended in good order: so the scope remembers which bits it has to lift from it.
 */
export function forceScope(scope: ScopeCore, request: CancelRequest): void {
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
