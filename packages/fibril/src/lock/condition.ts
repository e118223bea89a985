/** The condition: waiting, in the middle of what a mutex protects, for somebody to change that. */
import {
  CALLBACK,
  callOp,
  checkValue,
  checkWait,
  currentTask,
  DELIVER,
  done,
  FiberError,
  Frame,
  type How,
  isGraceOver,
  KILL,
  type Label,
  type Op,
  ownWait,
  perform,
  RAISE,
  RETURN,
  type RoutineFunction,
  type Rule,
  START,
  type Task,
  type WaitBegun,
  type WaitKind,
  WaitQueue,
  wholeFrom,
} from "../core/index.js";
import { GRANTED, RETURNING } from "./claim.js";
import { heldBy, notHeld } from "./holder.js";
import { Mutex, type MutexCore } from "./mutex.js";
import { type LockOptions, titleOf } from "./options.js";

const COUNT: Rule = wholeFrom(0);

/** Where a frame stands before it takes the mutex back: RETURNING, then GRANTED. */
const WAITING = 5;
const NOTIFIED = 6;

/** Numbers of a condition. */
export interface ConditionStats {
  /** Fibers that wait to be notified. */
  readonly waiting: number;
}

/**
 * In the frame of a wait `a` is this, `b` the predicate if there is one, `c` what is told when the mutex is
 * back, and `d` the fiber.
 */
class ConditionCore implements WaitKind {
  readonly mutex: MutexCore;
  readonly line: WaitQueue<Frame>;
  readonly back: WaitKind;

  constructor(title: string, mutex: MutexCore) {
    this.mutex = mutex;
    this.line = new WaitQueue(title);
    this.back = {
      name: "condition.wait()",
      always: true,
      begin: (task, frame: Frame) => this.comeBack(task, frame),
    };
  }

  get name(): string {
    return "condition.wait()";
  }

  /** The wait begins; from here on the mutex is free for others. */
  begin(task: Task, frame: Frame): WaitBegun {
    frame.pc = WAITING;
    const wait = this.line.stand(task, frame);
    if (this.mutex.owner === frame.d) this.mutex.pass();
    return wait;
  }

  private comeBack(task: Task, frame: Frame): WaitBegun | null {
    const { mutex } = this;
    if (mutex.owner === task) return done(undefined);
    if (mutex.enter(task, frame)) {
      frame.pc = GRANTED;
      return done(undefined);
    }
    frame.pc = RETURNING;
    return mutex.join(task, frame);
  }

  notify(count: number): void {
    const { line } = this;
    for (let left = Math.min(count, line.size); left > 0; left--) {
      (line.item as Frame).pc = NOTIFIED;
      line.wake(undefined);
    }
  }

  checkHeld(call: string): void {
    const task = currentTask();
    const { line, owner, title } = this.mutex;
    if (task === null || owner !== task) throw notHeld(call, title, task, heldBy(line.on()));
  }
}

const LABEL: Label = { name: "condition.wait" };

/** It has been notified, and comes back for that. */
const TOLD: unique symbol = Symbol("fibril.notified");

/** What a wait was ended by that was not notified: thrown, or unwound, when the mutex is back. */
interface Instead {
  readonly how: How;
  readonly value: unknown;
}

/** Whatever ends the wait, the mutex is taken back first: code around it relies on holding it. */
function conditionCode(frame: Frame, how: How, value: unknown): unknown {
  const condition = frame.a as ConditionCore;
  const { mutex } = condition;
  const isMet = frame.b as (() => boolean) | null;
  if (how === START) {
    condition.checkHeld("condition.wait()");
    if (isMet?.() === true) return undefined;
    frame.d = currentTask();
    return perform(ownWait(condition, frame));
  }
  if (how !== DELIVER) {
    // What it was notified of it will not see to: that is the next one's.
    if (frame.pc === NOTIFIED || frame.c === TOLD) condition.notify(1);
    const before = frame.c as Instead | typeof TOLD | null;
    if (how === RETURN || before === null || before === TOLD || before.how !== RETURN) {
      frame.c = { how, value } satisfies Instead;
    }
  } else if (frame.pc === WAITING) {
    return perform(ownWait(condition, frame)); // somebody transferred to it, and it was not notified
  } else if (frame.pc === NOTIFIED) {
    frame.c = TOLD;
  }
  const instead = frame.c === TOLD ? null : (frame.c as Instead | null);
  if (mutex.owner !== frame.d && !cannotHave(mutex, instead)) {
    frame.pc = RETURNING;
    return perform(ownWait(condition.back, frame));
  }
  if (instead?.how === RAISE) throw instead.value;
  if (instead !== null) return KILL;
  if (isMet === null || isMet()) return undefined;
  frame.c = null;
  return perform(ownWait(condition, frame));
}

