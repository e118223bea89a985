/**
 * A scope's data and its place in the tree: its owner, the scope around it, its children. What it does when
 * something fails, is cancelled or ends is in scope.ts, cancelling.ts and scope-end.ts.
 */
import { Cancelled } from "../kernel/errors.js";
import { DELIVER, Frame, type How, type Start } from "../kernel/frame.js";
import type { Ambient } from "../kernel/host.js";
import type { Ending } from "../kernel/probe.js";
import {
  CancelRequest,
  type CancelSource,
  type FiberFields,
  K,
  type SchedulerFields,
  type ScopeFields,
  type ScopeKind,
  type Storage,
  type TaskFields,
} from "../kernel/registers.js";
import { DAEMON, SCHEDULED, SCOPED } from "../kernel/state.js";
import { inherit } from "../kernel/storage.js";
import { innermost, tipOf } from "../kernel/strand.js";
import { Timer } from "../ready/timers.js";
import { Failures } from "./failures.js";

/** How the work of a scope ended, for its clean-up. */
export interface ScopeEnding {
  /** Whether it returned, failed, or was cancelled or killed. */
  readonly ending: Ending;
  /** The result, the error, or the Cancelled. */
  readonly value: unknown;
}

/** Deferred clean-up, which is passed how the work ended. */
export type CleanUp = (ending: ScopeEnding) => unknown;

/**
 * Called when the work of a resource's scope has returned a value. Answers whether the resource can be
 * used; if it can, the scope does not go on to its end here.
 */
export type Keep = (scope: ScopeCore, value: unknown) => boolean;

/** Makes the result of a scope that ended because it was asked to; null for `undefined`. */
export type Instead = ((asked: CancelRequest) => unknown) | null;

/** The owner's wait for its children: see scope-end.ts. */
export interface ClosingWait {
  childEnded(): void;
}

/** A scope's place in the tree, and its lists. */
export abstract class ScopeCore implements ScopeFields {
  owner: FiberFields;
  readonly task: TaskFields | null;
  outer: ScopeCore | null;
  readonly scheduler: SchedulerFields;
  ambient: Ambient | null;
  readonly kind: ScopeKind;
  effective: CancelRequest | null;
  /** The request that was made to this scope itself. */
  asked: CancelRequest | null;
  thrown: Cancelled | null;
  /** The request that cut off a child that is not a daemon: the work of the scope is not done. */
  cut: CancelRequest | null;
  /** The children, in the order in which they came. */
  first: TaskFields | null;
  last: TaskFields | null;
  /** How many of the children keep the scope open. */
  live: number;
  /** What has failed in it, each error once. */
  errors: Failures | null;
  /** Clean-up to run at its end. */
  deferred: CleanUp[] | null;
  /** For a resource's scope: called when the resource has been acquired, in place of the scope's end. */
  keep: Keep | null;
  /** The scopes of resources that it releases at its end, in the order in which they came. */
  held: ScopeCore[] | null;
  /** The scope that holds this one. */
  holder: ScopeCore | null;
  /** Its owner's storage at the time it was opened; fibers that plain code spawns in it inherit this. */
  storage: Storage | null;
  /** The work to do in it; null once that has started. */
  work: Start | null;
  /** Makes its result when it ended because it was asked to. */
  instead: Instead;
  /** How its work ended (with a value, with an error, or killed), and the value or error. */
  bodyHow: How;
  bodyValue: unknown;
  /** The owner's wait for its children. */
  closing: ClosingWait | null;
  /** Its deadline, or the end of its grace. */
  timer: Timer | null;
  /** No request from outside reaches it: it is a shield, or it is cleaning up. */
  sheltered: boolean;
  /** It is running its deferred clean-up: a request to the scope itself comes too late, and a kill waits. */
  cleaning: boolean;
  /** It has ended, and takes no more children. */
  closed: boolean;
  /** Its daemons were asked to end. */
  dismissed: boolean;
  /** The flags that the end of its grace has set in its owner, and that leaving the scope clears. */
  lifts: number;

