/** The start handshake: who starts a service goes on when the service says that it is ready. */
import { Cancelled, FiberError } from "./core/errors.js";
import { Failures } from "./core/failures.js";
import { type Frame, KILL } from "./core/frame.js";
import * as frames from "./core/frame.js";
import { addJoiner, type Joiner, outcomeOf, removeJoiner } from "./core/join.js";
import type { FiberFields, TaskFields, WaitKind } from "./core/kernel.js";
import * as kernel from "./core/kernel.js";
import { labelOf } from "./core/label.js";
import { type Op, perform } from "./core/op.js";
import { callOp } from "./core/ops.js";
import type { ScopeCore } from "./core/scope.js";
import type { How } from "./core/state.js";
import {
  CUT,
  FORCED,
  NOT_STARTED,
  RAISE,
  RAISES,
  RETURN,
  START,
  TERMINATED,
} from "./core/state.js";
import type { Task } from "./core/task.js";
import { checkWait, fail, ownOp, type Wait, wake } from "./core/wait.js";
import { spawnNamed } from "./spawn.js";

const { K } = kernel;

const STARTING = { name: "scope.start" };

/** Which fibers are expected to call `started`. */
const starting = new WeakMap<TaskFields, Starting>();

/**
 * The wait for `started`; once that was called off, the wait for the end of the child, which nobody else
 * is told of.
 */
class Starting implements Wait, Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly task: TaskFields;
  /** The starter: the task, or a coroutine that it resumed. */
  readonly fiber: FiberFields;
  readonly child: Task;
  readonly since: number;
  givenUp = false;
  /** The starter waits. */
  waiting = true;
  /** What the starter is to throw after the child's end, or that it is killed. */
  readonly errors: Failures = new Failures();
  cancelled: Cancelled | undefined;
  killed = false;

  constructor(task: TaskFields, child: Task) {
    this.task = task;
    this.fiber = K.current;
    this.child = child;
    this.since = task._scope.scheduler.time;
    starting.set(child, this);
    addJoiner(child, this);
  }

  get what(): string {
    return this.givenUp ? `the end of ${labelOf(this.child)}` : `${labelOf(this.child)} to start`;
  }

  /** What was asked to end is waited for; but not after the starter's grace. */
  get firm(): boolean {
    return this.givenUp && !this.forced;
  }

  get forced(): boolean {
    return (this.fiber._flags & FORCED) !== 0;
  }

  on(): readonly TaskFields[] {
    return [this.child];
  }

  started(value: unknown): void {
    if (this.givenUp) return;
    this.leave();
    wake(this.task, value);
  }

  ended(child: TaskFields): void {
    starting.delete(child);
    child._flags |= NOT_STARTED;
    if (!this.givenUp) {
      const { how, value } = outcomeOf(child);
      const error =
        how === RAISE
          ? value
          : new FiberError("not-started", `${labelOf(child)} ended without calling started(…)`);
      fail(this.task, error);
      return;
    }
    if ((child._flags & (RAISES | CUT)) === RAISES) this.errors.add(child._wait);
    if (this.waiting) wake(this.task, undefined);
  }

  undo(): void {
    this.waiting = false;
    if (this.givenUp) return;
    this.givenUp = true;
    this.child.cancel("who started it has given up");
  }

  /** The child is its scope's matter from here on, and nobody else's. */
  leave(): void {
    starting.delete(this.child);
    removeJoiner(this.child, this);
  }
}

const START_WAIT: WaitKind = {
  name: "scope.start(…)",
  begin(task, frame: Frame): Wait {
    const child = spawnNamed(frame.a as ScopeCore, 0, frame.b as unknown[]) as unknown as Task;
    return (frame.c = new Starting(task, child));
  },
};

const END_WAIT: WaitKind = {
  name: "scope.start(…)",
  firm: true,
  begin(_task, it: Starting): Wait {
    it.waiting = true;
    return it;
  },
};

/** `given` is a name or none, the routine, and what it takes. */
export function startIn(scope: ScopeCore, given: readonly unknown[]): Op<any> {
  checkWait("scope.start(…)");
  return callOp(new frames.Frame(run, scope, given, null), 0, STARTING) as Op<any>;
}

/** `a` is the scope, `b` what is given, and `c` the wait from its beginning on. */
function run(frame: Frame, how: How, value: unknown): unknown {
  if (how === START) return perform(ownOp(START_WAIT, frame));
  const it = frame.c as Starting | null;
  if (it === null || !it.givenUp) {
    if (how === RAISE) throw value;
    return how === RETURN ? KILL : value;
  }
  if (how === RETURN) it.killed = true;
  else if (how === RAISE) {
    if (Cancelled.is(value)) it.cancelled = value;
    else it.errors.add(value);
  }
  if ((it.child._flags & TERMINATED) === 0) {
    // A coroutine may have come to run inside a synchronous call meanwhile: there it cannot wait.
    if (!it.forced && K.base === K.loop) return perform(ownOp(END_WAIT, it));
    it.leave();
  }
  if (it.errors.size > 0) throw it.errors.together();
  if (it.killed) return KILL;
  throw it.cancelled;
}

/**
 * Says that the running fiber has started, to who waits for that in `scope.start`. A plain call, and
 * without effect when nobody does, so that a service need not know how it was started.
 */
export function started(value?: unknown): void {
  if (K.task !== null) starting.get(K.task)?.started(value);
}
