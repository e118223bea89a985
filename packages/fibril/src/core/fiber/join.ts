/**
 * Waiting for a fiber's end.
 *
 * Who waits stands in a line that hangs on the fiber (line.ts), so that a cancelled waiter leaves it in one
 * step and a million waiters cost a million small nodes and nothing else:
 *
 *     target._joiners ──▶ node ⇄ node ⇄ node
 *
 * They are told in the order of their coming.
 */
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
import { AT_ONCE, endWait, fail, waitOp, wake } from "../kernel/wait.js";
import { callUserCode } from "../kernel/wall.js";
import { joinLine, leaveLine } from "../ready/line.js";

export function addJoiner(target: TaskFields, joiner: Joiner): void {
  target._joiners = joinLine(target._joiners, joiner);
}

export function removeJoiner(target: TaskFields, joiner: Joiner): void {
  const first = target._joiners;
  // Told already: then it is in no line.
  if (first === null || (joiner.before === null && joiner !== first)) return;
  target._joiners = leaveLine(first, joiner);
}

/** What a fiber's end is to who wants its result. */
export interface JoinResult {
  readonly how: typeof DELIVER | typeof RAISE;
  readonly value: unknown;
}

/** A fiber that was ended from outside has no result to give: that is the waiter's failure. */
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

/** A task that waits for another one. */
abstract class Watching implements Wait, Joiner {
  next: Joiner | null = null;
  before: Joiner | null = null;
  last: Joiner = this;
  readonly task: TaskFields;
  readonly target: TaskFields;
  readonly since: number;

  constructor(task: TaskFields, target: TaskFields) {
    this.task = task;
    this.target = target;
    this.since = task._scope.scheduler.time;
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
    if ((target._flags & TERMINATED) === 0) return new Join(task, target);
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
    if ((target._flags & TERMINATED) === 0) return new Teardown(task, target);
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

/** The fiber had ended before it was asked to: there is no clean-up to wait for, nor an error of it. */
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
 * one after the other waits for the first and finds most of the others ended. To leave the generator and to
 * enter it again would cost more than the rest of such a join.
 *
 * Copies: `park` and `beginWait` in wait.ts, for a fiber that nothing was asked of.
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
        K.atOnce < AT_ONCE
      ) {
        K.atOnce++;
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

/** The result of a fiber, or its error. */
export function joinOp<Result>(target: FiberFields): Op<Result> {
  if (target === K.current || target === K.task) throw itself(target);
  waitOp(JOIN, target);
  return JOIN_OP as Op<Result>;
}

/**
 * The end of a fiber that was asked to end; throws only what its clean-up threw. So it throws nothing
 * when the fiber had `ended` before it was asked: then its error is no clean-up's. A fiber that has
 * cancelled itself is told so before the wait begins, not that it waits for itself.
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
    // The result may be a thenable of the user's, which is asked for its `then` here.
    if (how !== RAISE) callUserCode(() => this.resolve(value));
    else
      this.reject(reasonOf(task, (task._flags & CUT) === 0 ? value : withoutStack(value as Error)));
    // What was asked for on purpose is no failure: nobody has to listen.
    if ((task._flags & CUT) !== 0) silencePromise(task);
  }
}

/** A fiber that an AbortSignal ended rejects as other users of signals do. */
function reasonOf(task: TaskFields, error: unknown): unknown {
  if (endingOf(task) !== "cancelled") return error;
  const { reason, source, target } = (resultOf(task) as Cancelled).request;
  return source === "signal" && target === task ? reason : error;
}

/** The promise of a fiber's result: one for each fiber, made when it is asked for. */
export function promiseOf(target: TaskFields): Promise<unknown> {
  const known = promises.get(target);
  if (known !== undefined) return known;
  const promise = new Promise((resolve, reject) => {
    const promised = new Promised(resolve, reject);
    if ((target._flags & TERMINATED) === 0) addJoiner(target, promised);
    else promised.ended(target);
  });
  promises.set(target, promise);
  // An end that somebody was told of before the promise was made, or that was asked for.
  const told = (target._flags & (OBSERVED | CUT)) !== 0;
  if ((target._flags & TERMINATED) !== 0 && told) silencePromise(target);
  // From here on the promise is what is told of a failure: it is loud if nobody listens to it.
  target._flags |= OBSERVED;
  return promise;
}