  constructor(
    kind: ScopeKind,
    scheduler: SchedulerFields,
    owner: FiberFields,
    task: TaskFields | null,
    outer: ScopeCore | null,
  ) {
    this.owner = owner;
    this.task = task;
    this.outer = outer;
    this.scheduler = scheduler;
    this.ambient = outer === null ? null : outer.ambient;
    this.kind = kind;
    this.effective = outer === null || kind === "shield" ? null : outer.effective;
    this.asked = null;
    this.thrown = null;
    this.cut = null;
    this.first = null;
    this.last = null;
    this.live = 0;
    this.errors = null;
    this.deferred = null;
    this.keep = null;
    this.held = null;
    this.holder = null;
    this.storage = null;
    this.work = null;
    this.instead = null;
    this.bodyHow = DELIVER;
    this.bodyValue = undefined;
    this.closing = null;
    this.timer = null;
    this.sheltered = kind === "shield";
    this.cleaning = false;
    this.closed = false;
    this.dismissed = false;
    this.lifts = 0;
  }

  /** Fibers that plain code spawns in it later will inherit the storage that the running fiber has now. */
  rememberStorage(): void {
    this.storage = inherit(K.current);
  }

  /** The children, in the order in which they came. The loop over them must not end any: see `snapshot`. */
  *children(): Iterable<TaskFields> {
    for (let child = this.first; child !== null; child = child._next) yield child;
  }

  /** How many children it has. */
  get size(): number {
    let size = 0;
    for (let child = this.first; child !== null; child = child._next) size++;
    return size;
  }

  /** Appends a child: first ⇄ … ⇄ last ⇄ child. */
  adopt(child: TaskFields): void {
    const { last } = this;
    child._before = last;
    if (last === null) this.first = child;
    else last._next = child;
    this.last = child;
    if ((child._flags & DAEMON) === 0) {
      this.live++;
      this.dismissed = false;
    }
  }

  /** first ⇄ … ⇄ before ⇄ child ⇄ next ⇄ … ⇄ last      ⇒      … ⇄ before ⇄ next ⇄ … */
  protected dropChild(child: TaskFields): void {
    const { _before: before, _next: next } = child;
    if (before === null) this.first = next;
    else before._next = next;
    if (next === null) this.last = before;
    else next._before = before;
    child._before = child._next = null;
    if ((child._flags & DAEMON) === 0) this.live--;
  }

  /** It is acquiring a resource, which must not be lost: a kill waits. */
  get acquiring(): boolean {
    return this.keep !== null && this.kind === "shield";
  }

  /** It has as many errors as a host prints of one AggregateError, a hundred. */
  get crowded(): boolean {
    return this.errors !== null && this.errors.size >= 100;
  }

  note(error: unknown): void {
    (this.errors ??= new Failures()).add(error);
  }

  /** There is nothing that its end has to wait for or report. */
  get empty(): boolean {
    return this.first === null && this.deferred === null && this.errors === null;
  }

  /**
   * Becomes the innermost scope of the running fiber. When the op that opens it was deferred, this may be
   * another fiber, in another scope, than the one that created the op.
   */
  enter(): void {
    const fiber = K.current;
    this.owner = fiber;
    if (fiber._scope !== null) this.outer = fiber._scope as ScopeCore;
    this.effective = this.outer === null || this.kind === "shield" ? null : this.outer.effective;
    fiber._scope = this;
    if ((fiber._flags & SCHEDULED) === 0) fiber._flags |= SCOPED;
  }

  leave(): void {
    const { timer } = this;
    if (timer !== null) this.scheduler.timers.remove(timer);
    this.timer = null;
    // A program may keep the handle of a scope that has ended. The handle must not keep its work alive.
    this.bodyValue = undefined;
    this.instead = null;
    this.closed = true;
    this.takeOff();
  }

  /**
   * Stays open until `holder` ends, without being one of its owner's scopes. So no request that reaches
   * the owner reaches it.
   *
   *     innermost ─▶ this ─▶ holder      ⇒      innermost ─▶ holder, which holds this
   */
  hold(holder: ScopeCore): void {
    this.keep = null;
    this.sheltered = true;
    // A request that has already reached its children ends them, but not the release.
    this.asked ??= this.effective;
    this.outer = this.holder = holder;
    (holder.held ??= []).push(this);
  }

