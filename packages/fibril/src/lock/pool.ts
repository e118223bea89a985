/** The pool: resources that are costly to make, lent to one fiber at a time. */
import {
  CALLBACK,
  checkOptions,
  currentTask,
  MILLISECONDS,
  type Op,
  type Routine,
  type RoutineFunction,
  type Rules,
  TEXT,
  wholeFrom,
} from "../core/index.js";
import { resource } from "../resource.js";
import { acquireOp, withOp } from "./claim.js";
import { type LockOptions, title } from "./options.js";
import { PoolCore, type PoolParts } from "./pool-core.js";

/** What a pool is made of. */
export interface PoolOptions<R> extends LockOptions {
  /** Makes a resource. It is called by fibers of the pool's own, several at a time. */
  readonly create: RoutineFunction<[], R, any, any>;
  /** Ends one. No request to end reaches it. Nothing by default. */
  readonly destroy?: RoutineFunction<[resource: R], unknown, any, any> | undefined;
  /**
   * Tells whether a resource that has been idle is still fit; what it throws says that it is not. An unfit one
   * is destroyed, and another made. All are fit by default.
   */
  readonly check?: RoutineFunction<[resource: R], boolean, any, any> | undefined;
  /** How many there may be at most, those included that are being made, checked and destroyed. */
  readonly limit: number;
  /** How many are kept, also when nobody needs them. 0 by default. */
  readonly minimum?: number | undefined;
  /** Milliseconds after which one that nobody needs is destroyed, down to the minimum. Infinity by default. */
  readonly idleTime?: number | undefined;
}

const RULES: Rules<PoolOptions<any>> = {
  name: TEXT,
  create: CALLBACK,
  destroy: CALLBACK,
  check: CALLBACK,
  limit: wholeFrom(1),
  minimum: wholeFrom(0),
  idleTime: MILLISECONDS,
};

/** Numbers of a pool: counts of resources, but for `waiting`. */
export interface PoolStats {
  /** How many there may be at most. */
  readonly limit: number;
  /** How many there are, those included that are being made, checked or destroyed. */
  readonly size: number;
  /** How many nobody uses. */
  readonly idle: number;
  /** How many a fiber holds. */
  readonly lent: number;
  /** How many are being made. */
  readonly creating: number;
  /** How many are being checked. */
  readonly checking: number;
  /** How many are being destroyed. */
  readonly destroying: number;
  /** Fibers in the line. */
  readonly waiting: number;
}

/** Resources that are lent to one fiber at a time. Made by `openPool`. */
export class Pool<R> {
  readonly #core: PoolCore;

  /** @internal */
  constructor(core: PoolCore) {
    this.#core = core;
  }

  /**
   * Runs a routine that is lent a resource, its first argument; results in what it returns. However the
   * routine ends, the resource goes back to the pool.
   *
   * Suspends as `acquire` and the routine do. Throws what the routine throws, and what `acquire` throws:
   * then the routine has not run.
   */
  with<Args extends readonly unknown[], Result>(
    routine: RoutineFunction<[resource: R, ...args: Args], Result, any, any>,
    ...args: Args
  ): Op<Result> {
    return withOp(this.#core, null, routine as RoutineFunction<never, Result, any, any>, args);
  }

  /**
   * Borrows a resource, until `release` or `discard`. Where `with` will do, use it.
   *
   * Suspends until there is one and everybody before it has theirs. Throws what `create` has thrown, if that was
   * called because of it; Cancelled, and then it has borrowed nothing; FiberError when the fiber itself has
   * borrowed all that there may be, or when the pool has closed.
   */
  acquire(): Op<R> {
    return acquireOp(this.#core, null);
  }

  /**
   * Borrows a resource that is idle, without a check, because that may wait. A plain call; returns undefined
   * when none is idle, or when others wait for one. Throws FiberError when the pool has closed.
   */
  tryAcquire(): R | undefined {
    return this.#core.take(currentTask())?.resource as R | undefined;
  }

  /**
   * Gives a resource back. A plain call; whoever has waited longest borrows it next. Throws FiberError for
   * what the pool has not lent.
   */
  release(resource: R): void {
    this.#core.giveBack(this.#core.loanOf(resource, "pool.release(…)"));
  }

  /**
   * Gives a resource back that is of no more use: it is destroyed. A plain call, also for the routine of a
   * `with`. Throws FiberError for what the pool has not lent.
   */
  discard(resource: R): void {
    this.#core.discard(this.#core.loanOf(resource, "pool.discard(…)"));
  }

  /** What is to be known of it, in plain numbers. */
  stats(): PoolStats {
    const { checking, creating, destroying, idle, lent, line, parts, size } = this.#core;
    return {
      limit: parts.limit,
      size,
      idle: idle.length,
      lent: lent.size,
      creating,
      checking,
      destroying,
      waiting: line.size,
    };
  }
}

/**
 * Opens a pool for the innermost scope of the running fiber. At the scope's end, when its children have
 * ended, all resources are destroyed, those included that were acquired and not given back.
 *
 * Suspends while the minimum is made, and no request reaches it meanwhile. Throws what `create` throws, when
 * what it has made has been destroyed; RangeError and TypeError for invalid options. What `destroy`
 * throws goes to the host while the pool is open, and comes out of the scope at its end.
 *
 * ```ts
 * let made = 0;
 * yield* scope(function* () {
 *   const pool = yield* openPool({
 *     name: "connections",
 *     limit: 2,
 *     *create() {
 *       yield* sleep(1);
 *       return { id: ++made };
 *     },
 *   });
 *   yield* scope(function* () {
 *     for (let i = 0; i < 10; i++) {
 *       spawn(() =>
 *         pool.with(function* ({ id }) {
 *           yield* sleep(id);
 *         }),
 *       );
 *     }
 *   });
 * });
 * made; // 2
 * ```
 */
export function openPool<R>(options: PoolOptions<R>): Op<Pool<R>> {
  checkOptions("openPool", options, RULES);
  const { check, create, destroy, idleTime, limit, minimum, name } = options;
  if (create === undefined || limit === undefined) {
    throw new TypeError("openPool takes at least { create, limit }");
  }
  if (minimum !== undefined && minimum > limit) {
    throw new RangeError(`the minimum of a pool, ${minimum}, is more than its limit, ${limit}`);
  }
  const parts: PoolParts = {
    create,
    destroy: (destroy as PoolParts["destroy"] | undefined) ?? doNothing,
    check: (check as PoolParts["check"] | undefined) ?? null,
    limit,
    minimum: minimum ?? 0,
    idleTime: idleTime ?? Number.POSITIVE_INFINITY,
  };
  const core = new PoolCore(title("pool", name), parts);
  return resource(
    function* (): Routine<Pool<R>> {
      yield* core.open();
      return new Pool<R>(core);
    },
    () => core.destroyAll(),
  );
}

function* doNothing(): Routine<void> {}
