/** The start handshake: who starts a service goes on when the service says that it is ready. */
import { FiberError } from "./core/errors.js";
import { addJoiner, type Joiner, outcomeOf, removeJoiner } from "./core/join.js";
import type { TaskFields, WaitKind } from "./core/kernel.js";
import * as kernel from "./core/kernel.js";
import { labelOf } from "./core/label.js";
import type { Op } from "./core/op.js";
import type { ScopeCore } from "./core/scope.js";
import { DELIVER, NOT_STARTED, RAISE } from "./core/state.js";
import type { Task } from "./core/task.js";
import { type Wait, waitOp, wake } from "./core/wait.js";
import { spawnNamed } from "./spawn.js";

const { K } = kernel;

/** Which fibers are expected to call `started`. */
const starting = new WeakMap<TaskFields, Starting>();

class Starting implements Wait, Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly task: TaskFields;
  readonly child: Task;
  readonly since: number;

  constructor(task: TaskFields, child: Task) {
    this.task = task;
    this.child = child;
    this.since = task._scope.scheduler.time;
    starting.set(child, this);
    addJoiner(child, this);
  }

  get what(): string {
    return `${labelOf(this.child)} to start`;
  }

  on(): readonly TaskFields[] {
    return [this.child];
  }

  started(value: unknown): void {
    this.leave();
    wake(this.task, DELIVER, value);
  }

  ended(child: TaskFields): void {
    starting.delete(child);
    child._flags |= NOT_STARTED;
    const { how, value } = outcomeOf(child);
    const error =
      how === RAISE
        ? value
        : new FiberError("not-started", `${labelOf(child)} ended without calling started(…)`);
    wake(this.task, RAISE, error);
  }

  undo(): void {
    this.leave();
    this.child.cancel("who started it has given up");
  }

  private leave(): void {
    starting.delete(this.child);
    removeJoiner(this.child, this);
  }
}

type Begun = readonly [scope: ScopeCore, given: readonly unknown[]];

const START: WaitKind = { name: "scope.start(…)", begin: beginStart };

function beginStart(task: TaskFields, [scope, given]: Begun): Wait {
  return new Starting(task, spawnNamed(scope, 0, given) as unknown as Task);
}

/** `given` is a name or none, the routine, and what it takes. */
export function startIn(scope: ScopeCore, given: readonly unknown[]): Op<any> {
  return waitOp(START, [scope, given] satisfies Begun);
}

/**
 * Says that the running fiber has started, to who waits for that in `scope.start`. A plain call, and
 * without effect when nobody does, so that a service need not know how it was started.
 */
export function started(value?: unknown): void {
  if (K.task !== null) starting.get(K.task)?.started(value);
}
