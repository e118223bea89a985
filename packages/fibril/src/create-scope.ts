/** A scope for plain code: fibers that live as long as somebody who is no fiber. */
import {
  type AsyncDisposes,
  type Cancelled,
  type CancelOptions,
  checkGrace,
  currentScope,
  DeadlockError,
  endingOf,
  graceOf,
  ownScopeOf,
  resultOf,
  type Routine,
  schedulerOf,
  type ScopeCore,
  type Task,
  wait,
  type Wait,
  type WaitKind,
  wake,
} from "./core/index.js";
import { RUN_RULES, checkRunOptions } from "./options.js";
import { type Run, type RunOptions, run } from "./run.js";
import { Scope } from "./scope.js";

/** A scope that plain code has opened and has to close. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- what is merged is implemented
export class CreatedScope extends Scope {
  readonly #scope: ScopeCore;
  readonly #run: Run<void>;
  readonly #door: Door;

  /** @internal */
  constructor(scope: ScopeCore, running: Run<void>, door: Door) {
    super(scope);
    this.#scope = scope;
    this.#run = running;
    this.#door = door;
  }

  /** Asks everything in the scope to end: see `Scope`. `close` then throws only what clean-up threw. */
  override cancel(reason?: unknown, options?: CancelOptions): void {
    checkGrace(this.#scope.scheduler, graceOf(options));
    super.cancel(reason);
    // A grace ends a fiber that has not started at once, and this one sees to its children.
    if (options !== undefined) this.#door.whenOpen(() => super.cancel(reason, options));
  }

  /**
   * Waits until everything in it has ended; then nothing can be started in it any more. The promise rejects
   * with what has failed in it, which nobody is told of who does not call this; and, when a signal has
   * ended it, with the signal's reason.
   */
  async close(): Promise<void> {
    this.#door.close();
    const task = this.#run.fiber as unknown as Task;
    try {
      await this.#run;
    } catch (error) {
      if (endingOf(task) !== "cancelled") throw error;
      if ((resultOf(task) as Cancelled).request.source !== "scope") throw error;
    }
  }

  /**
   * Cancels what is left and waits for its clean-up: for `await using` in async functions.
   * @internal Declared below, for programs that know the symbol.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel("disposed of");
    await this.close();
  }
}

/** Cancels what is left and waits for its clean-up: for `await using` in async functions. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- by the class, above
export interface CreatedScope extends AsyncDisposes {}

/** What keeps the fiber waiting that the scope belongs to. */
class Door implements Wait {
  readonly what = "the call of close() on its scope";
  readonly outside = true;
  readonly suspended = true;
  since = 0;
  private task: Task | null = null;
  private closed = false;
  private opened = false;
  private later: (() => void)[] = [];

  *hold(): Routine<void> {
    this.opened = true;
    for (const call of this.later) call();
    this.later = [];
    try {
      if (!this.closed) yield* wait<void>(DOOR, this);
    } catch (error) {
      if (!(error instanceof DeadlockError)) throw error;
      // Nobody is left who could close it. That is no fault where there is nothing to be waited for.
      const { scheduler, size } = currentScope() as ScopeCore;
      if (size === 0) return;
      scheduler.unobserved(error);
      throw error;
    }
  }

  enter(task: Task): Wait {
    this.task = task;
    this.since = schedulerOf(task).time;
    return this;
  }

  close(): void {
    this.closed = true;
    const { task } = this;
    this.task = null;
    if (task !== null) wake(task, undefined);
  }

  whenOpen(call: () => void): void {
    if (this.opened) call();
    else this.later.push(call);
  }

  undo(): void {
    this.task = null;
  }
}

const DOOR: WaitKind = { name: "createScope()", begin: (task, door: Door) => door.enter(task) };

/**
 * Opens a scope from plain code, which has to close it: for fibers that belong to a connection, a
 * component, a test. A plain call; takes the options of `run`.
 *
 * What fails in it cancels the rest, and is told by `close`.
 *
 * ```ts
 * const fibers = createScope();
 * fibers.spawn(function* () {
 *   yield* sleep(1);
 * });
 * await fibers.close(); // waits for it; `await using fibers = createScope()` cancels it
 * ```
 */
export function createScope(options: RunOptions = {}): CreatedScope {
  checkRunOptions("createScope", options, RUN_RULES);
  const { signal, ...others } = options;
  const late = signal?.aborted === true;
  const door = new Door();
  const running = run({ name: "scope", ...(late ? others : options) }, () => door.hold());
  // Who closes it is told.
  running.catch(() => {});
  const task = running.fiber as unknown as Task;
  const scope = ownScopeOf(task) as ScopeCore;
  scope.rememberStorage();
  if (late) scope.ask("signal", signal.reason);
  return new CreatedScope(scope, running, door);
}
