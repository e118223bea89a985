/** `suspend`: the one primitive that waits of every kind can be made of. */
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

/** Ends a wait with a value. Only the first call of it, or of its `fail`, counts. */
export type Wake<T> = (value: T) => void;
/** Ends a wait with an error. */
export type Fail = (error: unknown) => void;

/** Hands the wake to whoever will call it, and gives what takes it back from there. */
export type Register<T> = (wake: Wake<T>, fail: Fail) => (() => void) | void;

/**
 * A wait that has something to undo, or a name. Most have neither, and then the wake is all there is: it
 * stands in the task's `_wait` and is compared with what stands there when it is called. So a wait costs
 * two closures and the context that they share, and what nobody keeps of it is gone before the next
 * collection. (One object that is both wait and wake cannot be handed to `setTimeout`.)
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

  /** Whoever has the wake may be anybody. */
  get outside(): boolean {
    return true;
  }

  undo(): void {
    this.wake(OVER);
    this.takeBack?.();
  }
}

/** What a wake has been called with while the registration still ran. */
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
  // Until it is over: whoever keeps a wake keeps no fiber by it.
  let task: TaskFields | null = of;
  const own: BareWake = (value) => {
    if (task !== null && (value === OVER || end(task, own, DELIVER, value))) task = null;
  };
  const fail: Fail = (error) => {
    if (task !== null && end(task, own, RAISE, error)) task = null;
  };
  // Called by the registration at once, it finds the wake here and no wait yet.
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

/** The wait of which `own` is the wake ends. */
function end(task: TaskFields, own: BareWake, how: WaitEnd, value: unknown): true {
  if (slotOf(task) === own && (task._flags & PARKED) === 0) {
    fillSlot(task, new Early(how, value));
    return true;
  }
  if (slotOf(task) !== own) {
    const waiting = waitingOf(task);
    // In another fiber of its strand, or with something to undo; or it is over, and nobody has said so.
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
    `what is given to suspend returned ${promise ? "a promise" : textOf(value)}: it may return nothing, ` +
      `or a function that takes the registration back` +
      (promise ? "; an async function cannot be given to suspend: use until(…) for a promise" : ""),
  );
}

/**
 * Waits until the `wake` that it hands out is called with the result, or `fail` with an error.
 *
 * `register` is called when the wait begins; what it returns, if anything, takes the registration back
 * when the wait is called off. Suspends unless one of the two is called at once. Throws what `register`
 * throws, what `fail` is given, TypeError when `register` returns something else than a function, and
 * Cancelled. The first argument, if a text, says in dumps what is waited for.
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
    throw new TypeError("suspend takes a function that is given the wake and gives its undo");
  }
  return waitOp(SUSPEND_NAMED, { what: first, register: second });
}
