import {
  CALLBACK,
  Cancelled,
  checkOptions,
  currentTask,
  FiberError,
  limitFrom,
  MILLISECONDS,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  type Task,
  WaitQueue,
  calling,
} from "../core/index.js";
import { now } from "../deadline.js";

/** Options of `memoize`. */
export interface MemoizeOptions<Args extends readonly unknown[]> {
  /** Milliseconds that a result is kept: Infinity by default. */
  readonly ttl?: number | undefined;
  /** How many results are kept; the one that was used least recently goes first. Infinity by default. */
  readonly size?: number | undefined;
  /** What results are kept by, compared as keys of a Map: the only argument by default. */
  readonly key?: ((...args: Args) => unknown) | undefined;
}

/** What a memoized routine has done, in plain numbers. */
export interface MemoizeStats {
  /** Results that are kept. */
  readonly size: number;
  /** Calls that a kept result, or the computation of another fiber, has answered. */
  readonly hits: number;
  /** Computations that were begun. */
  readonly misses: number;
}

/** A routine whose results are kept. */
export interface Memoized<Args extends readonly unknown[], Result> {
  (...args: Args): Op<Result>;
  /** Forgets the result for such arguments; false when there is none. What is being computed goes on. */
  delete(...args: Args): boolean;
  /** Forgets all results. */
  clear(): void;
  /** What it has kept and computed, in plain numbers. */
  stats(): MemoizeStats;
}

const RULES: Rules<MemoizeOptions<any>> = {
  ttl: MILLISECONDS,
  size: limitFrom(1),
  key: CALLBACK,
};

interface Kept {
  readonly value: unknown;
  readonly until: number;
}

/** A computation that goes on: the fiber that does it, and the fibers that wait for it. */
interface Computing {
  owner: Task | null;
  readonly line: WaitQueue<Place>;
}

/** One that waits; it may be told to compute itself, because who did has been ended. */
interface Place {
  heir: boolean;
}

/**
 * Makes a routine whose results are kept. Fibers that call it at the same time with the same key share one
 * computation, in the fiber that came first.
 *
 * When that is cancelled or killed, the next one that waits computes anew. What fails is told to all that
 * wait, and not kept. Suspends as the routine does, or until the other fiber is done. Throws what the
 * routine throws; Cancelled; FiberError (`itself`) for a computation that needs its own result.
 *
 * ```ts
 * let loads = 0;
 * const load = memoize(function* (id: number) {
 *   loads++;
 *   yield* sleep(1);
 *   return `item ${id}`;
 * }, { ttl: 60_000, size: 1_000 });
 * yield* all([() => load(1), () => load(1)]);
 * assert.equal(loads, 1);
 * ```
 */
export function memoize<Args extends readonly unknown[], Result, Yields = never>(
  work: RoutineFunction<Args, Result, Yields, any> & NoYields<Yields>,
  options: MemoizeOptions<Args> = {},
): Memoized<Args, Result> {
  if (typeof work !== "function") throw new TypeError("memoize takes a generator function");
  checkOptions("memoize", options, RULES);
  if (work.length > 1 && options.key === undefined) {
    throw new TypeError(
      "memoize has to be told what results are kept by where a routine takes several arguments: { key: (a, b) => … }",
    );
  }
  const memory = new Memory(work as RoutineFunction<any, unknown, any, any>, options);
  const call = routine(work.name || "memoized", (...args: unknown[]) => memory.get(args));
  return Object.assign(call as unknown as (...args: Args) => Op<any>, {
    delete: (...args: Args) => memory.delete(args),
    clear: () => memory.clear(),
    stats: () => memory.stats(),
  });
}

class Memory {
  readonly #work: RoutineFunction<any, unknown, any, any>;
  readonly #ttl: number;
  readonly #most: number;
  readonly #key: (...args: any[]) => unknown;
  /** The one that was used least recently is the first. */
  readonly #kept: Map<unknown, Kept>;
  readonly #computing: Map<unknown, Computing>;
  #hits: number;
  #misses: number;

  constructor(
    work: RoutineFunction<any, unknown, any, any>,
    { key, size = Infinity, ttl = Infinity }: MemoizeOptions<any>,
  ) {
    this.#work = work;
    this.#ttl = ttl;
    this.#most = size;
    this.#key = key ?? ((first) => first);
    this.#kept = new Map();
    this.#computing = new Map();
    this.#hits = 0;
    this.#misses = 0;
  }

  *get(args: readonly unknown[]): Routine<unknown> {
    const key = this.#key(...args);
    const kept = this.#fresh(key);
    if (kept !== undefined) {
      this.#hits++;
      return kept.value;
    }
    const computing = this.#computing.get(key);
    if (computing === undefined) {
      const mine: Computing = {
        owner: null,
        line: new WaitQueue("a result that another fiber computes"),
      };
      this.#computing.set(key, mine);
      return yield* this.#compute(key, args, mine);
    }
    if (computing.owner === currentTask()) {
      throw new FiberError(
        "itself",
        `${this.#work.name || "a memoized routine"} needs its own result`,
      );
    }
    const place: Place = { heir: false };
    try {
      const value = yield* computing.line.wait(place);
      if (!place.heir) {
        this.#hits++;
        return value;
      }
      place.heir = false;
      return yield* this.#compute(key, args, computing);
    } finally {
      // WaitEnd between being told and its next turn.
      if (place.heir) this.#handOver(key, computing);
    }
  }

  delete(args: readonly unknown[]): boolean {
    return this.#kept.delete(this.#key(...args));
  }

  clear(): void {
    this.#kept.clear();
  }

  stats(): MemoizeStats {
    return { size: this.#kept.size, hits: this.#hits, misses: this.#misses };
  }

  *#compute(key: unknown, args: readonly unknown[], computing: Computing): Routine<unknown> {
    computing.owner = currentTask();
    this.#misses++;
    let over = false;
    try {
      const value = yield* calling(this.#work, ...args);
      over = true;
      this.#computing.delete(key);
      this.#keep(key, value);
      while (computing.line.wake(value));
      return value;
    } catch (error) {
      if (!over && !Cancelled.is(error)) {
        over = true;
        this.#computing.delete(key);
        while (computing.line.fail(error));
      }
      throw error;
    } finally {
      if (!over) this.#handOver(key, computing);
    }
  }

  /** The next one that waits computes; where nobody does, the next that comes. */
  #handOver(key: unknown, { line }: Computing): void {
    const heir = line.item;
    if (heir === undefined) {
      this.#computing.delete(key);
      return;
    }
    heir.heir = true;
    line.wake(undefined);
  }

  #fresh(key: unknown): Kept | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    if (kept.until <= now()) return undefined;
    this.#kept.set(key, kept);
    return kept;
  }

  #keep(key: unknown, value: unknown): void {
    const kept = this.#kept;
    kept.delete(key);
    if (kept.size >= this.#most) kept.delete(kept.keys().next().value);
    kept.set(key, { value, until: now() + this.#ttl });
  }
}
