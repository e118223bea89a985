/** The readers-writer lock: many may read, or one write. */
import { currentTask, type Op, type RoutineFunction } from "../core/index.js";
import { acquireOp, withOp } from "./claim.js";
import { holderHere } from "./holder.js";
import { type LockOptions, titleOf } from "./options.js";
import { RwCore, Side } from "./rw-core.js";

/** Numbers of a readers-writer lock. */
export interface RwLockStats {
  /** Fibers that read. */
  readonly readers: number;
  /** 1 while a fiber writes. */
  readonly writers: number;
  /** Fibers in the line, of both kinds. */
  readonly waiting: number;
}

/** One side of a readers-writer lock: `lock.read`, which many fibers may hold, or `lock.write`. */
export class RwLockSide {
  readonly #side: Side;

  /** @internal */
  constructor(side: Side) {
    this.#side = side;
  }

  /**
   * Runs a routine that reads, or writes, meanwhile; results in what it returns. However the routine ends,
   * this side of the lock is released.
   *
   * Suspends as `acquire` and the routine do. Throws what the routine throws, and what `acquire` throws:
   * then the routine has not run.
   */
  with<Args extends readonly unknown[], Result>(
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result> {
    return withOp(this.#side, null, routine as RoutineFunction<never, Result, any, any>, args);
  }

  /**
   * Takes this side of the lock, until `release`.
   *
   * Suspends while the lock is held in a way that excludes it, or somebody waits who came earlier. Throws
   * Cancelled, and then the fiber does not hold it; FiberError when the fiber holds either side already
   * (reading does not become writing), or when a holder has ended without a release.
   */
  acquire(): Op<void> {
    return acquireOp(this.#side, null);
  }

  /**
   * Takes this side if nobody has to be waited for. A plain call; returns whether it did. Throws
   * FiberError as `acquire` does, and in plain code.
   */
  tryAcquire(): boolean {
    const side = this.#side;
    return side.core.take(currentTask() ?? holderHere(`${callOf(side)}.tryAcquire()`), side.writes);
  }

  /** Releases this side. A plain call. Throws FiberError when the running fiber does not hold it. */
  release(): void {
    this.#side.release(`${callOf(this.#side)}.release()`);
  }
}

function callOf({ writes }: Side): string {
  return writes ? "lock.write" : "lock.read";
}

/**
 * Lets many fibers read what it protects, or one write.
 *
 * It is fair: all stand in one line, and go on in the order of their coming, those who read next to each other
 * together. So neither a stream of readers nor one of writers keeps the others waiting for ever, as it would
 * if one kind had preference.
 *
 * ```ts
 * const lock = new RwLock({ name: "prices" });
 * const prices = new Map([["tea", 3]]);
 * const tea = yield* lock.read.with(function* () {
 *   yield* sleep(1);
 *   return prices.get("tea");
 * });
 * tea; // 3
 * yield* lock.write.with(function* () {
 *   prices.set("tea", 4);
 * });
 * ```
 */
export class RwLock {
  readonly #core: RwCore;
  /** For those who only look: any number of fibers at a time. */
  readonly read: RwLockSide;
  /** For those who change something: one fiber at a time, and nobody who reads. */
  readonly write: RwLockSide;

  /** Throws TypeError for options that it does not know. */
  constructor(options: LockOptions = {}) {
    this.#core = new RwCore(titleOf("readers-writer lock", options));
    this.read = new RwLockSide(new Side(this.#core, false));
    this.write = new RwLockSide(new Side(this.#core, true));
  }

  /** What is to be known of it, in plain numbers. */
  stats(): RwLockStats {
    const { line, readers, writer } = this.#core;
    return { readers: readers.size, writers: writer === null ? 0 : 1, waiting: line.size };
  }
}
