/**
 * Waiting for a fiber's end.
 *
 * Who waits stands in a list that hangs on the fiber, doubly linked, so that a cancelled waiter
 * leaves it in one step and a million waiters cost a million small nodes and nothing else:
 *
 *     target._joiners ──▶ node ⇄ node ⇄ node
 *
 * Told in the order of their coming is what people expect; a list with one end gives the opposite.
 * So the newest stands last: the first node's `last` finds the end.
 */
import { endingOf } from "./ending.js";
import { FiberError } from "./errors.js";
import { heard, promises } from "./heard.js";
import { withoutStack } from "./hops.js";
import type { FiberFields, TaskFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import type { Op } from "./op.js";
import type { Cancelled } from "./errors.js";
import * as state from "./state.js";
import { checkpoint, type Wait, waitOp, wake } from "./wait.js";

const { K } = kernel;
const { CUT, OBSERVED, RAISES, TERMINATED } = state;
const { DELIVER, RAISE } = state;

/** Somebody who is told once when a fiber ends. */
export interface Joiner {
  next: Joiner | null;
  before: Joiner | null;
  /** Of the first node: the last one. */
  last: Joiner;
  /** Passes the end on: what else is told of a failure has not heard of it by this one. */
  readonly passive?: true;
  ended(task: TaskFields): void;
}

export function addJoiner(target: TaskFields, joiner: Joiner): void {
  const first = target._joiners;
  joiner.next = null;
  joiner.last = joiner;
  if (first === null) {
    joiner.before = null;
    target._joiners = joiner;
    return;
  }
  joiner.before = first.last;
  first.last.next = joiner;
  first.last = joiner;
}

export function removeJoiner(target: TaskFields, joiner: Joiner): void {
  const { before, next } = joiner;
  if (before === null) {
    if (target._joiners !== joiner) return; // told already
    target._joiners = next;
    if (next !== null) next.last = joiner.last;
  } else {
    before.next = next;
    if (next === null) (target._joiners as Joiner).last = before;
  }
  if (next !== null) next.before = before;
  joiner.next = joiner.before = null;
}

/** What a fiber's end is to who wants its result. */
export interface Outcome {
  readonly how: typeof state.DELIVER | typeof state.RAISE;
  readonly value: unknown;
}

/** A fiber that was ended from outside has no result to give: that is the waiter's failure. */
export function outcomeOf(task: TaskFields): Outcome {
  switch (endingOf(task)) {
    case "returned":
      return { how: DELIVER, value: task._wait };
    case "failed":
      return { how: RAISE, value: task._wait };
    case "cancelled": {
      const error = task._wait as Cancelled;
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
    wake(this.task, how, value);
  }
}

class Teardown extends Watching {
  get what(): string {
    return `the end of ${labelOf(this.target)}`;
  }

  ended(target: TaskFields): void {
    if (endingOf(target) === "failed") wake(this.task, RAISE, target._wait);
    else wake(this.task, DELIVER, undefined);
  }
}

function beginJoin(task: TaskFields, argument: unknown): Wait | null {
  const target = argument as TaskFields;
  if ((target._flags & TERMINATED) === 0) return new Join(task, target);
  target._flags |= OBSERVED;
  heard(target);
  const { how, value } = outcomeOf(target);
  K.how = how;
  K.value = value;
  return null;
}

function beginTeardown(task: TaskFields, argument: unknown): Wait | null {
  const target = argument as TaskFields;
  if ((target._flags & TERMINATED) === 0) return new Teardown(task, target);
  const failed = (target._flags & (RAISES | CUT)) === RAISES;
  if (failed) {
    target._flags |= OBSERVED;
    heard(target);
  }
  K.how = failed ? RAISE : DELIVER;
  K.value = failed ? target._wait : undefined;
  return null;
}

/** The result of a fiber, or its error. */
export function joinOp<Result>(target: FiberFields): Op<Result> {
  return waitOp("yield* fiber", beginJoin, notItself(target));
}

function beginNothing(): null {
  K.how = DELIVER;
  K.value = undefined;
  return null;
}

/**
 * The end of a fiber that was asked to end; throws only what its clean-up threw. So it throws nothing
 * when the fiber had `ended` before it was asked: then its error is no clean-up's.
 */
export function teardownOp(target: FiberFields, ended: boolean): Op<void> {
  checkpoint(); // a fiber that has cancelled itself is told so, not that it waits for itself
  return waitOp("yield* fiber.cancel()", ended ? beginNothing : beginTeardown, notItself(target));
}

function notItself(target: FiberFields): FiberFields {
  if (target !== K.current && target !== K.task) return target;
  throw new FiberError("itself", `${labelOf(target)} cannot wait for its own end`);
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
    if (how !== RAISE) this.resolve(value);
    else
      this.reject(reasonOf(task, (task._flags & CUT) === 0 ? value : withoutStack(value as Error)));
    // What was asked for on purpose is no failure: nobody has to listen.
    if ((task._flags & CUT) !== 0) heard(task);
  }
}

/** A fiber that an AbortSignal ended rejects as other users of signals do. */
function reasonOf(task: TaskFields, error: unknown): unknown {
  if (endingOf(task) !== "cancelled") return error;
  const { reason, scope, source } = (task._wait as Cancelled).request;
  // Asked itself; before it has started, in the scope of what `run` starts.
  return source === "signal" && (scope.owner === task || scope.task === null) ? reason : error;
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
  if ((target._flags & TERMINATED) !== 0 && told) heard(target);
  // From here on the promise is what is told of a failure: it is loud if nobody listens to it.
  target._flags |= OBSERVED;
  return promise;
}
