/** The wait for a promise. */
import {
  checkNoOpInHand,
  DELIVER,
  done,
  endWait,
  failed,
  needsHost,
  type Op,
  RAISE,
  schedulerOf,
  type Task,
  wait,
  type Wait,
  type WaitEnd,
  type WaitKind,
} from "./core/index.js";
import { type HostAbortSignal, newAbortController, reasonOf } from "./abort.js";

/**
 * One subscription to a promise. A promise cannot be unsubscribed from. So when a wait ends early, its
 * subscription stays on the promise, empty, and the next wait for the same promise takes it over. Otherwise a
 * loop that waits again and again for one long-lived promise, with a time limit each time, would add a
 * subscription in each iteration, as `Promise.race` does.
 *
 * A promise settles once. So a subscription whose promise has settled is used again for another promise, with
 * the two callbacks that were made for it, and a wait allocates only what the promise itself allocates. (A
 * thenable may call back more than once, so its subscriptions are used only once.)
 */
class Awaiting implements Wait {
  /** The waiting task; null when there is none. */
  private task: Task | null;
  since: number;
  /** The promise, while a task waits for it. */
  private promise: PromiseLike<unknown> | null;
  private abort: Abort | null;
  /** The next empty subscription to the same promise, or the next unused one. */
  next: Awaiting | null;
  private settled: boolean;
  /** It is subscribed to a native promise, which settles once, and not to another thenable. */
  private native: boolean;
  private readonly onValue: (value: unknown) => void;
  private readonly onError: (error: unknown) => void;

  constructor() {
    this.task = null;
    this.since = 0;
    this.promise = null;
    this.abort = null;
    this.next = null;
    this.settled = false;
    this.native = false;
    this.onValue = (value) => this.settle(DELIVER, value);
    this.onError = (error) => this.settle(RAISE, error);
  }

  static of(promise: PromiseLike<unknown>): Awaiting {
    early = null;
    const found = empty?.get(promise);
    if (found !== undefined) {
      if (found.settled || found.next === null) empty?.delete(promise);
      else empty?.set(promise, found.next);
      found.next = null;
      if (!found.settled) {
        found.promise = promise;
        return found;
      }
    }
    const made = unused ?? new Awaiting();
    if (unused !== null) {
      unused = made.next;
      made.next = null;
      made.settled = false;
      unusedCount--;
    }
    made.promise = promise;
    made.native = promise.then === nativeThen;
    promise.then(made.onValue, made.onError);
    return made;
  }

  /** The wait, or null when a thenable that is not a native promise has called back at once. */
  begin(task: Task, abort: Abort | null): Wait | null {
    if (early !== null) {
      this.promise = null;
      const { how, value } = early;
      early = null;
      return how === RAISE ? failed(value) : done(value);
    }
    const scheduler = schedulerOf(task);
    this.task = task;
    this.since = scheduler.time;
    this.abort = abort;
    scheduler.outside++;
    return this;
  }

  get what(): string {
    return "a promise";
  }

  get outside(): boolean {
    return true;
  }

  undo(error: unknown): void {
    const { abort, promise } = this;
    this.release();
    empty ??= new WeakMap();
    this.next = empty.get(promise as PromiseLike<unknown>) ?? null;
    empty.set(promise as PromiseLike<unknown>, this);
    abort?.(error);
  }

  private settle(how: WaitEnd, value: unknown): void {
    if (this.settled) return;
    this.settled = true;
    const { promise, task } = this;
    if (task !== null) {
      const again = this.native && unusedCount < UNUSED;
      this.release();
      if (again) keep(this);
      endWait(task, how, value);
    } else if (promise !== null) early = { how, value };
  }

  /** No task waits in it any more, and it refers to none. */
  private release(): void {
    schedulerOf(this.task as Task).outside--;
    this.task = this.promise = this.abort = null;
  }
}

// oxlint-disable-next-line typescript/unbound-method -- compared, never called
const nativeThen: unknown = Promise.prototype.then;

