/** A scope for plain code: its fibers live as long as something that is not a fiber, such as a connection. */
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
    // A grace would end the scope's fiber at once if it has not started, but that fiber has to close the scope.
    if (options !== undefined) this.#door.whenOpen(() => super.cancel(reason, options));
  }

  /**
   * Waits until everything in the scope has ended; then nothing can be started in it any more. The promise
   * rejects with what failed in the scope, or, when a signal ended it, with the signal's reason. A program
   * that never calls `close` never sees these errors.
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
   * @internal Declared below, for programs whose `lib` has the symbol.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.cancel("disposed of");
    await this.close();
  }
}

/** `await using` in async functions cancels what is left and waits for its clean-up. */
// oxlint-disable-next-line typescript/no-unsafe-declaration-merging -- by the class, above
export interface CreatedScope extends AsyncDisposes {}

/** The wait of the fiber that the scope belongs to. It lasts until `close` is called. */
class Door implements Wait {
  readonly what = "close() to be called on its scope";
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
      // No code is left that could close the scope. Without children to wait for, that is not a failure.
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
 * A failure in it cancels the rest, and `close` rejects with it.
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
  // `close` passes the error on.
  running.catch(() => {});
  const task = running.fiber as unknown as Task;
  const scope = ownScopeOf(task) as ScopeCore;
  scope.rememberStorage();
  if (late) scope.ask("signal", signal.reason);
  return new CreatedScope(scope, running, door);
}
