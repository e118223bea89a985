/** `suspend`: the one primitive that waits of every kind can be made of; and the wait for promises. */
import { type HostAbortSignal, newAbortController } from "./abort.js";
import { needsHost } from "./core/errors.js";
import type { TaskFields } from "./core/kernel.js";
import * as kernel from "./core/kernel.js";
import { notRun, type Op } from "./core/op.js";
import type { Scheduler } from "./core/scheduler.js";
import { DELIVER, RAISE } from "./core/state.js";
import { type Wait, waitOp, wake } from "./core/wait.js";

const { IDLE, K } = kernel;

/** Ends a wait with a value. Only the first call counts. */
export interface Wake<T> {
  (value: T): void;
  /** Ends the wait with an error. */
  fail(error: unknown): void;
}

/** Hands the wake to whoever will call it, and gives what takes it back from there. */
export type Register<T> = (wake: Wake<T>) => (() => void) | void;

type Outcome = typeof DELIVER | typeof RAISE;

/**
 * A wait that a callback ends: BEGINNING while the registration runs, so that a callback that is
 * called at once costs no switch; then WAITING; OVER for good.
 */
const BEGINNING = 0;
const WAITING = 1;
const OVER = 2;

class Suspension implements Wait {
  readonly task: TaskFields;
  readonly what: string;
  readonly since: number;
  readonly outside: boolean;
  private takeBack: (() => void) | undefined;
  private state: typeof BEGINNING | typeof WAITING | typeof OVER;
  private how: Outcome;
  private value: unknown;

  constructor(task: TaskFields, what: string, outside: boolean) {
    const scheduler = task._scope.scheduler as Scheduler;
    this.task = task;
    this.what = what;
    this.since = scheduler.time;
    this.outside = outside;
    this.takeBack = undefined;
    this.state = BEGINNING;
    this.how = DELIVER;
    this.value = undefined;
    if (outside) scheduler.outside++;
  }

  /** The wait, or null when it is over already. */
  begin(register: Register<any>): Wait | null {
    const wake = ((value: unknown) => this.end(DELIVER, value)) as Wake<any>;
    wake.fail = (error) => this.end(RAISE, error);
    try {
      this.takeBack = register(wake) ?? undefined;
      if (K.phase !== IDLE) throw notRun();
    } catch (error) {
      this.undo();
      throw error;
    }
    if (this.state === BEGINNING) {
      this.state = WAITING;
      return this;
    }
    K.how = this.how;
    K.value = this.value;
    return null;
  }

  end(how: Outcome, value: unknown): void {
    const { state } = this;
    if (state === OVER) return;
    this.over();
    if (state === WAITING) wake(this.task, how, value);
    else {
      this.how = how;
      this.value = value;
    }
  }

  undo(): void {
    this.over();
    this.takeBack?.();
  }

  private over(): void {
    if (this.state === OVER) return;
    this.state = OVER;
    if (this.outside) (this.task._scope.scheduler as Scheduler).outside--;
  }
}

interface Wish {
  readonly what: string;
  readonly register: Register<any>;
}

function beginSuspend(task: TaskFields, argument: unknown): Wait | null {
  const { what, register } = argument as Wish;
  return new Suspension(task, what, false).begin(register);
}

/**
 * Waits until the callback that it hands out is called: with the result, or `fail` with an error.
 *
 * `register` is called when the wait begins; what it returns takes the registration back when the
 * wait is called off. Suspends unless the callback is called at once. Throws what `register` or
 * `fail` say, and Cancelled. The first argument, if a text, says in dumps what is waited for.
 *
 * ```ts
 * function once(target: EventTarget, type: string) {
 *   return suspend<Event>(`event ${type}`, (wake) => {
 *     target.addEventListener(type, wake, { once: true });
 *     return () => target.removeEventListener(type, wake);
 *   });
 * }
 * ```
 */
export function suspend<T = void>(register: Register<T>): Op<T>;
export function suspend<T = void>(what: string, register: Register<T>): Op<T>;
export function suspend(first: unknown, second?: unknown): Op<unknown> {
  const register = typeof first === "string" ? second : first;
  if (typeof register !== "function") {
    throw new TypeError("suspend takes a function that is given the wake and gives its undo");
  }
  const what = typeof first === "string" ? first : `suspend(${register.name})`;
  return waitOp(what, beginSuspend, { what, register });
}

type Promising<T> = PromiseLike<T> | ((signal: HostAbortSignal) => PromiseLike<T>);

function beginUntil(task: TaskFields, argument: unknown): Wait | null {
  if (!(task._scope.scheduler as Scheduler).hosted) throw needsHost("until(…)");
  const promising = argument as Promising<unknown>;
  return new Suspension(task, "a promise", true).begin((wake) => {
    const fail = (error: unknown): void => wake.fail(error);
    if (typeof promising !== "function") {
      promising.then(wake, fail);
      return undefined;
    }
    const abort = newAbortController();
    promising(abort.signal).then(wake, fail);
    return () => abort.abort();
  });
}

/**
 * Waits for a promise: results in its value, or throws its reason.
 *
 * Given a function, it hands it an AbortSignal of its own, which aborts when the wait is called off.
 * Suspends always. Throws Cancelled; a promise that nobody waits for any more may still reject, and
 * is not reported.
 *
 * ```ts
 * const value = yield* until(Promise.resolve(1));
 * const later = yield* until((signal) => sleepLike(5, signal));
 *
 * function sleepLike(ms: number, signal: AbortSignal) {
 *   return new Promise<void>((resolve) => {
 *     const timer = setTimeout(resolve, ms);
 *     signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
 *   });
 * }
 * ```
 */
export function until<T>(promise: Promising<T>): Op<T> {
  const thenable = typeof promise === "function" || typeof promise?.then === "function";
  if (!thenable) throw new TypeError("until takes a promise, or a function that gives one");
  return waitOp("until(…)", beginUntil, promise);
}
