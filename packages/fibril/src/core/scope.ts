/**
 * The scope: what holds fibers together. A scope belongs to the fiber that opened it, its children end
 * before it does, and a request to cancel it reaches everything in it.
 *
 * Scopes form a tree that grows through fibers: a fiber's innermost scope is where its children are
 * spawned, and a child's own scopes lie within the one that it was spawned in.
 *
 *     scope A (opened by f)
 *       ├─ child g ── scope B (opened by g) ── child i
 *       └─ child h
 *
 * Who is cancelled is *pulled*, and who waits is *pushed*: `effective` says what request applies to
 * code in this scope, every wait looks at it, and a new request is written into the scopes that it
 * reaches, and calls those out of their waits that wait there. So a wait costs one load, and a
 * request costs as much as the fibers that it ends. The idea of a cancel scope is trio's.
 *
 * A fiber has no scope of its own until it opens one, spawns, defers or is cancelled, because a million of them
 * would weigh more than their fibers.
 */
import { type CleanUp, type Closing, closingFrame, type Keep } from "./closing.js";
import { endTask } from "./ending.js";
import type { Cancelled } from "./errors.js";
import { Failures } from "./failures.js";
import type { Frame } from "./frame.js";
import type { Ambient } from "./host.js";
import type { FiberFields, ScopeFields, TaskFields } from "./kernel.js";
import { checkGrace, giveGrace } from "./grace.js";
import * as kernel from "./kernel.js";
import { tell } from "./probe.js";
import { asker, CancelRequest, cancelledError, type CancelSource } from "./request.js";
import { labelOf } from "./label.js";
import type { Scheduler } from "./scheduler.js";
import { spread } from "./spread.js";
import * as state from "./state.js";
import type { Storage } from "./storage.js";
import { tipOf } from "./strand.js";
import type { Timer } from "./timers.js";
import { innermost } from "./wait.js";

const { K } = kernel;
const { CUT, DAEMON, NOT_STARTED, OBSERVED, RAISES, SCHEDULED, SCOPED, TERMINATED } = state;

/**
 * What a scope does with an end that it asked for itself, and with its children's failures:
 *
 * - `fiber`: a fiber's own, around its whole routine. Passes everything on.
 * - `scope`: being cancelled ends it quietly. A child's failure cancels the others.
 * - `supervised`: the same, but a child's failure is nobody else's matter.
 * - `shield`: no request from outside reaches it.
 */
export type ScopeKind = "fiber" | "scope" | "supervised" | "shield";

export class ScopeCore implements ScopeFields {
  owner: FiberFields;
  readonly task: TaskFields | null;
  outer: ScopeCore | null;
  readonly scheduler: Scheduler;
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
  /** The owner's wait for its children. */
  closing: Closing | null;
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
    scheduler: Scheduler,
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
    this.closing = null;
    this.timer = null;
    this.sheltered = kind === "shield";
    this.cleaning = false;
    this.closed = false;
    this.dismissed = false;
    this.lifts = 0;
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

  /**
   * Its end cannot wait for the children, because a synchronous call is in the way: the scope around it does,
   * and they are asked to end.
   */
  handOver(error: unknown): void {
    const outer = this.outer as ScopeCore;
    for (const child of this.snapshot()) {
      this.dropChild(child);
      const outermost = outermostOf(child);
      if (outermost === null) child._scope = outer;
      else outermost.outer = outer;
      outer.adopt(child);
      outer.cancelFiber(child, "failure", error, Number.POSITIVE_INFINITY);
    }
  }

  /** first ⇄ … ⇄ before ⇄ child ⇄ next ⇄ … ⇄ last      ⇒      … ⇄ before ⇄ next ⇄ … */
  private dropChild(child: TaskFields): void {
    const { _before: before, _next: next } = child;
    if (before === null) this.first = next;
    else before._next = next;
    if (next === null) this.last = before;
    else next._before = before;
    child._before = child._next = null;
    if ((child._flags & DAEMON) === 0) this.live--;
  }

  childEnded(child: TaskFields): void {
    this.dropChild(child);
    const flags = child._flags;
    if ((flags & RAISES) !== 0) {
      if ((flags & CUT) === 0) this.childFailed(child);
      else if (this.effective !== null && (flags & DAEMON) === 0) {
        if ((child._wait as Cancelled).request === this.effective) this.cut = this.effective;
      }
    }
    if (this.closing !== null) this.closing.childEnded();
  }

