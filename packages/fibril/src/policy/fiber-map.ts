import {
  checkOptions,
  type NoYields,
  oneOf,
  type Routine,
  type RoutineFunction,
  type Rules,
  type Spawned,
  textOf,
  type Waitable,
  WaitQueue,
  calling,
} from "../core/index.js";
import { Fiber } from "../fiber.js";
import { Scope } from "../scope.js";
import { checkpoint } from "../sleep.js";

/** Options of `new FiberMap`. */
export interface FiberMapOptions {
  /**
   * What happens when there is a fiber for the key already. `newest` (the default): that one is cancelled,
   * and the new one begins when it has cleaned up. `first`: it is given, and nothing is started. `queue`:
   * the new one begins when those before it have ended.
   */
  readonly policy?: "newest" | "first" | "queue" | undefined;
}

const RULES: Rules<FiberMapOptions> = { policy: oneOf("newest", "first", "queue") };

/**
 * Fibers by key, in a scope: at most one at a time works for each key.
 *
 * A search that the next letter replaces is `newest`, a refresh that many ask for `first`, the writes to
 * one file `queue`. Throws TypeError for what is not a scope and for invalid options. The idea is that of
 * Effect's FiberMap.
 *
 * ```ts
 * const log: string[] = [];
 * yield* scope(function* (block) {
 *   const searches = new FiberMap<string>(block);
 *   for (const text of ["f", "fi", "fib"]) {
 *     searches.spawn("search", function* (wanted: string) {
 *       yield* sleep(1);
 *       log.push(wanted);
 *     }, text);
 *   }
 * });
 * assert.deepEqual(log, ["fib"]);
 * ```
 */
export class FiberMap<Key = unknown> {
  readonly #scope: Scope;
  readonly #policy: "newest" | "first" | "queue";
  readonly #lanes: Map<Key, Lane>;

  /** Throws TypeError for a scope or options that are not valid. */
  constructor(scope: Scope, options: FiberMapOptions = {}) {
    if (!(scope instanceof Scope)) throw new TypeError("a FiberMap takes the scope that it is in");
    checkOptions("a FiberMap", options, RULES);
    this.#scope = scope;
    this.#policy = options.policy ?? "newest";
    this.#lanes = new Map();
  }

  /** How many keys have a fiber that has not ended. */
  get size(): number {
    return [...this.keys()].length;
  }

  /**
   * Starts a routine for a key, as the policy has it; gives its fiber, or the one that there is. Throws
   * FiberError when the scope has closed.
   */
  spawn<Args extends readonly unknown[], Result, Yields = never>(
    key: Key,
    work: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
    ...args: Args
  ): Spawned<Result> {
    if (typeof work !== "function") throw new TypeError("a FiberMap takes a generator function");
    const before = this.get(key);
    if (before !== undefined && this.#policy === "first") return before as Spawned<any>;
    const lane = this.#lanes.get(key) ?? new Lane();
    const fiber: Spawned<any> = this.#scope.spawn(
      `${work.name || "fiber"} for ${textOf(key)}`,
      (): Routine<unknown> => this.#run(key, lane, () => calling(work, ...args)),
    );
    lane.newest = fiber;
    this.#lanes.set(key, lane);
    if (this.#policy === "newest") void before?.cancel("a newer one has come");
    return fiber;
  }

  /** The newest fiber of a key; undefined when it has ended, or there was none. A plain call. */
  get(key: Key): Spawned<unknown> | undefined {
    const newest = this.#lanes.get(key)?.newest;
    return newest?.alive === true ? newest : undefined;
  }

  /** Whether a key has a fiber that has not ended. A plain call. */
  has(key: Key): boolean {
    return this.get(key) !== undefined;
  }

  /** The keys that have a fiber, the oldest first. */
  *keys(): IterableIterator<Key> {
    for (const key of this.#lanes.keys()) if (this.has(key)) yield key;
  }

  /**
   * Asks the newest fiber of a key to end, at once; false where there is none. A plain call: to wait for the
   * end as well, cancel the fiber that `get` gives.
   */
  cancel(key: Key, reason?: unknown): boolean {
    const fiber = this.get(key);
    void fiber?.cancel(reason);
    return fiber !== undefined;
  }

  *#run(key: Key, lane: Lane, work: () => Waitable<unknown, any, any>): Routine<unknown> {
    const place: Place = { hasTurn: !lane.taken };
    lane.taken = true;
    try {
      if (!place.hasTurn) yield* lane.line.wait(place);
      checkpoint(); // one that has been replaced before its start is not to begin
      return yield* work();
    } finally {
      if (place.hasTurn) lane.passOn();
      if (!lane.taken && this.#lanes.get(key) === lane && lane.newest === Fiber.current) {
        this.#lanes.delete(key);
      }
    }
  }
}

/** One that waits for those before it. */
interface Place {
  hasTurn: boolean;
}

/** The fibers of one key: one works, the others wait. */
class Lane {
  newest: Spawned<unknown> | undefined = undefined;
  taken = false;
  readonly line: WaitQueue<Place> = new WaitQueue("those before it");

  passOn(): void {
    const next = this.line.item;
    this.taken = next !== undefined;
    if (next === undefined) return;
    next.hasTurn = true;
    this.line.wake(undefined);
  }
}