/** The mutex does not come back: its holder has ended, or the fiber may not wait any more. */
function cannotHave(mutex: MutexCore, instead: Instead | null): boolean {
  if (instead === null) return false;
  if (mutex.lostForGood || isGraceOver(currentTask() as Task)) return true;
  // A coroutine has come to run inside a synchronous call meanwhile.
  return FiberError.prototype.isPrototypeOf(instead.value as object)
    ? (instead.value as FiberError).code === "sync-wait"
    : false;
}

/** What a condition takes. */
export interface ConditionOptions extends LockOptions {
  /** The mutex that protects what is waited for; its own by default. */
  readonly mutex?: Mutex | undefined;
}

const MUTEX: Rule = { takes: "a Mutex", holds: (value) => value instanceof Mutex };

/**
 * Lets a fiber that holds a mutex wait until what that protects has changed, and others tell it so.
 *
 * Waiting releases the mutex and takes it back at the end, whatever ends it. A fiber that is notified has to
 * look again, because others may have been there first: `waitUntil` does.
 *
 * ```ts
 * const changed = new Condition({ name: "stock" });
 * let stock = 0;
 * const buyer = spawn(() =>
 *   changed.with(function* () {
 *     yield* changed.waitUntil(() => stock > 0);
 *     stock--;
 *   }),
 * );
 * yield* changed.with(function* () {
 *   stock = 1;
 *   changed.notify();
 * });
 * yield* buyer;
 * stock; // 0
 * ```
 */
export class Condition {
  readonly #core: ConditionCore;
  /** The mutex that has to be held. */
  readonly mutex: Mutex;

  /** Throws TypeError for options that it does not know. */
  constructor({ mutex, ...options }: ConditionOptions = {}) {
    const title = titleOf("condition", options);
    if (mutex !== undefined) checkValue("the option mutex of condition", mutex, MUTEX);
    this.mutex = mutex ?? new Mutex(options);
    this.#core = new ConditionCore(title, this.mutex.core);
  }

  /** The same as `mutex.with`: suspends while another fiber holds the mutex, and throws what the routine throws. */
  with<Args extends readonly unknown[], Result>(
    routine: RoutineFunction<Args, Result, any, any>,
    ...args: Args
  ): Op<Result> {
    return this.mutex.with(routine, ...args);
  }

  /**
   * Releases the mutex, waits to be notified, and takes the mutex back.
   *
   * Suspends always. Throws FiberError when the fiber does not hold the mutex; Cancelled when it is cancelled
   * before it is notified. Then, too, it holds the mutex again: taking it back is not cancelled.
   */
  wait(): Op<void> {
    return waitOp(this.#core, null);
  }

  /**
   * Waits until the predicate holds. It is called at once, and after every notification, by the fiber that
   * waits and while that holds the mutex; what it throws is thrown here. Otherwise as `wait`.
   */
  waitUntil(predicate: () => boolean): Op<void> {
    checkValue("condition.waitUntil", predicate, CALLBACK);
    return waitOp(this.#core, predicate);
  }

  /**
   * Tells a number of fibers, those that have waited longest. A plain call: they go on when the mutex is free.
   * Throws FiberError when the running fiber does not hold the mutex.
   */
  notify(count = 1): void {
    checkValue("condition.notify", count, COUNT);
    this.#core.checkHeld("condition.notify()");
    this.#core.notify(count);
  }

  /** Tells all that wait. Otherwise as `notify`. */
  notifyAll(): void {
    this.#core.checkHeld("condition.notifyAll()");
    this.#core.notify(Number.POSITIVE_INFINITY);
  }

  /** What is to be known of it, in plain numbers. */
  stats(): ConditionStats {
    return { waiting: this.#core.line.size };
  }
}

function waitOp(core: ConditionCore, predicate: (() => boolean) | null): Op<void> {
  checkWait(core.name);
  return callOp(new Frame(conditionCode, core, predicate, null), 0, LABEL) as Op<void>;
}