  /** Becomes its owner's innermost scope again, in order to end. */
  takeBack(): void {
    const { held } = this.holder as ScopeCore;
    held?.splice(held.lastIndexOf(this), 1);
    this.holder = null;
    // Its children may still be ending because of this request.
    const { effective } = this;
    this.enter();
    this.effective = effective;
  }

  /** Itself, and the scopes that it holds, which may hold others. */
  withHeld(): ScopeCore[] {
    const scopes: ScopeCore[] = [this];
    // oxlint-disable-next-line typescript/prefer-for-of -- the list grows
    for (let i = 0; i < scopes.length; i++) {
      for (const held of (scopes[i] as ScopeCore).held ?? []) scopes.push(held);
    }
    return scopes;
  }

  /** Is no longer the innermost scope of its owner. */
  takeOff(): void {
    const { owner, outer } = this;
    if ((owner._flags & SCHEDULED) !== 0) owner._scope = outer;
    else {
      // A coroutine's chain has only the scopes that the coroutine opened itself.
      owner._scope = outer !== null && outer.owner === owner ? outer : null;
      if (owner._scope === null) owner._flags &= ~SCOPED;
    }
  }

  /**
   * A copy of the list of children, in the order in which they came. The loop over it may end some of
   * them, and callbacks that hear of an end may do anything.
   */
  snapshot(): TaskFields[] {
    const children: TaskFields[] = [];
    for (let child = this.first; child !== null; child = child._next) children.push(child);
    return children;
  }

  /** Asks everything in the scope to end; answers whether it was the first to ask. */
  abstract ask(source: CancelSource, reason: unknown, by?: string): boolean;
  /** Something in the scope has failed: the error will come out of it, and the rest is cancelled. */
  abstract fail(error: unknown, child?: TaskFields): void;
  /** Its end cannot wait for the children, so the scope around it does. */
  abstract handOver(error: unknown): void;
  /** Tells the probe that a fiber is asked to end. */
  abstract tellAsked(task: TaskFields, reason: unknown): void;
  abstract release(): Frame | null;
  abstract childEnded(child: TaskFields): void;
  abstract refuse(fiber: TaskFields, source: CancelSource, reason: unknown): void;
  abstract cancelFiber(
    fiber: TaskFields,
    source: CancelSource,
    reason: unknown,
    grace: number,
  ): void;
  abstract ownOf(task: TaskFields): ScopeCore;
  abstract spawnedIn(task: TaskFields): ScopeCore;
  abstract childrenOf(task: TaskFields): TaskFields[];
}

/**
 * The scopes that a task has open, the outermost first. Includes the scopes opened by coroutines that it
 * is resuming, and the scopes of the resources that each scope holds.
 */
export function openScopes(task: TaskFields): ScopeCore[] {
  const scopes: ScopeCore[] = [];
  let at = innermost(task, tipOf(task)) as ScopeCore | null;
  for (; at !== null && at.task === task; at = at.outer) scopes.unshift(at);
  return scopes.flatMap((scope) => scope.withHeld());
}

/** The outermost scope that belongs to a task itself; null when it has none. */
export function outermostOf(task: TaskFields): ScopeCore | null {
  let outermost: ScopeCore | null = null;
  for (let at = task._scope as ScopeCore; at.owner === task; at = at.outer as ScopeCore) {
    outermost = at;
  }
  return outermost;
}

/** The innermost scope of the running code; null in plain code. */
export function innermostScope(): ScopeCore | null {
  return K.task === null ? null : (innermost(K.task, K.current) as ScopeCore);
}

/** The scope that a task was spawned in. */
export function spawnScopeOf(task: TaskFields): ScopeCore {
  return task._scope.spawnedIn(task) as ScopeCore;
}

/** The scope in which `spawn` in the running code makes a child; undefined in plain code. */
export function hereScope(): ScopeCore | undefined {
  const { task } = K;
  if (task === null) return undefined;
  const scope = innermost(task, K.current) as ScopeCore;
  // A task that has no scope of its own gets one, so that its children do not become its siblings.
  return scope === task._scope && scope.owner !== task ? scope.ownOf(task) : scope;
}
