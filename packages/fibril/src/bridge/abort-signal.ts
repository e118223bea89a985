/** An AbortSignal for the host's own work that is begun in a scope and has to end with it. */
import {
  daemon,
  hereScope,
  schedulerOf,
  type ScopeCore,
  type Task,
  unscheduled,
  type Wait,
  wait,
  type WaitKind,
} from "../core/index.js";
import {
  type AnyAbortController,
  type HostAbortSignal,
  newAbortController,
  reasonOf,
} from "../abort.js";
import { monitor } from "../monitor.js";

/**
 * Tells a controller when its scope is asked to end, or has ended. A daemon waits in it, because a daemon is
 * what a scope asks to end in either case; and the signal aborts while the wait is undone, before any fiber
 * runs, because the clean-up of the others may wait for what the signal ends.
 */
export class ScopeWatch implements Wait {
  readonly what = "the end of its scope";
  since: number;
  private readonly controller: AnyAbortController;
  private over: boolean;

  private constructor() {
    this.since = 0;
    this.controller = newAbortController();
    this.over = false;
  }

  /** Watches the innermost scope of the running fiber. */
  static of(scope: ScopeCore, name: string): ScopeWatch {
    const watch = new ScopeWatch();
    if (scope.effective !== null) {
      watch.end(scope.effective.reason);
      return watch;
    }
    const watcher = daemon(name, () => wait<void>(WATCH, watch));
    // It may be ended before it waits.
    monitor(watcher, ({ value }) => watch.end(reasonOf(value)));
    return watch;
  }

  get signal(): HostAbortSignal {
    return this.controller.signal;
  }

  /** The signal stays as it is: what it was for is done. */
  letGo(): void {
    this.over = true;
  }

  end(reason: unknown): void {
    if (this.over) return;
    this.over = true;
    this.controller.abort(reason);
  }

  begin(task: Task): Wait {
    this.since = schedulerOf(task).time;
    return this;
  }

  undo(error: unknown): void {
    this.end(reasonOf(error));
  }
}

const WATCH: WaitKind = {
  name: "the end of its scope",
  begin: (task, watch: ScopeWatch) => watch.begin(task),
};

/** One signal for each scope, however often it is asked for. */
const watches = new WeakMap<ScopeCore, ScopeWatch>();

/**
 * The AbortSignal of the innermost scope of the running fiber: it aborts at the moment when the scope is asked
 * to end, with the reason that was given, and otherwise when the scope ends. A plain call; always the same
 * signal in one scope. Throws FiberError where no scheduler is.
 *
 * For what belongs to the whole scope. One wait is better served by `until((signal) => …)` or `abortable`,
 * because what listens to a signal that lives long often forgets to stop. The idea is Effection's.
 *
 * ```ts
 * const signal = yield* scope(function* () {
 *   return abortSignal();
 * });
 * signal?.aborted; // true
 * ```
 */
export function abortSignal(): HostAbortSignal {
  const scope = hereScope();
  if (scope === undefined) throw unscheduled("abortSignal()");
  let watch = watches.get(scope);
  if (watch === undefined) watches.set(scope, (watch = ScopeWatch.of(scope, "abortSignal()")));
  return watch.signal;
}
