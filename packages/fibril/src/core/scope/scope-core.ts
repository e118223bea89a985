/**
 * What a scope is, and where it hangs: its owner, the scope around it, its children. What it does when
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
  readonly ending: Ending;
  /** The result, the error, or the Cancelled. */
  readonly value: unknown;
}

/** The same for clean-up, which is told how the work ended. */
export type CleanUp = (ending: ScopeEnding) => unknown;

/** Whether a scope whose work has ended with a value stays open, held by another. */
export type Keep = (scope: ScopeCore, value: unknown) => boolean;

/** What a scope results in when it was asked to end, and did; null for `undefined`. */
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
  /** The request that this scope itself was given. */
  asked: CancelRequest | null;
  thrown: Cancelled | null;
  /** The request by which a child was ended that would have gone on: the work of the scope is not done. */
  cut: CancelRequest | null;
  /** The children, in the order of their coming. */
  first: TaskFields | null;
  last: TaskFields | null;
  /** How many of the children keep the scope open. */
  live: number;
  /** What has failed in it, each once. */
  errors: Failures | null;
  /** Clean-up for its end. */
  deferred: CleanUp[] | null;
  /** Of a resource's: what is done with it when the resource has been acquired, in place of its end. */
  keep: Keep | null;
  /** The scopes of resources that are to be released at its end, in the order of their coming. */
  held: ScopeCore[] | null;
  /** The scope that holds this one. */
  holder: ScopeCore | null;
  /** What its owner's storage was when it was opened, for what plain code spawns in it. */
  storage: Storage | null;
  /** The work to be done in it, until that starts. */
  work: Start | null;
  /** What it results in when it was asked to end, and did. */
  instead: Instead;
  /** How its work has ended: with a value, an error, or because it was killed; and with what. */
  bodyHow: How;
  bodyValue: unknown;
  /** The owner's wait for its children. */
  closing: ClosingWait | null;
  /** Its deadline, or the end of its grace. */
  timer: Timer | null;
  /** No request from outside reaches it: it is a shield, or it is cleaning up. */
  sheltered: boolean;
  /** It is doing what was deferred: a request for itself comes too late, and a kill waits. */
  cleaning: boolean;
  /** It has ended, and takes no more children. */
  closed: boolean;
  /** Its daemons were told to end. */
  dismissed: boolean;
  /** What its grace has set in its owner's flags, to be lifted when it is left. */
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

  /** What plain code spawns in it later has the values that the running fiber has now. */
  rememberStorage(): void {
    this.storage = inherit(K.current);
  }

  /** The children, in the order of their coming: whoever walks over them ends none. */
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

  /** It acquires what must not be lost: a kill waits. */
  get acquiring(): boolean {
    return this.keep !== null && this.kind === "shield";
  }

  /** Hosts print a hundred errors of an AggregateError. */
  get crowded(): boolean {
    return this.errors !== null && this.errors.size >= 100;
  }

  note(error: unknown): void {
    (this.errors ??= new Failures()).add(error);
  }

  /** Nothing is left that its end would have to wait for. */
  get empty(): boolean {
    return this.first === null && this.deferred === null && this.errors === null;
  }

  /**
   * Becomes the innermost scope of the running fiber. That may be another one, in another scope, than
   * where its op was created, when the op was deferred.
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
    // A program may keep the handle of a scope that has ended: then it keeps nothing of its work.
    this.bodyValue = undefined;
    this.instead = null;
    this.closed = true;
    this.takeOff();
  }

  /**
   * Stays open without being one of its owner's scopes, until `holder` ends: no request that reaches the
   * owner reaches it.
   *
   *     innermost ─▶ this ─▶ holder      ⇒      innermost ─▶ holder, which holds this
   */
  hold(holder: ScopeCore): void {
    this.keep = null;
    this.sheltered = true;
    // What has reached its children ends them, and not the release.
    this.asked ??= this.effective;
    this.outer = this.holder = holder;
    (holder.held ??= []).push(this);
  }

  /** Is its owner's innermost scope again, in order to end. */
  takeBack(): void {
    const { held } = this.holder as ScopeCore;
    held?.splice(held.lastIndexOf(this), 1);
    this.holder = null;
    // Children that were asked to end may still be at it.
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
      // A coroutine's scopes are its own only as far as it opened them.
      owner._scope = outer !== null && outer.owner === owner ? outer : null;
      if (owner._scope === null) owner._flags &= ~SCOPED;
    }
  }

  /**
   * The children, in the order of their coming: a copy, because whoever walks over them may end some,
   * and whoever is told of that may do anything.
   */
  snapshot(): TaskFields[] {
    const children: TaskFields[] = [];
    for (let child = this.first; child !== null; child = child._next) children.push(child);
    return children;
  }

  /** Asks everything in the scope to end; answers whether it was the first to ask. */
  abstract ask(source: CancelSource, reason: unknown, by?: string): boolean;
  /** Something in the scope has failed: it will come out of it, and the rest is cancelled. */
  abstract fail(error: unknown, child?: TaskFields): void;
  /** Its end cannot wait for the children: the scope around it does. */
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
 * The scopes that a task has open, also in coroutines that it is resuming; the outermost first. Each with
 * those of the resources that it holds.
 */
export function openScopes(task: TaskFields): ScopeCore[] {
  const scopes: ScopeCore[] = [];
  let at = innermost(task, tipOf(task)) as ScopeCore | null;
  for (; at !== null && at.task === task; at = at.outer) scopes.unshift(at);
  return scopes.flatMap((scope) => scope.withHeld());
}

/** The outermost scope that a task has opened itself; null when it has none. */
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

/** The scope in which `spawn` in the running code makes a child; undefined where no scheduler is. */
export function hereScope(): ScopeCore | undefined {
  const { task } = K;
  if (task === null) return undefined;
  const scope = innermost(task, K.current) as ScopeCore;
  // A task that has no scope of its own gets one: its children are not its siblings.
  return scope === task._scope && scope.owner !== task ? scope.ownOf(task) : scope;
}
