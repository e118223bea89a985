/** The semaphore: a limited number of fibers at a time. */
import {
  checkValue,
  FiberError,
  type Frame,
  type Label,
  type Op,
  type RoutineFunction,
  type Rule,
  type Task,
  type WaitBegun,
  WaitQueue,
  wholeFrom,
} from "../core/index.js";
import { acquireOp, beginClaim, type Claim, GRANTED, withOp } from "./claim.js";
import { type LockOptions, titleOf } from "./options.js";

const LIMIT: Rule = wholeFrom(0);
const COUNT: Rule = wholeFrom(1);

/** Numbers of a semaphore. */
export interface SemaphoreStats {
  /** Permits that there are in all. */
  readonly limit: number;
  /** Permits that are held; after `resize` to fewer these may be more than the limit. */
  readonly held: number;
  /** Permits that are free: less than none while more are held than there are. */
  readonly available: number;
  /** Fibers in the line. */
  readonly waiting: number;
}

class SemaphoreLine extends WaitQueue<Frame> {
  private readonly core: SemaphoreCore;

  constructor(title: string, core: SemaphoreCore) {
    super(title);
    this.core = core;
  }

  override get what(): string {
    const { limit, held } = this.core;
    return `a permit of ${this.name}, ${held} of ${limit} held`;
  }

  /** It may have wanted more than those behind it do. */
  override calledOff(): void {
    this.core.settle();
  }
}

/** In a claim's frame `d` is how many permits it wants. */
class SemaphoreCore implements Claim {
  readonly title: string;
  readonly line: SemaphoreLine;
  limit: number;
  held: number;

  constructor(title: string, limit: number) {
    this.title = title;
    this.line = new SemaphoreLine(title, this);
    this.limit = limit;
    this.held = 0;
  }

  get name(): string {
    return "semaphore.acquire()";
  }

  get label(): Label {
    return LABEL;
  }

  begin(task: Task, frame: Frame): WaitBegun | null {
    return beginClaim(this, task, frame);
  }

  enter(_task: Task, frame: Frame): boolean {
    return this.take(frame.d as number);
  }

  take(count: number): boolean {
    if (count > this.limit) throw tooMany(this.title, count, this.limit);
    if (this.line.size > 0 || this.held + count > this.limit) return false;
    this.held += count;
    return true;
  }

  join(task: Task, frame: Frame): WaitBegun {
    return this.line.stand(task, frame);
  }

  leave(frame: Frame): void {
    this.give(frame.d as number);
  }

  finish(frame: Frame): boolean {
    if (this.held < (frame.d as number)) return false;
    this.give(frame.d as number);
    return true;
  }

  lost(): Error {
    return new FiberError(
      "not-held",
      `more permits of ${this.title} were released than taken while the routine of with(…) ran: ` +
        `with(…) releases its own at the routine's end`,
    );
  }

  release(count: number): void {
    if (count > this.held) {
      throw new FiberError(
        "not-held",
        `semaphore.release(${count}) of ${this.title}, of which ${this.held} permits are held: ` +
          `release what was acquired, once`,
      );
    }
    this.give(count);
  }

  give(count: number): void {
    this.held -= count;
    this.settle();
  }

  resize(limit: number): void {
    this.limit = limit;
    this.settle();
  }

  /** The oldest go on, as long as there are permits for them. */
  settle(): void {
    const { line } = this;
    for (let frame = line.item; frame !== undefined; frame = line.item) {
      const count = frame.d as number;
      if (count > this.limit) {
        // It was asked for before the semaphore was made smaller, and would stand in the way for ever.
        line.fail(tooMany(this.title, count, this.limit));
        continue;
      }
      if (this.held + count > this.limit) return;
      this.held += count;
      frame.pc = GRANTED;
      line.wake(undefined);
    }
  }
}

const LABEL: Label = { name: "semaphore.with" };

function tooMany(title: string, count: number, limit: number): RangeError {
  return new RangeError(
    `${count} permits of ${title} are asked for, and it has ${limit} in all: they would never come`,
  );
}

