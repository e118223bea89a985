/**
 * How a scope ends: a frame beneath the routine that runs in the scope, written as a state machine.
 *
 *   OPENING ──▶ BODY ──▶ CHILDREN ──▶ CLEANUP ──▶ the scope's own outcome
 *                           ▲            │
 *                           └────────────┘ clean-up may spawn
 *
 * CHILDREN waits until every child has ended; when only daemons are left, they are cancelled. CLEANUP
 * runs the deferred work, last first, and no request to cancel reaches it. A killed fiber goes through
 * the same states while it unwinds: its children are cancelled and waited for, and its clean-up runs.
 *
 * The scope of a resource does not go on after BODY. It is taken out of its owner's chain and held by the
 * scope around it (`ScopeCore.hold`). That scope's clean-up calls a frame in the state RELEASING, which
 * puts the resource's scope back and goes on with CHILDREN.
 */
import { Cancelled, unhandled } from "../kernel/errors.js";
import { DELIVER, Frame, type How, KILL, RAISE, RETURN, type Start } from "../kernel/frame.js";
import { dropOp } from "../kernel/op-misuse.js";
import { perform } from "../kernel/op.js";
import {
  type CancelRequest,
  K,
  type TaskFields,
  type Wait,
  type WaitKind,
} from "../kernel/registers.js";
import { cancelledError } from "../kernel/request.js";
import { FORCED, KILLED, KILL_POSTPONED } from "../kernel/state.js";
import { requestFor, takePostponedKill } from "../kernel/strand.js";
import { ownOp, wake } from "../kernel/wait.js";
import { withoutCancelled } from "../kernel/wrapped-errors.js";
import { together } from "./failures.js";
import type { Instead, ScopeCore, ScopeEnding } from "./scope-core.js";

const KILLED_OWNER = "it was killed";
const RELEASED = "its resource is released";

const OPENING = 0;
const BODY = 1;
const CHILDREN = 2;
const CLEANUP = 3;
const RELEASING = 4;

/** The frame's `a` is the scope, which holds all other state of its end; `pc` is one of the states above. */
export function scopeFrame(start: Start, scope: ScopeCore, instead: Instead): Frame {
  scope.work = start;
  scope.instead = instead;
  return new Frame(scopeCode, scope);
}

/** A frame for a task's own scope, which is closed after the task's routine has ended. */
export function closingFrame(scope: ScopeCore): Frame {
  return frameAt(BODY, scope);
}

/** A frame for a scope that has been held: see `ScopeCore.hold`. */
export function releasingFrame(scope: ScopeCore): Frame {
  return frameAt(RELEASING, scope);
}

function frameAt(state: number, scope: ScopeCore): Frame {
  const frame = new Frame(scopeCode, scope);
  frame.pc = state;
  return frame;
}

function scopeCode(frame: Frame, how: How, value: unknown): unknown {
  const scope = frame.a as ScopeCore;
  if (frame.pc === OPENING) {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    const minds = scope.kind !== "shield" || scope.keep !== null;
    if (minds && requestFor(K.task as TaskFields, K.current) !== null) {
      return perform(ownOp(refusal(scope), undefined));
    }
    const start = scope.work as Start;
    scope.work = null;
    frame.pc = BODY;
    scope.enter();
    try {
      return start();
    } catch (error) {
      how = RAISE; // it could not even start
      value = dropOp(error);
    }
  }
  if (frame.pc === RELEASING) {
    scope.takeBack();
    scope.ask("parent", RELEASED);
    scope.bodyHow = how === RETURN ? RETURN : DELIVER;
  } else if (frame.pc === BODY) {
    if (how === DELIVER && scope.keep?.(scope, value) === true) return kept(value);
    if (how === RAISE) value = withoutCancelled(value, (each) => each.request === scope.effective);
    scope.bodyValue = value;
    scope.bodyHow = how;
    if (how === RAISE && !(Cancelled.is(value) && value.request === scope.effective)) {
      scope.fail(value); // also a Cancelled of another request, which the program has kept
    } else if (how === RETURN) scope.ask("parent", KILLED_OWNER);
    frame.pc = CHILDREN;
  } else if (how === RETURN) {
    if ((scope.lifts & KILLED) === 0) scope.bodyHow = RETURN;
    scope.ask("parent", KILLED_OWNER);
  } else if (how === RAISE) {
    if (frame.pc === CHILDREN) {
      scope.fail(value);
      if (K.base !== K.loop) scope.handOver(value); // it cannot wait for its children here
    } else scope.note(value); // thrown by deferred work
  }
  for (;;) {
    if (scope.first !== null) {
      frame.pc = CHILDREN;
      return perform(ownOp(CLOSING, scope));
    }
    const deferred = scope.deferred?.pop();
    if (deferred === undefined) break;
    frame.pc = CLEANUP;
    shelter(scope);
    try {
      return deferred(endingOf(scope));
    } catch (error) {
      scope.note(dropOp(error));
    }
  }
  return conclude(scope);
}

