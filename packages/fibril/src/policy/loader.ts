import {
  CALLBACK,
  Cancelled,
  checkOptions,
  FLAG,
  kindOf,
  limitFrom,
  type NoYields,
  type Op,
  routine,
  type Routine,
  type RoutineFunction,
  type Rules,
  WaitQueue,
  calling,
} from "../core/index.js";
import { yieldNow } from "../sleep.js";

/** Options of `loader`. */
export interface LoaderOptions<Key> {
  /** Whether what was loaded is kept: true by default. */
  readonly cache?: boolean | undefined;
  /** No more keys at once: Infinity by default. */
  readonly size?: number | undefined;
  /** What keys are compared by, as keys of a Map: themselves by default. */
  readonly key?: ((key: Key) => unknown) | undefined;
}

/** Loads what many fibers ask for, together. */
export interface Loader<Key, Value> {
  /**
   * The value for a key. Suspends until it is loaded. Throws what the batch function throws, or has given
   * for this key; Cancelled.
   */
  load(key: Key): Op<Value>;
  /** The values for several keys, in their order. Suspends until all are loaded. Throws what `load` throws. */
  loadMany(keys: readonly Key[]): Op<Value[]>;
  /** Puts a value into the cache, as if it had been loaded. */
  prime(key: Key, value: Value): void;
  /** Forgets a key. */
  delete(key: Key): boolean;
  /** Forgets all. */
  clear(): void;
}

const RULES: Rules<LoaderOptions<any>> = {
  cache: FLAG,
  size: limitFrom(1),
  key: CALLBACK,
};

type Load = RoutineFunction<[keys: readonly any[]], readonly unknown[], any, any>;

/**
 * Makes a loader: what fibers ask it for in the same round is loaded by one call of the batch function,
 * each key once, and kept.
 *
 * The batch function gives a value for each key, in their order; an Error in the place of a value is thrown
 * where that key was asked for. It runs in the fiber that asked first; when that is ended meanwhile, in the
 * next one's, again from its beginning. One loader for each request is usual, so that nobody sees what is
 * not theirs. Throws TypeError at once for invalid arguments. The idea is Facebook's DataLoader.
 *
 * ```ts
 * const calls: number[][] = [];
 * const users = loader(function* (ids: readonly number[]) {
 *   calls.push([...ids]);
 *   yield* sleep(1);
 *   return ids.map((id) => `user ${id}`);
 * });
 * yield* all([() => users.load(1), () => users.load(2), () => users.load(1)]);
 * assert.deepEqual(calls, [[1, 2]]);
 * ```
 */
export function loader<Key, Value, Yields = never>(
  batch: RoutineFunction<[keys: readonly Key[]], readonly (Value | Error)[], Yields, any> &
    NoYields<Yields>,
  options: LoaderOptions<Key> = {},
): Loader<Key, Exclude<Value, Error>> {
  if (typeof batch !== "function") throw new TypeError("loader takes a generator function");
  checkOptions("loader", options, RULES);
  return new Loading(batch, options) as Loader<any, any>;
}

/** Keys that are loaded together: first collected, then loaded by one of those that wait. */
class Batch {
  readonly keys: unknown[] = [];
  /** Where each is in the list, by what it is compared by. */
  readonly places: Map<unknown, number> = new Map();
  readonly line: WaitQueue<Place> = new WaitQueue("what is loaded with others");
  outcome: { readonly values: readonly unknown[] } | { readonly error: unknown } | undefined;
  collecting = true;
}

/** One that waits; it may be told to load itself, because who did has been ended. */
interface Place {
  heir: boolean;
}

class Loading implements Loader<unknown, unknown> {
  readonly load: (key: unknown) => Op<unknown>;
  readonly loadMany: (keys: readonly unknown[]) => Op<unknown[]>;
  readonly #batch: Load;
  readonly #cached: boolean;
  readonly #most: number;
  readonly #key: (key: any) => unknown;
  readonly #cache: Map<unknown, unknown>;
  /** Which batch each key is in that is being loaded. */
  readonly #loading: Map<unknown, Batch>;
  #next: Batch | undefined;