/**
 * Hands out a limited number of permits, in the order in which they are asked for: a fiber that asks for many
 * is not overtaken by fibers behind it that ask for few.
 *
 * Permits belong to no fiber: one may take them and another give them back.
 *
 * ```ts
 * const downloads = new Semaphore(2, { name: "downloads" });
 * let most = 0;
 * yield* scope(function* () {
 *   for (let i = 0; i < 10; i++) {
 *     spawn(() =>
 *       downloads.with(function* () {
 *         most = Math.max(most, downloads.stats().held);
 *         yield* sleep(1);
 *       }),
 *     );
 *   }
 * });
 * most; // 2
 * ```
 */
export class Semaphore {
  readonly #core: SemaphoreCore;

  /** Throws RangeError when `limit`, the number of permits, is no whole number from 0. */
  constructor(limit: number, options: LockOptions = {}) {
    checkValue("a semaphore's limit", limit, LIMIT);
    this.#core = new SemaphoreCore(titleOf("semaphore", options), limit);
  }

  /** Permits that there are in all. */
  get limit(): number {
    return this.#core.limit;
  }

  /** Permits that are free: less than none while more are held than there are. */
  get available(): number {
    return this.#core.limit - this.#core.held;
  }

  /**
   * Runs a routine that holds one permit meanwhile; results in what it returns. However the routine ends, the
   * permit is given back.
   *
   * Suspends until there is a permit and everybody before it has theirs, and as the routine does. Throws
   * what the routine throws; Cancelled, without having run it, when the fiber is cancelled in the line;
   * RangeError when the semaphore has no permits at all.
   */
  with<Args extends readonly unknown[], Result>(
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result> {
    return withOp(this.#core, 1, routine as RoutineFunction<never, Result, any, any>, args);
  }

  /**
   * The same as `with`, for a number of permits.
   *
   * Suspends until they are free. Throws what `with` throws, and RangeError for an invalid count.
   *
   * ```ts
   * const memory = new Semaphore(1_024, { name: "megabytes" });
   * yield* memory.withPermits(512, function* () {
   *   memory.available; // 512
   * });
   * ```
   */
  withPermits<Args extends readonly unknown[], Result>(
    count: number,
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result> {
    checkValue("semaphore.withPermits", count, COUNT);
    return withOp(this.#core, count, routine as RoutineFunction<never, Result, any, any>, args);
  }

  /**
   * Takes a number of permits, all at once, until `release`.
   *
   * Suspends until there are enough and all fibers before it in the line have theirs. Throws Cancelled, and then it has
   * taken none; RangeError for more than the semaphore has, also when it is made smaller meanwhile.
   */
  acquire(count = 1): Op<void> {
    checkValue("semaphore.acquire", count, COUNT);
    return acquireOp(this.#core, count);
  }

  /**
   * Takes a number of permits if they are free and no fiber waits for any. A plain call; returns whether it did.
   * Throws RangeError for more than the semaphore has.
   */
  tryAcquire(count = 1): boolean {
    checkValue("semaphore.tryAcquire", count, COUNT);
    return this.#core.take(count);
  }

  /**
   * Gives a number of permits back: the fibers that have waited longest get them. A plain call. Throws FiberError when
   * fewer are held.
   */
  release(count = 1): void {
    checkValue("semaphore.release", count, COUNT);
    this.#core.release(count);
  }

  /**
   * Changes how many permits there are. A plain call. If there are fewer, none is taken away from a fiber that holds
   * it, and no fiber gets one until enough have come back. A fiber that waits for more permits than there are then
   * gets a RangeError.
   */
  resize(limit: number): void {
    checkValue("semaphore.resize", limit, LIMIT);
    this.#core.resize(limit);
  }

  /** What is to be known of it, in plain numbers. */
  stats(): SemaphoreStats {
    const { held, limit, line } = this.#core;
    return { limit, held, available: limit - held, waiting: line.size };
  }
}