/** A wait in place of opening a scope in a fiber that was asked to end: it throws the request's Cancelled. */
function refusal({ keep, kind }: ScopeCore): WaitKind {
  return { name: `${keep === null ? kind : "resource"}(…)`, begin: () => null };
}

/** The resource has been acquired and its release is registered: a kill that waited for that goes on. */
function kept(value: unknown): unknown {
  const fiber = K.current;
  const killed = takePostponedKill(fiber);
  if (killed === null) return value;
  if (killed !== fiber) throw unhandled();
  return KILL;
}

/** Lets clean-up wait in spite of a request or a kill; only the end of a grace stops it. */
function shelter(scope: ScopeCore): void {
  scope.sheltered = scope.cleaning = true;
  scope.effective = null;
  const fiber = K.current;
  if ((fiber._flags & (KILLED | FORCED)) === KILLED) {
    fiber._flags = (fiber._flags & ~KILLED) | KILL_POSTPONED;
  }
}

/** How the work ended, as far as is known when clean-up begins. */
function endingOf(scope: ScopeCore): ScopeEnding {
  const { bodyHow: how, bodyValue: value, cut, effective, errors } = scope;
  if (errors !== null) return { ending: "failed", value: errors.first };
  if (how === RETURN) return { ending: "killed", value: undefined };
  if (how === DELIVER && cut === null) return { ending: "returned", value };
  if (how === RAISE) return { ending: "cancelled", value };
  return {
    ending: "cancelled",
    value: cancelledError((cut ?? effective) as CancelRequest, K.current),
  };
}

/**
 * Closes the scope and gives its result. Errors come first, then a kill, then a request that ended the work
 * or cut off a child at the end of the block (the end of a block is a wait, so a request can interrupt it).
 * If the request was made to this scope, the scope ends quietly. But if a scope further out has been asked
 * to end as well, this scope throws, because the code after it must not run either. That is trio's rule too.
 */
function conclude(scope: ScopeCore): unknown {
  const { errors, asked, bodyValue: value, instead, outer } = scope;
  let how = scope.bodyHow;
  const fiber = K.current;
  scope.leave();
  fiber._flags &= ~scope.lifts;
  const unwound = how === RETURN && (scope.lifts & KILLED) !== 0;
  if (unwound) how = DELIVER;
  const killed = scope.cleaning || scope.acquiring ? takePostponedKill(fiber) : null;
  if (killed === fiber) how = RETURN;
  if (how === RETURN) fiber._flags |= KILLED;
  if (errors !== null) throw together(errors);
  if (killed !== null && killed !== fiber) throw unhandled(); // what a resumed fiber gets when its resumer is killed
  if (how === RETURN) return KILL;
  const request = unwound ? asked : how === RAISE ? (value as Cancelled).request : scope.cut;
  if (request === null) return value;
  if (scope.kind !== "fiber" && request === asked) {
    const further = scope.kind === "shield" ? null : (outer?.effective ?? null);
    if (further !== null) throw cancelledError(further, fiber);
    return instead?.(asked);
  }
  throw how === RAISE ? value : cancelledError(request, fiber);
}

/** The closing wait: the owner's wait for its children. */
class Closing implements Wait {
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

  /** Only a kill takes it back; the frame then waits again. */
  undo(): void {
    this.scope.closing = null;
  }

  childEnded(): void {
    const { scope } = this;
    if (scope.first === null) {
      scope.closing = null;
      wake(this.task, undefined);
    } else if (scope.live === 0 && !scope.dismissed) {
      dismissDaemons(scope);
    }
  }
}

const CLOSING: WaitKind = { name: "the end of a scope", always: true, begin: beginClosing };

function beginClosing(task: TaskFields, scope: ScopeCore): Wait | null {
  if (scope.live === 0) dismissDaemons(scope);
  if (scope.first !== null) return (scope.closing = new Closing(scope, task));
  K.how = DELIVER;
  K.value = undefined;
  return null;
}

function dismissDaemons(scope: ScopeCore): void {
  scope.dismissed = true;
  for (const child of scope.snapshot()) dismiss(scope, child);
}

/** Cancels a daemon that was started when a scope was already closing with only daemons left. */
export function dismissLate(scope: ScopeCore, daemon: TaskFields): void {
  if (scope.closing !== null && scope.live === 0) dismiss(scope, daemon);
}

function dismiss(scope: ScopeCore, child: TaskFields): void {
  scope.cancelFiber(child, "parent", "its scope has ended", Number.POSITIVE_INFINITY);
}
