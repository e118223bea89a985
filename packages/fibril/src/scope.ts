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

/** The names of their frames in backtraces. */
const SCOPE: Label = { name: "scope" };
const SUPERVISED: Label = { name: "supervised" };
const SHIELD: Label = { name: "shield" };

/** The block of a scope. It receives the scope as its argument, and may pass it on. */
export type ScopeRoutine<Result> = RoutineFunction<[scope: Scope], Result, any, any>;

/** What is in a scope, as counts. */
export interface ScopeStatistics {
  /** Children that have not ended, daemons included. */
  readonly children: number;
  /** Children that do not keep the scope open. */
  readonly daemons: number;
  /** Children that wait for something; the others are ready or running. */
  readonly waiting: number;
  /** Deferred clean-up that has not run yet. */
  readonly deferred: number;
  /** Failures in the scope so far. */
  readonly failures: number;
  /** Whether it was asked to end. */
  readonly cancelled: boolean;
}

/**
 * A scope as an object, for code elsewhere that starts fibers in it or ends it. A scope is open from the
 * start of its block until the block and all children have ended.
 *
 * Passing it to a function says that the function may start fibers that outlive the call. The idea is
 * that of trio's nursery.
 */
export class Scope {
  readonly #scope: ScopeCore;

  /** @internal */
  constructor(scope: ScopeCore) {
    this.#scope = scope;
  }

  /**
   * Starts a child in this scope, whichever fiber makes the call. A child that plain code starts, such as
   * a callback, has the context values with which the scope was opened. A plain call. Throws FiberError
   * when the scope has closed.
   */
  readonly spawn: Spawn = (...given: unknown[]): any => spawnIn(this.#open(), false, given);

  /** Starts a child that does not keep the scope open: see `daemon`. */
  readonly daemon: Spawn = (...given: unknown[]): any => spawnIn(this.#open(), true, given);

  /**
   * Starts a child and waits until it calls `started(value)`; results in that value.
   *
   * Throws what the child throws before that call; such an error does not fail the scope. Throws
   * FiberError when the child ends without having made the call. If the starter is cancelled, killed, or
   * raised into meanwhile, the child is cancelled too, even in a scope that the request does not reach, and
   * the starter waits for its end. Then the starter throws Cancelled, or the raised error, or what the
   * child's clean-up threw.
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
   * Asks everything in the scope to end. A block that ends because of this results in `undefined`, and
   * throws nothing. Only the first request counts. After `grace` milliseconds, if given, what is left in
   * the scope is unwound, and waits for nothing; the earliest grace counts. A plain call.
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

  /** What is in the scope, in plain numbers. A plain call, which counts the children one by one. */
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
 * Runs a block, and ends when the block and all fibers that were spawned in it have ended.
 *
 * The first failure, of the block or of a child, cancels the rest. Then the scope throws it: one error as it
 * is, several as an AggregateError. Suspends until everything in it has ended. Throws Cancelled when it is
 * cancelled from outside. Results in what the block returns, or in `undefined` when the scope itself was
 * cancelled, with `scope.cancel`.
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
 * Runs a block like `scope`, but a child's failure does not cancel its siblings. The error goes to any
 * fiber that joins the child; if none is waiting for it, it is reported to the host. A failure of the block
 * itself cancels the children.
 *
 * Suspends while the block or a child runs. Throws what the block throws, and Cancelled.
 *
 * ```ts
 * const result = yield* supervised(function* () {
 *   const fails = spawn(function* () {
 *     yield* sleep(1);
 *     throw new Error("out of order");
 *   });
 *   const sibling = spawn(function* () {
 *     yield* sleep(2);
 *     return "in order";
 *   });
 *   yield* settled([fails]);
 *   return yield* sibling;
 * });
 * result; // "in order"
 * ```
 */
export function supervised<Result>(routine: ScopeRoutine<Result>): Op<Result | undefined> {
  return openScope(SUPERVISED, "supervised", withHandle(routine), null);
}

/**
 * Runs a block that no request to end reaches from outside. A request that was made meanwhile is thrown at
 * the first wait after the block. For clean-up, and for work that must not be left half done. Keep it short.
 *
 * Suspends when the block does. Throws what the block throws.
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
