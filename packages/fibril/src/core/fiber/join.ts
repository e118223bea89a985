/**
 * Waiting for a fiber's end.
 *
 * The waiters form a linked list on the fiber (line.ts). A cancelled waiter leaves it in one step, and a
 * million waiters cost a million small nodes and nothing else:
 *
 *     target._joiners ──▶ node ⇄ node ⇄ node
 *
 * They are notified in the order in which they came.
 */
import { mayStay } from "../kernel/at-once.js";
import { withoutStack } from "../kernel/error-trail.js";
import { type Cancelled, FiberError } from "../kernel/errors.js";
import { FAST_PATHS } from "../kernel/fast-paths.js";
import { DELIVER, RAISE } from "../kernel/frame.js";
import { Op } from "../kernel/op.js";
import {
  type FiberFields,
  type Joiner,
  K,
  type TaskFields,
  WAIT_CREATED,
  type Wait,
  type WaitKind,
} from "../kernel/registers.js";
import { CUT, KILL_DUE, OBSERVED, RAISES, TERMINATED } from "../kernel/state.js";
import { endingOf, promises, silencePromise } from "../kernel/task-end.js";
import { labelOf } from "../kernel/text.js";
import { resultOf } from "../kernel/wait-slot.js";
import { endWait, fail, waitOp, wake } from "../kernel/wait.js";
import { callUserCode } from "../kernel/wall.js";
import { joinLine, leaveLine } from "../ready/line.js";

export function addJoiner(target: TaskFields, joiner: Joiner): void {
  target._joiners = joinLine(target._joiners, joiner);
}

export function removeJoiner(target: TaskFields, joiner: Joiner): void {
  const first = target._joiners;
  // A joiner that has been notified is in no list.
  if (first === null || (joiner.before === null && joiner !== first)) return;
  target._joiners = leaveLine(first, joiner);
}

/** What a join results in: a value to deliver, or an error to raise. */
export interface JoinResult {
  readonly how: typeof DELIVER | typeof RAISE;
  readonly value: unknown;
}

/** A fiber that was cancelled or killed has no result, so whatever waits for the result fails. */
export function outcomeOf(task: TaskFields): JoinResult {
  switch (endingOf(task)) {
    case "returned":
      return { how: DELIVER, value: resultOf(task) };
    case "failed":
      return { how: RAISE, value: resultOf(task) };
    case "cancelled": {
      const error = resultOf(task) as Cancelled;
      const message = `there is no result to wait for: ${error.message}`;
      return { how: RAISE, value: new FiberError("cancelled", message, { cause: error }) };
    }
    default:
      return { how: RAISE, value: new FiberError("killed", `${labelOf(task)} was killed`) };
  }
}

/** A task's wait for the end of another task. */
abstract class Watching implements Wait, Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly task: TaskFields;
  readonly target: TaskFields;
  readonly since: number;

  constructor(task: TaskFields, target: TaskFields, since: number) {
    this.task = task;
    this.target = target;
    this.since = since;
    addJoiner(target, this);
  }

  abstract get what(): string;
  abstract ended(target: TaskFields): void;

  on(): readonly TaskFields[] {
    return [this.target];
  }

  undo(): void {
    removeJoiner(this.target, this);
  }
}

class Join extends Watching {
  get what(): string {
    return `the result of ${labelOf(this.target)}`;
  }

  ended(target: TaskFields): void {
    const { how, value } = outcomeOf(target);
    endWait(this.task, how, value);
  }
}

class Teardown extends Watching {
  get what(): string {
    return `the end of ${labelOf(this.target)}`;
  }

  ended(target: TaskFields): void {
    if (endingOf(target) === "failed") fail(this.task, resultOf(target));
    else wake(this.task, undefined);
  }
}

const JOIN: WaitKind = {
  name: "yield* fiber",
  begin(task, target: TaskFields) {
    if (target === task || target === K.current) throw itself(target);
    if ((target._flags & TERMINATED) === 0)
      return new Join(task, target, task._scope.scheduler.time);
    target._flags |= OBSERVED;
    silencePromise(target);
    const { how, value } = outcomeOf(target);
    K.how = how;
    K.value = value;
    return null;
  },
};

const TEARDOWN: WaitKind = {
  name: "yield* fiber.cancel()",
  begin(task, target: TaskFields) {
    if (target === task || target === K.current) throw itself(target);
    if ((target._flags & TERMINATED) === 0)
      return new Teardown(task, target, task._scope.scheduler.time);
    const failed = (target._flags & (RAISES | CUT)) === RAISES;
    if (failed) {
      target._flags |= OBSERVED;
      silencePromise(target);
    }
    K.how = failed ? RAISE : DELIVER;
    K.value = failed ? resultOf(target) : undefined;
    return null;
  },
};

