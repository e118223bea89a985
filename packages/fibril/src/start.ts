/** The start handshake: who starts a service goes on when the service says that it is ready. */
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

/** Which fibers are expected to call `started`. */
const starting = new WeakMap<Task, Starting>();

/**
 * The wait for `started`; once that was called off, the wait for the end of the child, which nobody else
 * is told of.
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
  /** What the starter is to throw after the child's end, or that it is killed. */
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

  /** What was asked to end is waited for; but not after the starter's grace. */
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
    const child = spawnNamed(frame.a as ScopeCore, 0, frame.b as unknown[]) as unknown as Task &
      Fiber;
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
  return callOp(new Frame(run, scope, given, null), 0, STARTING) as Op<any>;
}

/** `a` is the scope, `b` what is given, and `c` the wait from its beginning on. */
function run(frame: Frame, how: How, value: unknown): unknown {
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
    // A coroutine may have come to run inside a synchronous call meanwhile: there it cannot wait.
    if (!it.forced && mayWait()) return perform(ownWait(END_WAIT, it));
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
  const task = currentTask();
  if (task !== null) starting.get(task)?.started(value);
}
