/**
 * Who waits in a fiber's stead: for the several waits of one `select`, and for plain code.
 *
 * A wait knows a task, and ends it by `wake`. A stand-in is enough of a task for that: its end calls `over`
 * at once, where a task's makes it ready. So every kind of wait can be waited for without a fiber of its own,
 * and without knowing that there are stand-ins.
 */
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

/** It belongs to no scheduler's ready set: see `makeReady` in wait.ts. */
const WAITS: number = TRANSFERRED | SCHEDULED | OTHER_SCHEDULER;

/** The scheduler as a stand-in shows it: the same, but who becomes ready is told so. */
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
    return (this.scheduler as Outside | null)?.hosted ?? false;
  }

  /** Parked tasks that something outside may wake: counted by what they wait for. */
  get outside(): number {
    return (this.scheduler as Outside | null)?.outside ?? 0;
  }

  set outside(count: number) {
    if (this.scheduler !== null) (this.scheduler as Outside).outside = count;
  }

  now(): number {
    return this.scheduler?.now() ?? 0;
  }

  tickAfter(ms: number): number {
    return (this.scheduler as Outside).tickAfter(ms);
  }
}

interface Outside extends SchedulerFields {
  outside: number;
  readonly hosted: boolean;
  tickAfter(ms: number): number;
}

/** Its scope: all that a wait asks of that is the scheduler. */
class Place {
  readonly scheduler: Face;
  readonly effective: null;
  /** Draws lots: the same for each scheduler, so that a run can be had again. */
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

/** A number drawn by lot, from 0 to 2^31: Marsaglia's xorshift. */
export function lot(task: TaskFields): number {
  const place = placeOf(task._scope.scheduler);
  let { lot: drawn } = place;
  drawn ^= drawn << 13;
  drawn ^= drawn >>> 17;
  drawn ^= drawn << 5;
  place.lot = drawn;
  return drawn >>> 1;
}

export abstract class StandIn {
  /** @internal What a wait knows of a task. */
  _flags: number;
  /** @internal */
  _wait: unknown;
  /** @internal */
  readonly _scope: ScopeFields;
  /** Its wait has neither ended nor been called off. */
  waits: boolean;

  /** In the stead of a task; null for plain code. */
  constructor(task: TaskFields | null) {
    this._flags = WAITS;
    this._wait = undefined;
    this._scope = placeOf(task === null ? null : task._scope.scheduler) as never;
    this.waits = false;
  }

  /** Its wait has ended. Called by whoever ended it, as the last thing. */
  protected abstract over(how: WaitEnd, value: unknown): void;

  /** The wait begins. Answers false when its outcome is known: it is in the registers. */
  begin(kind: WaitKind, argument: unknown): boolean {
    return this.stands(kind.begin(this as never, argument));
  }

  /** What `begin` does after the wait has begun. */
  stands(wait: Waiting | null): boolean {
    if (wait === null) return false;
    if (wait === BARE_WAIT) throw new FiberError("op-misused", "only a fiber itself can park()");
    this._wait = wait;
    this._flags = WAITS | PARKED;
    this.waits = true;
    return true;
  }

  /** Calls its wait off, with the error that ends it. The undo of a wait may be the user's code. */
  callOff(error: unknown): void {
    if (!this.waits) return;
    const wait = this._wait as Waiting;
    this.waits = false;
    this._flags = WAITS;
    this._wait = undefined;
    if (typeof wait === "function") wait(OVER);
    else wait.undo(error);
  }

  /** For people: what it waits for. */
  get waiting(): Waiting | undefined {
    return this._wait as Waiting | undefined;
  }

  /** @internal Somebody has made it ready. */
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

/** Takes the wait in hand out of the registers: answers its kind, and adds its argument to `args`. */
export function takeWait(op: unknown, args: unknown[]): WaitKind {
  const { begin, phase } = K;
  const isWait = phase === WAIT_CREATED || phase === WAIT_CREATED + WATCHED;
  if (begin !== null && isWait && op instanceof Op) {
    args.push(K.value);
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

/** What a wait that ended at once has left in the registers. */
export function takeOutcome(): { readonly how: WaitEnd; readonly value: unknown } {
  const { how, value } = K;
  K.value = undefined;
  return { how: how === RAISE ? RAISE : DELIVER, value };
}