  private childFailed(child: TaskFields): void {
    const error = child._wait;
    if ((child._flags & NOT_STARTED) !== 0) return;
    if (this.kind !== "supervised") {
      child._flags |= OBSERVED;
      this.fail(error, child);
    } else if ((child._flags & OBSERVED) === 0) {
      // Its siblings go on. Whoever joins it later still gets the error; but nobody may ever do.
      child._flags |= OBSERVED;
      this.scheduler.unobserved(error);
    }
  }

  /**
   * Something in the scope has failed: it will come out of it, and the rest is cancelled. What fails in a
   * resource that is in use fails who uses it.
   */
  fail(error: unknown, child?: TaskFields): void {
    this.failAlone(error, child);
    for (let at = this.holder; at !== null; at = at.holder) at.failAlone(error, child);
  }

  private failAlone(error: unknown, child?: TaskFields): void {
    this.note(error);
    if (this.asked !== null) return;
    this.ask("failure", error, labelOf(child ?? this.owner));
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

  /** Asks everything in the scope to end. The first request is the one that counts. */
  ask(source: CancelSource, reason: unknown, by?: string): boolean {
    if (this.asked !== null) return false;
    this.asked = new CancelRequest(source, reason, this.kind === "fiber" ? this.task : null, by);
    if (this.effective === null && !this.cleaning) spread(this, this.asked);
    return true;
  }

  cancelFiber(task: TaskFields, source: CancelSource, reason: unknown, grace: number): void {
    if ((task._flags & TERMINATED) !== 0) return;
    checkGrace(this.scheduler, grace);
    if (this.scheduler.probe !== null) {
      this.tellAsked(task, reason);
      if ((task._flags & TERMINATED) !== 0) return; // the hook has killed it
    }
    const own = this.ownOf(task);
    own.ask(source, reason, source === "fiber" ? asker() : undefined);
    giveGrace(own, grace);
  }

  /** A child of this scope is not to start at all: what it was started for is over already. */
  refuse(task: TaskFields, source: CancelSource, reason: unknown): void {
    if (this.scheduler.probe !== null) this.tellAsked(task, reason);
    const request = new CancelRequest(source, reason, task, undefined);
    const error = cancelledError(request, task);
    // The hook, or a text in the error, may have ended it.
    if ((task._flags & TERMINATED) === 0) endTask(task, RAISES | CUT, error);
  }

  /** Tells the probe that a fiber is asked to end. Who was asked by itself before has been told of. */
  tellAsked(task: TaskFields, reason: unknown): void {
    const outermost = outermostOf(task);
    if (outermost?.kind === "fiber" && outermost.asked !== null) return;
    tell(this.scheduler, "cancel", task, reason);
  }

  ownOf(task: TaskFields): ScopeCore {
    const outermost = outermostOf(task);
    if (outermost !== null && outermost.kind === "fiber") return outermost;
    // Inserted between the scopes that the fiber has open and the one that it was spawned in:
    //   innermost ─▶ … ─▶ outermost ─▶ home      ⇒      outermost ─▶ own ─▶ home
    const own = new ScopeCore("fiber", this.scheduler, task, task, this.homeOf(task));
    if (outermost === null) task._scope = own;
    else outermost.outer = own;
    return own;
  }

  homeOf(task: TaskFields): ScopeCore {
    return (outermostOf(task)?.outer ?? task._scope) as ScopeCore;
  }

  childrenOf(task: TaskFields): TaskFields[] {
    const children = openScopes(task).map((scope) => scope.snapshot());
    return children.flat();
  }

  /** Nothing is left that its end would have to wait for. */
  get empty(): boolean {
    return this.first === null && this.deferred === null && this.errors === null;
  }

  release(): Frame | null {
    if (!this.empty) return closingFrame(this);
    this.leave();
    return null;
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
function outermostOf(task: TaskFields): ScopeCore | null {
  let outermost: ScopeCore | null = null;
  for (let at = task._scope as ScopeCore; at.owner === task; at = at.outer as ScopeCore) {
    outermost = at;
  }
  return outermost;
}
