/**
 * The scope, which holds fibers together. A scope belongs to the fiber that opened it. Its children end
 * before it does, and a request to cancel it reaches everything in it.
 *
 * Scopes form a tree that passes through fibers: a fiber spawns its children in its innermost scope, and
 * a child's own scopes lie within the one that it was spawned in.
 *
 *     scope A (opened by f)
 *       ├─ child g ── scope B (opened by g) ── child i
 *       └─ child h
 *
 * A running fiber *pulls* a request; to a waiting fiber it is *pushed*. `effective` is the request that
 * applies to code in this scope, and every wait reads it before it begins. A new request is written into
 * each scope that it reaches, and it interrupts the waits of the fibers there. So a wait costs one load,
 * and a request costs as much as the fibers that it ends. The idea of a cancel scope is trio's.
 *
 * A fiber has no scope of its own until it opens one, spawns, defers or is cancelled, because a million
 * scopes would take more memory than their fibers.
 */
import type { Cancelled } from "../kernel/errors.js";
import type { Frame } from "../kernel/frame.js";
import { CancelRequest, type CancelSource, type TaskFields } from "../kernel/registers.js";
import { asker, cancelledError } from "../kernel/request.js";
import { CUT, DAEMON, NOT_STARTED, OBSERVED, RAISES, TERMINATED } from "../kernel/state.js";
import { endTask } from "../kernel/task-end.js";
import { labelOf } from "../kernel/text.js";
import { resultOf } from "../kernel/wait-slot.js";
import { tell } from "../kernel/wall.js";
import { checkGrace, giveGrace, propagate } from "./cancelling.js";
import { ScopeCore, openScopes, outermostOf } from "./scope-core.js";
import { closingFrame } from "./scope-end.js";

export class OpenScope extends ScopeCore {
  /**
   * Hands the children over to the scope around this one, and cancels them. For a scope whose end cannot
   * wait for its children, because a synchronous call is in the way.
   */
  handOver(error: unknown): void {
    const outer = this.outer as OpenScope;
    for (const child of this.snapshot()) {
      this.dropChild(child);
      const outermost = outermostOf(child);
      if (outermost === null) child._scope = outer;
      else outermost.outer = outer;
      outer.adopt(child);
      outer.cancelFiber(child, "failure", error, Number.POSITIVE_INFINITY);
    }
  }

  childEnded(child: TaskFields): void {
    this.dropChild(child);
    const flags = child._flags;
    if ((flags & RAISES) !== 0) {
      if ((flags & CUT) === 0) this.childFailed(child);
      else if (this.effective !== null && (flags & DAEMON) === 0) {
        if ((resultOf(child) as Cancelled).request === this.effective) this.cut = this.effective;
      }
    }
    if (this.closing !== null) this.closing.childEnded();
  }

  private childFailed(child: TaskFields): void {
    const error = resultOf(child);
    if ((child._flags & NOT_STARTED) !== 0) return;
    if (this.kind !== "supervised") {
      child._flags |= OBSERVED;
      this.fail(error, child);
    } else if ((child._flags & OBSERVED) === 0) {
      // Its siblings go on. A later join still gets the error, but there may never be one: report it now.
      child._flags |= OBSERVED;
      this.scheduler.unobserved(error);
    }
  }

  /**
   * Something in the scope has failed: the error will come out of the scope, and the rest of the scope is
   * cancelled. A failure in a resource's scope also fails the scopes that hold the resource.
   */
  fail(error: unknown, child?: TaskFields): void {
    this.failAlone(error, child);
    for (let at = this.holder; at !== null; at = at.holder)
      (at as OpenScope).failAlone(error, child);
  }

  private failAlone(error: unknown, child?: TaskFields): void {
    this.note(error);
    if (this.asked !== null) return;
    this.ask("failure", error, labelOf(child ?? this.owner));
  }

  /** Asks everything in the scope to end. Only the first request counts. */
  ask(source: CancelSource, reason: unknown, by?: string): boolean {
    if (this.asked !== null) return false;
    this.asked = new CancelRequest(source, reason, this.kind === "fiber" ? this.task : null, by);
    if (this.effective === null && !this.cleaning) propagate(this, this.asked);
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

  /** Ends a child of this scope before it starts, because its signal has already fired. */
  refuse(task: TaskFields, source: CancelSource, reason: unknown): void {
    if (this.scheduler.probe !== null) this.tellAsked(task, reason);
    const request = new CancelRequest(source, reason, task, undefined);
    const error = cancelledError(request, task);
    // The hook, or the program's code that writes the error's text, may have ended the child.
    if ((task._flags & TERMINATED) === 0) endTask(task, RAISES | CUT, error);
  }

  /** Tells the probe that a fiber is asked to end, unless it was asked individually before. */
  tellAsked(task: TaskFields, reason: unknown): void {
    const outermost = outermostOf(task);
    if (outermost?.kind === "fiber" && outermost.asked !== null) return;
    tell(this.scheduler, "cancel", task, reason);
  }

  ownOf(task: TaskFields): ScopeCore {
    const outermost = outermostOf(task);
    if (outermost !== null && outermost.kind === "fiber") return outermost;
    // Inserted between the scopes that the fiber has open and the scope that it was spawned in:
    //   innermost ─▶ … ─▶ outermost ─▶ spawned in      ⇒      outermost ─▶ own ─▶ spawned in
    const own = new OpenScope("fiber", this.scheduler, task, task, this.spawnedIn(task));
    if (outermost === null) task._scope = own;
    else outermost.outer = own;
    return own;
  }

  spawnedIn(task: TaskFields): ScopeCore {
    return (outermostOf(task)?.outer ?? task._scope) as ScopeCore;
  }

  childrenOf(task: TaskFields): TaskFields[] {
    const children = openScopes(task).map((scope) => scope.snapshot());
    return children.flat();
  }

  release(): Frame | null {
    if (!this.empty) return closingFrame(this);
    this.leave();
    return null;
  }
}
