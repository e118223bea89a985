/** The start handshake: the starter of a service goes on when the service says that it is ready. */
import {
  addJoiner,
  callOp,
  Cancelled,
  checkWait,
  currentFiber,
  currentTask,
  endingOf,
  fail,
  Failures,
  type Fiber,
  FiberError,
  type FiberFields,
  Frame,
  hasEnded,
  type How,
  isForced,
  type Joiner,
  KILL,
  labelOf,
  markNotStarted,
  mayWait,
  type Op,
  outcomeOf,
  ownWait,
  perform,
  RAISE,
  removeJoiner,
  resultOf,
  RETURN,
  schedulerOf,
  type ScopeCore,
  spawnNamed,
  START,
  type Task,
  type Wait,
  type WaitKind,
  wake,
} from "./core/index.js";

const STARTING = { name: "scope.start" };

/** The fibers whose starters wait for them to call `started`. */
const starting = new WeakMap<Task, Starting>();

/**
 * The wait for the child's call of `started`. If it ends early, it becomes the wait for the child's end, and
 * receives the child's error, which no other code does.
 */
class Starting implements Wait, Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly task: Task;
  /** The starter: the task, or a coroutine that it resumed. */
  readonly fiber: FiberFields;
  readonly child: Task & Fiber;
  readonly since: number;
  givenUp = false;
  /** The starter waits. */
  waiting = true;
  /** What the starter throws after the child's end; `killed` if it goes on unwinding instead. */
  readonly errors: Failures = new Failures();
  cancelled: Cancelled | undefined;
  killed = false;

  constructor(task: Task, child: Task & Fiber) {
    this.task = task;
    this.fiber = currentFiber();
    this.child = child;
    this.since = schedulerOf(task).time;
    starting.set(child, this);
    addJoiner(child, this);
  }

  get what(): string {
    return this.givenUp ? `the end of ${labelOf(this.child)}` : `${labelOf(this.child)} to start`;
  }

  /** The end of a cancelled child is waited for, unless the starter's grace is over. */
  get firm(): boolean {
    return this.givenUp && !this.forced;
  }

  get forced(): boolean {
    return isForced(this.fiber);
  }

  on(): readonly Task[] {
    return [this.child];
  }

  started(value: unknown): void {
    if (this.givenUp) return;
    this.leave();
    wake(this.task, value);
  }

  ended(child: Task): void {
    starting.delete(child);
    markNotStarted(child);
    if (!this.givenUp) {
      const { how, value } = outcomeOf(child);
      const error =
        how === RAISE
          ? value
          : new FiberError("not-started", `${labelOf(child)} ended without calling started(…)`);
      fail(this.task, error);
      return;
    }
    if (endingOf(child) === "failed") this.errors.add(resultOf(child));
    if (this.waiting) wake(this.task, undefined);
  }

  undo(): void {
    this.waiting = false;
    if (this.givenUp) return;
    this.givenUp = true;
    this.child.cancel("its starter has given up");
  }

  /** From here on the child's end concerns only its scope. */
  leave(): void {
    starting.delete(this.child);
    removeJoiner(this.child, this);
  }
}

const START_WAIT: WaitKind = {
  name: "scope.start(…)",
  begin(task, frame: Frame): Wait {
    const child = spawnNamed(frame.a as ScopeCore, 0, frame.b as unknown[]) as unknown as Task &
      Fiber;
    return (frame.c = new Starting(task, child));
  },
};

const END_WAIT: WaitKind = {
  name: "scope.start(…)",
  always: true,
  begin(_task, it: Starting): Wait {
    it.waiting = true;
    return it;
  },
};

/** `given` is an optional name, the routine, and its arguments. */
export function startIn(scope: ScopeCore, given: readonly unknown[]): Op<any> {
  checkWait("scope.start(…)");
  return callOp(new Frame(startCode, scope, given, null), 0, STARTING) as Op<any>;
}

/** `a` is the scope, `b` the arguments, and `c` the wait once it has begun. */
function startCode(frame: Frame, how: How, value: unknown): unknown {
  if (how === START) return perform(ownWait(START_WAIT, frame));
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
  if (!hasEnded(it.child)) {
    // Meanwhile a coroutine may have been entered by a synchronous call, in which it cannot wait.
    if (!it.forced && mayWait()) return perform(ownWait(END_WAIT, it));
    it.leave();
  }
  if (it.errors.size > 0) throw it.errors.together();
  if (it.killed) return KILL;
  throw it.cancelled;
}

/**
 * Says that the running fiber has started. The `scope.start` that started it then results in the value. A
 * plain call, which throws nothing. It has no effect in a fiber that was started otherwise, so a service need not know
 * how it was started.
 *
 * ```ts
 * const port = yield* scope(function* (services) {
 *   const port = yield* services.start(function* () {
 *     yield* sleep(1);
 *     started(8080);
 *     yield* sleep(1);
 *   });
 *   return port;
 * });
 * port; // 8080
 * ```
 */
export function started(value?: unknown): void {
  const task = currentTask();
  if (task !== null) starting.get(task)?.started(value);
}