  constructor(
    batch: Load,
    { cache = true, key = (it) => it, size = Infinity }: LoaderOptions<any>,
  ) {
    this.#batch = batch;
    this.#cached = cache;
    this.#most = size;
    this.#key = key;
    this.#cache = new Map();
    this.#loading = new Map();
    this.#next = undefined;
    this.load = routine("Loader.load", (it: unknown) => this.#load(it)) as Loader<
      unknown,
      unknown
    >["load"];
    this.loadMany = routine("Loader.loadMany", (keys: readonly unknown[]) =>
      this.#loadMany(keys),
    ) as Loader<unknown, unknown>["loadMany"];
  }

  prime(key: unknown, value: unknown): void {
    if (this.#cached) this.#cache.set(this.#key(key), value);
  }

  delete(key: unknown): boolean {
    return this.#cache.delete(this.#key(key));
  }

  clear(): void {
    this.#cache.clear();
  }

  *#load(key: unknown): Routine<unknown> {
    const by = this.#key(key);
    if (this.#cache.has(by)) return this.#cache.get(by);
    return yield* this.#take(by, this.#join(key, by));
  }

  *#loadMany(keys: readonly unknown[]): Routine<unknown[]> {
    // All are asked for before the first is waited for, so that they are in one batch.
    const asked = keys.map((key) => {
      const by = this.#key(key);
      return { by, batch: this.#cache.has(by) ? undefined : this.#join(key, by) };
    });
    const values: unknown[] = [];
    for (const { batch, by } of asked) {
      values.push(batch === undefined ? this.#cache.get(by) : yield* this.#take(by, batch));
    }
    return values;
  }

  /** Puts a key into the batch that it is loaded with. */
  #join(key: unknown, by: unknown): Batch {
    const known = this.#loading.get(by);
    if (known !== undefined) return known;
    let batch = this.#next;
    if (batch === undefined || batch.keys.length >= this.#most) batch = this.#next = new Batch();
    batch.places.set(by, batch.keys.push(key) - 1);
    this.#loading.set(by, batch);
    return batch;
  }

  /** Waits for the value; the first that comes loads the batch. */
  *#take(by: unknown, batch: Batch): Routine<unknown> {
    if (batch.outcome === undefined) {
      const place: Place = { heir: batch.collecting };
      batch.collecting = false;
      if (!place.heir) yield* this.#wait(batch, place);
      else yield* this.#run(batch);
    }
    const { outcome } = batch;
    if (outcome === undefined) throw new Error("unreachable");
    if ("error" in outcome) throw outcome.error;
    const value = outcome.values[batch.places.get(by) as number];
    if (value instanceof Error) throw value;
    return value;
  }

  *#wait(batch: Batch, place: Place): Routine<void> {
    try {
      yield* batch.line.wait(place);
      if (!place.heir) return;
      place.heir = false;
      yield* this.#run(batch);
    } finally {
      // WaitEnd between being told and its next turn.
      if (place.heir) this.#handOver(batch);
    }
  }

  *#run(batch: Batch): Routine<void> {
    try {
      // Every fiber that is ready now may still ask.
      if (this.#next === batch) yield* yieldNow();
      if (this.#next === batch) this.#next = undefined;
      const values = yield* calling(this.#batch, batch.keys);
      if (!Array.isArray(values) || values.length !== batch.keys.length) {
        throw new TypeError(
          `a batch function gives a list with a value for each of its ${batch.keys.length} keys, ` +
            `not ${Array.isArray(values) ? `one of ${values.length}` : kindOf(values)}`,
        );
      }
      this.#settle(batch, { values });
    } catch (error) {
      if (Cancelled.is(error)) throw error;
      this.#settle(batch, { error });
    } finally {
      if (batch.outcome === undefined) this.#handOver(batch);
    }
  }

  #settle(batch: Batch, outcome: Batch["outcome"]): void {
    batch.outcome = outcome;
    this.#forget(batch);
    if (this.#cached && outcome !== undefined && "values" in outcome) {
      for (const [by, place] of batch.places) {
        const value = outcome.values[place];
        if (!(value instanceof Error)) this.#cache.set(by, value);
      }
    }
    while (batch.line.wake(undefined));
  }

  #forget(batch: Batch): void {
    if (this.#next === batch) this.#next = undefined;
    for (const by of batch.places.keys()) {
      if (this.#loading.get(by) === batch) this.#loading.delete(by);
    }
  }

  /** The next one that waits loads; where nobody does, nobody wants it any more. */
  #handOver(batch: Batch): void {
    const heir = batch.line.item;
    if (heir === undefined) {
      // One that has joined and not yet waited, in `loadMany`, may still come.
      batch.collecting = true;
      this.#forget(batch);
      return;
    }
    heir.heir = true;
    batch.line.wake(undefined);
  }
}