/** The fiber had ended before it was cancelled: there is no clean-up to wait for, and so no error. */
const ENDED: WaitKind = {
  name: TEARDOWN.name,
  begin() {
    K.how = DELIVER;
    K.value = undefined;
    return null;
  },
};

/**
 * A join that does not suspend when the fiber has already returned. A parent that joins a thousand children
 * one after the other waits for the first and finds that most of the others have ended. Leaving the generator
 * and entering it again would cost more than the rest of such a join.
 *
 * Copies: `park` and `beginWait` in wait.ts, for a fiber to which no request applies.
 */
class JoinOp extends Op<unknown> {
  override next(value?: unknown): IteratorResult<unknown, unknown> {
    if (FAST_PATHS && K.phase === WAIT_CREATED && K.begin === JOIN) {
      const task = K.task as TaskFields;
      const target = K.value as TaskFields;
      if (
        (target._flags & (TERMINATED | RAISES | CUT)) === TERMINATED &&
        task === K.current &&
        (task._flags & KILL_DUE) === 0 &&
        K.base === K.loop &&
        task._scope.effective === null &&
        mayStay()
      ) {
        K.begin = null;
        K.value = undefined;
        target._flags |= OBSERVED;
        K.phase = DELIVER;
        return super.next(resultOf(target));
      }
    }
    return super.next(value);
  }
}

const JOIN_OP: Op<unknown> = new JoinOp(WAIT_CREATED);

/** Waits for the result of a fiber, or throws its error. */
export function joinOp<Result>(target: FiberFields): Op<Result> {
  if (target === K.current || target === K.task) throw itself(target);
  waitOp(JOIN, target);
  return JOIN_OP as Op<Result>;
}

/**
 * Waits for the end of a fiber that was cancelled; throws only what its clean-up threw. So it throws
 * nothing when the fiber had `ended` before it was cancelled: its error, if any, did not come from
 * clean-up. A fiber that has cancelled itself gets its Cancelled before the wait begins, not the error
 * that it waits for itself.
 */
export function teardownOp(target: FiberFields, ended: boolean): Op<void> {
  return waitOp(ended ? ENDED : TEARDOWN, target);
}

function itself(target: FiberFields): FiberError {
  return new FiberError("itself", `${labelOf(target)} cannot wait for its own end`);
}

/** The promise of a fiber's result. */
class Promised implements Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  private readonly resolve: (value: unknown) => void;
  private readonly reject: (reason: unknown) => void;

  constructor(resolve: (value: unknown) => void, reject: (reason: unknown) => void) {
    this.resolve = resolve;
    this.reject = reject;
  }

  get passive(): true {
    return true;
  }

  ended(task: TaskFields): void {
    const { how, value } = outcomeOf(task);
    // The result may be a thenable of the program's, whose `then` is read here.
    if (how !== RAISE) callUserCode(() => this.resolve(value));
    else
      this.reject(reasonOf(task, (task._flags & CUT) === 0 ? value : withoutStack(value as Error)));
    // An end that was asked for is not a failure, so the promise may go unhandled.
    if ((task._flags & CUT) !== 0) silencePromise(task);
  }
}

/** The promise of a fiber that an AbortSignal ended rejects with the signal's reason, as is usual for signals. */
function reasonOf(task: TaskFields, error: unknown): unknown {
  if (endingOf(task) !== "cancelled") return error;
  const { reason, source, target } = (resultOf(task) as Cancelled).request;
  return source === "signal" && target === task ? reason : error;
}

/** The promise of a fiber's result: one for each fiber, made when it is first asked for. */
export function promiseOf(target: TaskFields): Promise<unknown> {
  const known = promises.get(target);
  if (known !== undefined) return known;
  const promise = new Promise((resolve, reject) => {
    const promised = new Promised(resolve, reject);
    if ((target._flags & TERMINATED) === 0) addJoiner(target, promised);
    else promised.ended(target);
  });
  promises.set(target, promise);
  // The error was observed before the promise was made, or the end was asked for.
  const told = (target._flags & (OBSERVED | CUT)) !== 0;
  if ((target._flags & TERMINATED) !== 0 && told) silencePromise(target);
  // From here on the promise receives a failure; the host reports its rejection if nothing handles it.
  target._flags |= OBSERVED;
  return promise;
}

/** Keeps a joiner of each frequent class in `K.shapes`. */
export function keepJoiners(task: TaskFields): void {
  K.shapes.push(new Join(task, task, 0), new Promised(keepJoiners as never, keepJoiners as never));
}
