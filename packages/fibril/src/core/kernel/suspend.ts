/** `suspend`: the one primitive from which every other wait can be built. */
import { DELIVER, RAISE } from "./frame.js";
import { notRun } from "./op-misuse.js";
import type { Op } from "./op.js";
import {
  type BareWake,
  IDLE,
  K,
  type TaskFields,
  type Wait,
  type WaitKind,
  type Waiting,
} from "./registers.js";
import { PARKED } from "./state.js";
import { OVER } from "./strand.js";
import { textIn, textOf } from "./text.js";
import { fillSlot, slotOf, waitingOf } from "./wait-slot.js";
import { type WaitEnd, endWait, waitOp } from "./wait.js";

/** Ends a wait with a value. Only the first call counts, whether of it or of the `fail` beside it. */
export type Wake<T> = (value: T) => void;
/** Ends a wait with an error. */
export type Fail = (error: unknown) => void;

/** Passes the wake on to the code that will call it. Returns the undo, which withdraws it from there. */
export type Register<T> = (wake: Wake<T>, fail: Fail) => (() => void) | void;

/**
 * A wait that has an undo or a name. Most waits have neither, and then the wake stands for the whole wait:
 * it is stored in the task's `_wait`, and a call of it compares itself with what is stored there. So a wait
 * costs two closures and the context that they share, and the parts that no code keeps are freed by the next
 * garbage collection. (One object that is both wait and wake could not be handed to `setTimeout`.)
 */
class Registered implements Wait {
  /** Its name, or the function that registered it. */
  private readonly about: string | Register<any>;
  readonly since: number;
  readonly wake: BareWake;
  readonly takeBack: (() => void) | undefined;

  constructor(
    task: TaskFields,
    about: string | Register<any>,
    wake: BareWake,
    takeBack: (() => void) | undefined,
  ) {
    this.about = about;
    this.since = task._scope.scheduler.time;
    this.wake = wake;
    this.takeBack = takeBack;
  }

  get what(): string {
    const { about } = this;
    return typeof about === "string" ? about : `suspend(${textIn(about, "name") || "…"})`;
  }

  /** Any code may hold the wake. */
  get outside(): boolean {
    return true;
  }

  undo(): void {
    this.wake(OVER);
    this.takeBack?.();
  }
}

/** The outcome, if the wake or `fail` was called while `register` was still running. */
class Early {
  readonly how: WaitEnd;
  readonly value: unknown;

  constructor(how: WaitEnd, value: unknown) {
    this.how = how;
    this.value = value;
  }
}

interface Named {
  readonly what: string;
  readonly register: Register<any>;
}

function begin(of: TaskFields, register: Register<any>, what: string | undefined): Waiting | null {
  // Cleared when the wait is over, so that a wake which a program keeps does not keep the fiber alive.
  let task: TaskFields | null = of;
  const own: BareWake = (value) => {
    if (task !== null && (value === OVER || end(task, own, DELIVER, value))) task = null;
  };
  const fail: Fail = (error) => {
    if (task !== null && end(task, own, RAISE, error)) task = null;
  };
  // If `register` calls the wake at once, the wake finds itself in the slot and the task not yet parked.
  fillSlot(of, own);
  let takeBack: unknown;
  try {
    takeBack = register(own, fail);
    if (K.phase !== IDLE) throw notRun();
    if (takeBack !== undefined && typeof takeBack !== "function") throw noUndo(takeBack);
  } catch (error) {
    own(OVER);
    fillSlot(of, undefined);
    throw error;
  }
  const early = slotOf(of);
  if (early !== own) {
    fillSlot(of, undefined);
    K.how = (early as Early).how;
    K.value = (early as Early).value;
    return null;
  }
  if (takeBack === undefined && what === undefined) return own;
  return new Registered(of, what ?? register, own, takeBack as (() => void) | undefined);
}

/** Ends the wait whose wake is `own`. */
function end(task: TaskFields, own: BareWake, how: WaitEnd, value: unknown): true {
  if (slotOf(task) === own && (task._flags & PARKED) === 0) {
    fillSlot(task, new Early(how, value));
    return true;
  }
  if (slotOf(task) !== own) {
    const waiting = waitingOf(task);
    // The wait is in another fiber of the strand, or it has an undo or a name. Otherwise it is
    // over, although this wake was never called with OVER.
    if (waiting !== own && !(waiting instanceof Registered && waiting.wake === own)) return true;
  }
  endWait(task, how, value);
  return true;
}

const SUSPEND: WaitKind = {
  name: "suspend(…)",
  begin: (task, register: Register<any>) => begin(task, register, undefined),
};

const SUSPEND_NAMED: WaitKind = {
  name: "suspend(…)",
  begin: (task, { what, register }: Named) => begin(task, register, what),
};

function noUndo(value: unknown): TypeError {
  const promise = value instanceof Promise;
  return new TypeError(
    `the function given to suspend returned ${promise ? "a promise" : textOf(value)}: it may return nothing, ` +
      `or a function that undoes what it has registered` +
      (promise ? "; it must not be an async function: use until(…) to wait for a promise" : ""),
  );
}

/**
 * Waits until `wake` is called with the result or `fail` is called with an error.
 *
 * `register` is called when the wait begins, and gets both. It may return a function that undoes what it
 * has registered, which is called if the wait is ended early. Suspends unless `register` itself calls
 * `wake` or `fail`. Throws what `register` throws, the error given to `fail`, TypeError if `register`
 * returns something other than a function, and Cancelled. If the first argument is a string, dumps show it
 * as what the fiber waits for.
 *
 * ```ts
 * function nextEvent(target: EventTarget, type: string) {
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
  if (typeof first === "function") return waitOp(SUSPEND, first);
  if (typeof first !== "string" || typeof second !== "function") {
    throw new TypeError(
      "suspend takes a function (wake, fail) => undo, after a string if the wait has a name",
    );
  }
  return waitOp(SUSPEND_NAMED, { what: first, register: second });
}
