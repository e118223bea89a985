/**
 * How a scope ends: a frame beneath the routine that runs in the scope, written as a state machine.
 *
 *   OPENING ──▶ BODY ──▶ CHILDREN ──▶ CLEANUP ──▶ the scope's own outcome
 *                           ▲            │
 *                           └────────────┘ clean-up may spawn
 *
 * CHILDREN waits until every child has ended; when only daemons are left, they are cancelled. CLEANUP
 * runs what was deferred, last first, where no request to cancel reaches. A kill passes through all of
 * it: children are cancelled and waited for, and clean-up is done, also by a fiber that unwinds.
 */
import { type Cancelled, unhandled } from "./errors.js";
import { together } from "./failures.js";
import { type Frame, KILL } from "./frame.js";
import * as frames from "./frame.js";
import type { TaskFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { drop, perform } from "./op.js";
import type { CancelRequest } from "./request.js";
import type { ScopeCore } from "./scope.js";
import type { How } from "./state.js";
import * as state from "./state.js";
import { releaseKill } from "./strand.js";
import { firmOp, type Wait, wake } from "./wait.js";
import { isCancelled, withoutCancelled } from "./wrapped.js";

const { K } = kernel;
const { DELIVER, FORCED, FRESH, KILL_HELD, KILLED, RAISE, RETURN } = state;

const KILLED_OWNER = "it was killed";

const OPENING = 0;
const BODY = 1;
const CHILDREN = 2;
const CLEANUP = 3;

/** Starts some work in the frame that calls it, and gives that frame's answer. */
export type Start = () => unknown;

/** What a scope results in when it was asked to end, and did; null for `undefined`. */
export type Instead = ((asked: CancelRequest) => unknown) | null;

/**
 * `a` is the scope; `b` the work to be done in it, and from its start on what it results in instead;
 * `c` and `d` are how that ended.
 */
export function scopeFrame(start: Start, scope: ScopeCore, instead: Instead): Frame {
  return new frames.Frame(run, scope, start, instead);
}

/** The same for a scope that was opened while the routine ran, and has to be closed after its end. */
export function closingFrame(scope: ScopeCore): Frame {
  const frame = new frames.Frame(run, scope, null);
  frame.pc = BODY;
  return frame;
}

function run(frame: Frame, how: How, value: unknown): unknown {
  const scope = frame.a as ScopeCore;
  if (frame.pc === OPENING) {
    const start = frame.b as Start;
    frame.pc = BODY;
    frame.b = frame.c;
    scope.enter();
    try {
      return start();
    } catch (error) {
      how = RAISE; // it could not even start
      value = drop(error);
    }
  }
  if (frame.pc === BODY) {
    if (how === RAISE) value = withoutCancelled(value, (each) => each.request === scope.effective);
    frame.c = value;
    frame.d = how;
    if (how === RAISE && !(isCancelled(value) && value.request === scope.effective)) {
      scope.fail(value); // also a Cancelled that has been kept from elsewhere
    } else if (how === RETURN) scope.ask("parent", KILLED_OWNER);
    frame.pc = CHILDREN;
  } else if (how === RETURN) {
    if ((scope.lifts & KILLED) === 0) frame.d = RETURN;
    scope.ask("parent", KILLED_OWNER);
  } else if (how === RAISE) {
    if (frame.pc === CHILDREN) scope.fail(value);
    else scope.note(value); // of something deferred
  }
  for (;;) {
    if (scope.first !== null) {
      frame.pc = CHILDREN;
      return perform(firmOp(beginClosing, scope));
    }
    const deferred = scope.deferred?.pop();
    if (deferred === undefined) break;
    frame.pc = CLEANUP;
    shelter(scope);
    try {
      return deferred();
    } catch (error) {
      scope.note(drop(error));
    }
  }
  return conclude(frame, scope);
}

/** Neither a cancelling nor a kill keeps clean-up from waiting; the end of a grace does. */
function shelter(scope: ScopeCore): void {
  scope.sheltered = scope.cleaning = true;
  scope.effective = null;
  const fiber = K.current;
  if ((fiber._flags & (KILLED | FORCED)) === KILLED) {
    fiber._flags = (fiber._flags & ~KILLED) | KILL_HELD;
  }
}

function conclude(frame: Frame, scope: ScopeCore): unknown {
  const { errors, asked } = scope;
  const fiber = K.current;
  scope.leave();
  fiber._flags &= ~scope.lifts;
  const unwound = frame.d === RETURN && (scope.lifts & KILLED) !== 0;
  if (unwound) frame.d = DELIVER;
  const killed = scope.cleaning ? releaseKill(fiber) : null;
  if (killed === fiber) frame.d = RETURN;
  if (frame.d === RETURN) fiber._flags |= KILLED;
  if (errors !== null) throw together(errors);
  if (killed !== null && killed !== fiber) throw unhandled(); // as every deepest one is told of a kill
  if (frame.d === RETURN) return KILL;
  const value = frame.c;
  const request = unwound ? asked : frame.d === RAISE ? (value as Cancelled).request : null;
  if (scope.kind !== "fiber" && asked !== null && request === asked) {
    return (frame.b as Instead)?.(asked);
  }
  if (frame.d !== RAISE) return value;
  throw value;
}

/** The owner's wait for its children. */
export class Closing implements Wait {
  readonly scope: ScopeCore;
  readonly task: TaskFields;
  readonly since: number;

  constructor(scope: ScopeCore, task: TaskFields) {
    this.scope = scope;
    this.task = task;
    this.since = scope.scheduler.time;
  }

  get what(): string {
    const { size } = this.scope;
    return size === 1 ? "its child" : `its ${size} children`;
  }

  get firm(): boolean {
    return true;
  }

  on(): readonly TaskFields[] {
    return this.scope.snapshot();
  }

  /** Only a kill undoes it; the frame then waits again. */
  undo(): void {
    this.scope.closing = null;
  }

  childEnded(): void {
    const { scope } = this;
    if (scope.first === null) {
      scope.closing = null;
      wake(this.task, DELIVER, undefined);
    } else if (scope.live === 0 && !scope.dismissed) {
      dismissDaemons(scope);
    }
  }
}

function beginClosing(task: TaskFields, argument: unknown): Wait | null {
  const scope = argument as ScopeCore;
  if (scope.live === 0) dismissDaemons(scope);
  if (scope.first !== null) return (scope.closing = new Closing(scope, task));
  K.how = DELIVER;
  K.value = undefined;
  return null;
}

function dismissDaemons(scope: ScopeCore): void {
  scope.dismissed = true;
  const fresh: TaskFields[] = [];
  for (const child of scope.snapshot()) {
    if ((child._flags & FRESH) !== 0) fresh.push(child);
    else dismiss(scope, child);
  }
  for (const child of fresh) dismiss(scope, child); // last, as in spread.ts
}

/** A daemon has been started: too late, if only daemons are left of a scope that ends. */
export function dismissLate(scope: ScopeCore, daemon: TaskFields): void {
  if (scope.closing !== null && scope.live === 0) dismiss(scope, daemon);
}

function dismiss(scope: ScopeCore, child: TaskFields): void {
  scope.cancelFiber(child, "parent", "its scope has ended", Number.POSITIVE_INFINITY);
}