/** Settled subscriptions to use again, as a linked list; at most `UNUSED` are kept. */
let unused: Awaiting | null = null;
let unusedCount = 0;
const UNUSED = 4096;

function keep(awaiting: Awaiting): void {
  awaiting.next = unused;
  unused = awaiting;
  unusedCount++;
}

/** The answer of a thenable that called back while it was being subscribed to. */
let early: { readonly how: WaitEnd; readonly value: unknown } | null = null;

/** The empty subscriptions of each promise; none in most programs. */
let empty: WeakMap<PromiseLike<unknown>, Awaiting> | undefined;

/** Aborts the signal of a wait that an error ends early. */
type Abort = (error: unknown) => void;

const WANTED = "until takes a promise, or a function that returns one";

type Promising<T> = PromiseLike<T> | ((signal: HostAbortSignal) => PromiseLike<T>);

const UNTIL: WaitKind = { name: "until(…)", begin: beginUntil, refused: hush };

const UNTIL_NAMED: WaitKind = {
  name: "until(…)",
  begin: (task, { what, promise }: Named) => {
    const wait = beginUntil(task, promise);
    return wait === null ? null : new NamedWait(what, wait);
  },
  refused: ({ promise }: Named) => hush(promise),
};

interface Named {
  readonly what: string;
  readonly promise: unknown;
}

/** Around the wait rather than a field in it, because most waits have no name and should not pay for one. */
class NamedWait implements Wait {
  readonly what: string;
  readonly outside = true;
  private readonly wait: Wait;

  constructor(what: string, wait: Wait) {
    this.what = what;
    this.wait = wait;
  }

  get since(): number {
    return this.wait.since;
  }

  undo(error: unknown): void {
    this.wait.undo(error);
  }
}

/** A promise that was given to `until` never causes an unhandled rejection, even if nothing waits for it. */
function hush(promise: unknown): void {
  if (promise instanceof Promise) promise.then(undefined, () => {});
}

function beginUntil(task: Task, argument: unknown): Wait | null {
  if (!schedulerOf(task).hosted) {
    hush(argument);
    throw needsHost("until(…)");
  }
  let promise = argument as PromiseLike<unknown>;
  let abort: Abort | null = null;
  if (typeof promise === "function") {
    const controller = newAbortController();
    promise = (promise as (signal: HostAbortSignal) => PromiseLike<unknown>)(controller.signal);
    abort = (error) => controller.abort(reasonOf(error));
    if (typeof promise?.then !== "function") throw new TypeError(WANTED);
  }
  const awaiting = Awaiting.of(promise);
  checkNoOpInHand();
  return awaiting.begin(task, abort);
}

/**
 * Waits for a promise: results in its value, or throws its reason.
 *
 * Given a function, it hands it an AbortSignal of its own, which aborts when the wait is called off, with
 * the reason that `cancel` was given. A string before it names what is waited for, in dumps and deadlocks.
 * Suspends always. Throws Cancelled; a promise that nobody waits for any more may still reject, and
 * is not reported.
 *
 * ```ts
 * const value = yield* until(Promise.resolve(1));
 * const later = yield* until("a moment", (signal) => sleepLike(5, signal));
 *
 * function sleepLike(ms: number, signal: AbortSignal) {
 *   return new Promise<void>((resolve) => {
 *     const timer = setTimeout(resolve, ms);
 *     signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
 *   });
 * }
 * ```
 */
export function until<T>(promise: Promising<T>): Op<T>;
export function until<T>(what: string, promise: Promising<T>): Op<T>;
export function until(first: unknown, second?: unknown): Op<unknown> {
  const named = typeof first === "string";
  const promise = (named ? second : first) as Promising<unknown>;
  const thenable = typeof promise === "function" || typeof promise?.then === "function";
  if (!thenable) throw new TypeError(WANTED);
  return named ? wait(UNTIL_NAMED, { what: first, promise }) : wait(UNTIL, promise);
}
