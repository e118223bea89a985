/**
 * Scopes: blocks of code that end when everything that was started in them has ended.
 */
import {
  asker,
  call,
  type CancelOptions,
  checkGrace,
  type Fiber,
  FiberError,
  giveGrace,
  graceOf,
  type Label,
  type Op,
  openScope,
  perform,
  type RoutineFunction,
  type ScopeCore,
  type Spawn,
  spawnIn,
  type Start,
  waitOf,
} from "./core/index.js";
import { startIn } from "./start.js";

/** Their frames' names in backtraces. */
const SCOPE: Label = { name: "scope" };
const SUPERVISED: Label = { name: "supervised" };
const SHIELD: Label = { name: "shield" };

/** The work of a scope: it is given the scope, and may pass it on. */
export type ScopeRoutine<Result> = RoutineFunction<[scope: Scope], Result, any, any>;

/** What is in a scope: counts. */
export interface ScopeStatistics {
  /** Children that have not ended, daemons included. */
  readonly children: number;
  /** Those that do not keep the scope open. */
  readonly daemons: number;
  /** Those that wait for something; the others are ready. */
  readonly waiting: number;
  /** Clean-up that is to be done at its end. */
  readonly deferred: number;
  /** What has failed in it. */
  readonly failures: number;
  /** Whether it was asked to end. */
  readonly cancelled: boolean;
}

/**
 * A scope, for who wants to start fibers in it from elsewhere, or to end it. It is open from the
 * start of its block until the block and all its children have ended.
 *
 * Handing it to a function says that the function may start what outlives its call. The idea, and the
 * word for it, nursery, are trio's.
 */
export class Scope {
  readonly #scope: ScopeCore;

  /** @internal */
  constructor(scope: ScopeCore) {
    this.#scope = scope;
  }

  /**
   * Starts a child in this scope, whichever fiber calls it; what plain code starts, a callback, has the
   * context values with which the scope was opened. Throws FiberError when it has closed.
   */
  readonly spawn: Spawn = (...given: unknown[]): any => spawnIn(this.#open(), false, given);

  /** Starts a child that does not keep the scope open: see `daemon`. */
  readonly daemon: Spawn = (...given: unknown[]): any => spawnIn(this.#open(), true, given);

  /**
   * Starts a child and waits until it calls `started(value)`; results in that value.
   *
   * Throws what the child throws before that, which the scope is then not told of; FiberError when it
   * ends without having called. When the starter is cancelled meanwhile, raised into or killed, the child is
   * asked to end and awaited, also where no request reaches it; then Cancelled is thrown, or the error, or
   * what the child failed with in its clean-up.
   *
   * ```ts
   * yield* scope(function* (services) {
   *   const port = yield* services.start(function* server() {
   *     started(8080);
   *     yield* sleep(Infinity);
   *   });
   *   services.cancel(`port ${port} is not needed any more`);
   * });
   * ```
   */
  start<Args extends readonly unknown[]>(
    routine: RoutineFunction<Args, unknown, any, any>,
    ...args: Args
  ): Op<any>;
  start<Args extends readonly unknown[]>(
    name: string,
    routine: RoutineFunction<Args, unknown, any, any>,
    ...args: Args
  ): Op<any>;
  start(...given: unknown[]): Op<any> {
    return startIn(this.#open(), given);
  }

  /**
   * Asks everything in the scope to end. When it was the scope itself that ended its block, the block
   * results in `undefined` and throws nothing. The first request counts. After `grace` milliseconds, if
   * given, what is left in it is unwound without waiting any more; the earliest counts. A plain call.
   */
  cancel(reason?: unknown, options?: CancelOptions): void {
    const scope = this.#scope;
    const grace = graceOf(options);
    if (scope.closed) return;
    checkGrace(scope.scheduler, grace);
    scope.ask("scope", reason, asker());
    giveGrace(scope, grace);
  }

  /** Whether the scope was asked to end. */
  get cancelled(): boolean {
    return this.#scope.effective !== null || this.#scope.asked !== null;
  }

  /** The children that have not ended, the oldest first. */
  get children(): Fiber[] {
    return this.#scope.snapshot() as unknown[] as Fiber[];
  }

  /** What is in it, in plain numbers. Counts its children one by one. */
  statistics(): ScopeStatistics {
    const { deferred, errors, live } = this.#scope;
    const children = this.#scope.snapshot();
    return {
      children: children.length,
      daemons: children.length - live,
      waiting: children.filter((child) => waitOf(child) !== null).length,
      deferred: deferred?.length ?? 0,
      failures: errors?.size ?? 0,
      cancelled: this.cancelled,
    };
  }

  #open(): ScopeCore {
    if (!this.#scope.closed) return this.#scope;
    throw new FiberError(
      "scope-closed",
      "the scope has closed: nothing can be started in it any more",
    );
  }
}

function withHandle(routine: ScopeRoutine<unknown>): (scope: ScopeCore) => Start {
  if (typeof routine !== "function") throw new TypeError("a scope takes a generator function");
  return (scope) => () => {
    scope.rememberStorage();
    return perform(call(routine, new Scope(scope)));
  };
}

/**
 * Runs a block, and ends when the block and all that was spawned in it have ended.
 *
 * The first failure, of the block or of a child, cancels the rest; then it comes out of the scope:
 * one error as it is, several as an AggregateError. Suspends as long as anything in it does. Throws
 * Cancelled when it is cancelled from outside. Results in what the block returns; in undefined when the
 * scope was cancelled by itself, with `scope.cancel`.
 *
 * ```ts
 * const done: number[] = [];
 * yield* scope(function* () {
 *   for (let i = 1; i <= 3; i++) spawn(function* () {
 *     yield* sleep(i);
 *     done.push(i);
 *   });
 * });
 * done.length; // 3
 * ```
 */
export function scope<Result>(routine: ScopeRoutine<Result>): Op<Result | undefined> {
  return openScope(SCOPE, "scope", withHandle(routine), null);
}

/**
 * The same, but a child's failure is not its siblings' matter: it goes to whoever joins the child,
 * and, when nobody does, loudly to the host. The block's own failure cancels the children.
 */
export function supervised<Result>(routine: ScopeRoutine<Result>): Op<Result | undefined> {
  return openScope(SUPERVISED, "supervised", withHandle(routine), null);
}

/**
 * Runs a block that no cancelling from outside reaches; what was asked for meanwhile is thrown at the
 * first wait after it. For clean-up and for what must not be left half done. Keep it short.
 *
 * ```ts
 * const work = spawn(function* () {
 *   try {
 *     yield* sleep(1_000);
 *   } finally {
 *     yield* shield(function* () {
 *       yield* sleep(1); // saying goodbye
 *     });
 *   }
 * });
 * yield* yieldNow();
 * yield* work.cancel("not needed");
 * ```
 */
export function shield<Result>(routine: ScopeRoutine<Result>): Op<Result> {
  return openScope(SHIELD, "shield", withHandle(routine), null);
}
