/**
 * Stand-ins: objects that wait in place of a fiber, for the several waits of one `select` and for plain code.
 *
 * A wait refers to a task and ends with `wake`. A stand-in has the fields of a task that this needs. When its
 * wait ends, `over` is called at once, whereas a task would become ready. So every kind of wait works without
 * a fiber of its own, and no kind has to know that there are stand-ins.
 */
import { ATTEMPT } from "./attempt.js";
import { callLazily } from "./direct-word.js";
import { FiberError } from "./errors.js";
import { DELIVER, RAISE } from "./frame.js";
import { dropOp } from "./op-misuse.js";
import { Op } from "./op.js";
import {
  IDLE,
  K,
  type SchedulerFields,
  type ScopeFields,
  type TaskFields,
  WAIT_CREATED,
  WATCHED,
  type WaitKind,
  type Waiting,
} from "./registers.js";
import { OTHER_SCHEDULER, PARKED, RAISES, SCHEDULED, TRANSFERRED } from "./state.js";
import { OVER } from "./strand.js";
import { BARE_WAIT } from "./wait-slot.js";
import type { WaitEnd } from "./wait.js";

/** OTHER_SCHEDULER, so that `makeReady` in wait.ts uses the stand-in's `Face` and no real ready set. */
const WAITS: number = TRANSFERRED | SCHEDULED | OTHER_SCHEDULER;

/** The scheduler that a stand-in shows: the task's, except that a stand-in which becomes ready is called at once. */
class Face {
  readonly scheduler: SchedulerFields | null;
  readonly probe: null;

  constructor(scheduler: SchedulerFields | null) {
    this.scheduler = scheduler;
    this.probe = null;
  }

  get ready(): this {
    return this;
  }

  add(standIn: StandIn): void {
    standIn._over();
  }

  remove(): void {}

  stir(): void {
    this.scheduler?.stir();
  }

  get time(): number {
    return this.scheduler?.time ?? 0;
  }

  get timers(): unknown {
    return this.scheduler?.timers;
  }

  get host(): unknown {
    return this.scheduler?.host;
  }

  get hosted(): boolean {
    return this.scheduler?.hosted ?? false;
  }

  /** How many parked tasks something outside may wake. The waits themselves count it. */
  get outside(): number {
    return this.scheduler?.outside ?? 0;
  }

  set outside(count: number) {
    if (this.scheduler !== null) this.scheduler.outside = count;
  }

  now(): number {
    return this.scheduler?.now() ?? 0;
  }

  tickAfter(ms: number): number {
    return (this.scheduler as SchedulerFields).tickAfter(ms);
  }
}

/** Its scope: all that a wait asks of that is the scheduler. */
class Place {
  readonly scheduler: Face;
  readonly effective: null;
  /** The state of the random numbers. Each scheduler begins with the same, so that a run can be repeated. */
  lot: number;

  constructor(scheduler: SchedulerFields | null) {
    this.scheduler = new Face(scheduler);
    this.effective = null;
    this.lot = 1;
  }
}

const places = new WeakMap<SchedulerFields, Place>();
const NOWHERE = new Place(null);
let lastPlace = NOWHERE;

function placeOf(scheduler: SchedulerFields | null): Place {
  if (scheduler === lastPlace.scheduler.scheduler) return lastPlace;
  if (scheduler === null) return NOWHERE;
  let place = places.get(scheduler);
  if (place === undefined) places.set(scheduler, (place = new Place(scheduler)));
  return (lastPlace = place);
}

/** A random whole number from 0 to 2^31 - 1: Marsaglia's xorshift. */
export function lot(task: TaskFields): number {
  const place = placeOf(task._scope.scheduler);
  let { lot: drawn } = place;
  drawn ^= drawn << 13;
  drawn ^= drawn >>> 17;
  drawn ^= drawn << 5;
  place.lot = drawn;
  return drawn >>> 1;
}

/** Waits in place of a task, or for plain code. */
export abstract class StandIn {
  /** @internal The fields of a task that a wait uses. */
  _flags: number;
  /** @internal */
  _wait: unknown;
  /** @internal */
  readonly _scope: ScopeFields;
  /** Whether it is waiting: its wait has neither ended nor been called off. */
  waits: boolean;

  /** `task` is the task that it stands for; null for plain code. */
  constructor(task: TaskFields | null) {
    this._flags = WAITS;
    this._wait = undefined;
    this._scope = placeOf(task === null ? null : task._scope.scheduler) as never;
    this.waits = false;
  }

  /** Its wait has ended. The code that ended it calls this last. */
  protected abstract over(how: WaitEnd, value: unknown): void;

  /** Begins a wait. Returns false if its outcome is known already; it is then in the registers. */
  begin(kind: WaitKind, argument: unknown): boolean {
    return this.stands(kind.begin(this as never, argument));
  }

  /** The second half of `begin`, for a wait that has already begun. */
  stands(wait: Waiting | null): boolean {
    if (wait === null) return false;
    if (wait === BARE_WAIT) throw new FiberError("op-misused", "only a fiber itself can park()");
    this._wait = wait;
    this._flags = WAITS | PARKED;
    this.waits = true;
    return true;
  }

  /** Ends its wait early, with an error. The undo of the wait may be user code. */
  callOff(error: unknown): void {
    if (!this.waits) return;
    const wait = this._wait as Waiting;
    this.waits = false;
    this._flags = WAITS;
    this._wait = undefined;
    if (typeof wait === "function") wait(OVER);
    else wait.undo(error);
  }

  /** For dumps: what it waits for. */
  get waiting(): Waiting | undefined {
    return this._wait as Waiting | undefined;
  }

  /** @internal It was made ready, so its wait has ended. */
  _over(): void {
    const value = this._wait;
    const how = (this._flags & RAISES) === 0 ? DELIVER : RAISE;
    this._flags = WAITS;
    this._wait = undefined;
    if (!this.waits) return;
    this.waits = false;
    this.over(how, value);
  }
}

/**
 * Takes the wait that a function gives out of the registers. Returns its kind, and writes its argument to
 * `args[n]`.
 */
export function takeWait(gives: () => unknown, args: unknown[], n: number): WaitKind {
  const op = callLazily(gives);
  const { begin, phase } = K;
  const isWait = phase === WAIT_CREATED || phase === WAIT_CREATED + WATCHED;
  if (begin !== null && isWait && (op === ATTEMPT || op instanceof Op)) {
    args[n] = K.value;
    K.begin = null;
    K.value = undefined;
    K.phase = IDLE;
    return begin;
  }
  if (phase !== IDLE) dropOp(null);
  throw new TypeError(
    "a case is a function that gives a wait: () => channel.receive(), () => sleep(100), () => fiber.join()",
  );
}

/** Takes the outcome of a wait that ended at once out of the registers. */
export function takeOutcome(): { readonly how: WaitEnd; readonly value: unknown } {
  const { how, value } = K;
  K.value = undefined;
  return { how: how === RAISE ? RAISE : DELIVER, value };
}
