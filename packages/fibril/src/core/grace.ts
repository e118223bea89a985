/**
 * Grace: how long a cancelled scope may take to end in good order. When it is over, what is left in the
 * scope is unwound without waiting any more (spread.ts).
 */
import { needsHost } from "./errors.js";
import type { CancelRequest } from "./request.js";
import type { Scheduler } from "./scheduler.js";
import type { ScopeCore } from "./scope.js";
import { force, forceScope } from "./spread.js";
import { Timer } from "./timers.js";

class Grace extends Timer {
  readonly scope: ScopeCore;

  constructor(scope: ScopeCore) {
    super();
    this.scope = scope;
  }

  fire(): void {
    const { asked, kind, task } = this.scope;
    if (kind !== "fiber") forceScope(this.scope, asked as CancelRequest);
    else if (task !== null) force(task, asked as CancelRequest);
  }
}

/** A grace needs a clock that moves, except when there is none to pass. */
export function checkGrace({ hosted }: Scheduler, ms: number): void {
  if (!hosted && ms > 0 && ms < Number.POSITIVE_INFINITY) throw needsHost("a grace period");
}

/** After so many milliseconds what is left in a scope that was asked to end is unwound. The earliest counts. */
export function giveGrace(scope: ScopeCore, ms: number): void {
  if (ms === Number.POSITIVE_INFINITY) return;
  const { scheduler, timer } = scope;
  const at = scheduler.tickAfter(ms);
  if (timer instanceof Grace && timer.at <= at) return;
  if (timer !== null) scheduler.timers.remove(timer);
  scope.timer = new Grace(scope);
  scheduler.timers.add(scope.timer, at);
  scheduler.stirForTimer();
}
