/** The mutex: one fiber at a time. */
import {
  currentTask,
  type Frame,
  hasEnded,
  isGraceOver,
  type Label,
  type Op,
  type RoutineFunction,
  type Task,
  type WaitBegun,
  WaitQueue,
} from "../core/index.js";
import type { Fiber } from "../fiber.js";
import { acquireOp, beginClaim, type Claim, GRANTED, RETURNING, withOp } from "./claim.js";
import {
  abandoned,
  alreadyHeld,
  givenBackWithin,
  heldBy,
  holderHere,
  notHeld,
  Watch,
} from "./holder.js";
import { type LockOptions, titleOf } from "./options.js";

/** Numbers of a mutex. */
export interface MutexStats {
  /** 1 while a fiber holds it. */
  readonly held: number;
  /** Fibers in its line. */
  readonly waiting: number;
}

/** The line, which knows for which fiber its fibers wait. */
class MutexLine extends WaitQueue<Frame> {
  private readonly core: MutexCore;

  constructor(title: string, core: MutexCore) {
    super(title);
    this.core = core;
  }

  override get what(): string {
    return `${this.name}, ${heldBy(this.on())}`;
  }

  override on(): readonly Task[] {
    const { owner } = this.core;
    return owner === null ? [] : [owner];
  }

  override holdsFirm(task: Task, frame: Frame): boolean {
    return frame.pc === RETURNING && !isGraceOver(task);
  }
}

/** @internal What a mutex is to the other locks. In a claim's frame `d` is the fiber that holds it. */
export class MutexCore implements Claim {
  readonly title: string;
  readonly line: MutexLine;
  owner: Task | null;
  private readonly watch: Watch;

  constructor(title: string) {
    this.title = title;
    this.line = new MutexLine(title, this);
    this.owner = null;
    this.watch = new Watch(this);
  }

  get name(): string {
    return "mutex.acquire()";
  }

  get label(): Label {
    return LABEL;
  }

  begin(task: Task, frame: Frame): WaitBegun | null {
    return beginClaim(this, task, frame);
  }

  enter(task: Task, frame: Frame): boolean {
    if (!this.take(task)) return false;
    frame.d = task;
    return true;
  }

  take(task: Task): boolean {
    if (this.owner === null) {
      this.owner = task;
      return true;
    }
    if (this.owner === task) throw alreadyHeld(this.title, task);
    if (hasEnded(this.owner)) throw abandoned(this.title, this.owner);
    return false;
  }

  join(task: Task, frame: Frame): WaitBegun {
    this.watch.set(this.owner as Task);
    return this.line.stand(task, frame);
  }

  leave(frame: Frame): void {
    if (this.owner === frame.d) this.pass();
  }

  finish(frame: Frame): boolean {
    if (this.owner !== frame.d) return false;
    this.pass();
    return true;
  }

  lost(): Error {
    return givenBackWithin(this.title);
  }

  release(call: string): void {
    const task = currentTask();
    if (task === null || this.owner !== task) {
      throw notHeld(call, this.title, task, heldBy(this.line.on()));
    }
    this.pass();
  }

  /** It goes to the oldest in the line. */
  pass(): void {
    const { line, watch } = this;
    const next = line.oldest;
    this.owner = next;
    if (watch.task !== null) watch.clear();
    if (next === null) return;
    const frame = line.item as Frame;
    frame.pc = GRANTED;
    frame.d = next;
    if (line.size > 1) watch.set(next);
    line.wake(undefined);
  }

  /** Whether its holder has ended without a release: then nobody gets it any more. */
  get lostForGood(): boolean {
    return this.owner !== null && hasEnded(this.owner);
  }

  abandonedBy(task: Task): void {
    while (this.line.fail(abandoned(this.title, task)));
  }
}

const LABEL: Label = { name: "mutex.with" };

/**
 * Lets one fiber at a time into what it protects, in the order of their coming. It is not re-entrant: a
 * fiber that takes it twice is told so.
 *
 * ```ts
 * const mutex = new Mutex({ name: "balance" });
 * let balance = 0;
 * function* deposit(amount: number) {
 *   const before = balance;
 *   yield* sleep(1);
 *   balance = before + amount;
 * }
 * yield* scope(function* () {
 *   for (let i = 0; i < 3; i++) spawn(() => mutex.with(deposit, 10));
 * });
 * balance; // 30
 * ```
 */
export class Mutex {
  /** @internal */
  readonly core: MutexCore;

  /** Throws TypeError for options that it does not know. */
  constructor(options: LockOptions = {}) {
    this.core = new MutexCore(titleOf("mutex", options));
  }

  /** Whether a fiber holds it. */
  get locked(): boolean {
    return this.core.owner !== null;
  }

  /** The fiber that holds it. */
  get holder(): Fiber | undefined {
    return (this.core.owner ?? undefined) as Fiber | undefined;
  }

  /**
   * Runs a routine that holds the mutex meanwhile; results in what it returns. However the routine ends,
   * the mutex is released.
   *
   * Suspends while another fiber holds the mutex, and as the routine does. Throws what the routine throws;
   * Cancelled, without having run it, when the fiber is cancelled in the line; FiberError when the fiber
   * holds the mutex already, or when its holder has ended without a release.
   *
   * ```ts
   * const mutex = new Mutex();
   * function* next(n: number) {
   *   yield* sleep(1);
   *   return n + 1;
   * }
   * yield* mutex.with(next, 41); // 42
   * ```
   */
  with<Args extends readonly unknown[], Result>(
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result> {
    return withOp(this.core, null, routine as RoutineFunction<never, Result, any, any>, args);
  }

  /**
   * Takes the mutex, until `release`. Where `with` will do, use it: no way out of it forgets the release.
   *
   * Suspends while another fiber holds it. Throws Cancelled, and then the fiber does not hold it;
   * FiberError when the fiber holds it already, or when its holder has ended without a release.
   */
  acquire(): Op<void> {
    return acquireOp(this.core, null);
  }

  /**
   * Takes the mutex if it is free. A plain call; returns whether it did. Throws FiberError as `acquire`
   * does, and in plain code.
   */
  tryAcquire(): boolean {
    return this.core.take(currentTask() ?? holderHere("mutex.tryAcquire()"));
  }

  /**
   * Releases the mutex: the fiber that has waited longest holds it from here on. A plain call. Throws
   * FiberError when the running fiber does not hold it.
   */
  release(): void {
    this.core.release("mutex.release()");
  }

  /** What is to be known of it, in plain numbers. */
  stats(): MutexStats {
    const { line, owner } = this.core;
    return { held: owner === null ? 0 : 1, waiting: line.size };
  }
}
