/** `suspend`: the one primitive that waits of every kind can be made of. */
import type { TaskFields } from "./core/kernel.js";
import * as kernel from "./core/kernel.js";
import { notRun, type Op } from "./core/op.js";
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
  readonly what: string;
  readonly since: number;
  /** Until it is over: whoever keeps the wake keeps no fiber by it. */
  private task: TaskFields | null;
  private takeBack: (() => void) | undefined;
  private state: typeof BEGINNING | typeof WAITING | typeof OVER;
  private how: Outcome;
  private value: unknown;

  constructor(task: TaskFields, what: string) {
    this.what = what;
    this.since = task._scope.scheduler.time;
    this.task = task;
    this.takeBack = undefined;
    this.state = BEGINNING;
    this.how = DELIVER;
    this.value = undefined;
  }

  /** Whoever has the wake may be anybody. */
  get outside(): boolean {
    return true;
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
    this.value = undefined;
    return null;
  }

  end(how: Outcome, value: unknown): void {
    const { state, task } = this;
    if (state === OVER) return;
    this.over();
    if (state === WAITING) wake(task as TaskFields, how, value);
    else {
      this.how = how;
      this.value = value;
    }
  }

  undo(): void {
    const { takeBack } = this;
    this.over();
    takeBack?.();
  }

  private over(): void {
    this.state = OVER;
    this.task = null;
    this.takeBack = undefined;
  }
}

interface Wish {
  readonly what: string;
  readonly register: Register<any>;
}

function beginSuspend(task: TaskFields, argument: unknown): Wait | null {
  const { what, register } = argument as Wish;
  return new Suspension(task, what).begin(register);
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
