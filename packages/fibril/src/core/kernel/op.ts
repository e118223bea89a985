/**
 * The op: a value that suspends the current fiber under `yield*`.
 *
 * Creating an op checks the rules, writes the op's wish into the kernel's registers and gives a shared
 * object. `yield*` asks that object for an iterator, which is the object itself, and calls `next` twice.
 * The first call starts the op and returns SUSPEND. The second takes the outcome, when the kernel enters
 * the generator again. V8 inlines the creation into the routine but never these two calls, so the creation
 * does the work, and the calls do as little as they can.
 *
 * There is one shared object for each kind of op, because a new one for each suspension is garbage at the
 * rate of the switches: it cost two thirds of the speed at a million fibers. Sharing is safe because a
 * fiber can have only one op in hand: until it has run, no other op may be created and no fiber entered.
 * For the same reason, what was checked at the creation is still true when the op runs.
 */
import { addRoutineLines } from "./error-trail.js";
import { FiberError, outside } from "./errors.js";
import { DELIVER, RAISE, START, SUSPEND, type TopFrame } from "./frame.js";
import { dropOp, notRun, record } from "./op-misuse.js";
import { CALL_CREATED, IDLE, K, STARTED, WATCHED } from "./registers.js";
import { UNWINDING } from "./state.js";
import { labelOf } from "./text.js";
import type { Suspension } from "./types.js";

/** A value for `yield*`: it suspends the current fiber until the op has a result. */
export class Op<out Result, out Yields = never, in Receives = unknown> {
  /** The value of `K.phase` that means: this op was created and has not been run yet. */
  readonly #created: number;
  /** Exists only for the compiler: `yield*` infers from it what the fiber yields and receives. */
  declare protected readonly suspension: Suspension<Yields, Receives>;

  /** @internal */
  constructor(created: number) {
    this.#created = created;
  }

  [Symbol.iterator](): Iterator<Suspension<Yields, Receives>, Result, unknown> {
    return this as unknown as Iterator<Suspension<Yields, Receives>, Result, unknown>;
  }

  /** @internal `yield*` calls this twice: to start the op, and to take its outcome. */
  next(value?: unknown): IteratorResult<unknown, unknown> {
    const phase = K.phase;
    if (phase === DELIVER) {
      K.phase = IDLE;
      DONE.value = value;
      return DONE;
    }
    if (phase !== this.#created) {
      return phase === this.#created + WATCHED ? startWatched(phase) : outcome(value);
    }
    K.phase = phase + STARTED;
    DONE.value = undefined;
    return SUSPEND;
  }

  /** @internal Only the start: small enough to be inlined, which `next` is not. */
  static start(op: Op<unknown, unknown, never>): IteratorYieldResult<unknown> {
    const phase = K.phase;
    if (phase !== op.#created) return op.next(undefined) as IteratorYieldResult<unknown>;
    K.phase = phase + STARTED;
    return SUSPEND;
  }

  /**
   * @internal `yield*` calls this when its generator is unwound. Throws if the op has failed: then the
   * error appears in the `finally` block, and the kill stays in force.
   */
  return(value?: unknown): IteratorResult<unknown, unknown> {
    if (K.phase === RAISE) {
      const error = K.value;
      K.phase = IDLE;
      K.value = undefined;
      throw error;
    }
    DONE.value = value;
    return DONE;
  }
}

/** What to add to the phase of an op whose outcome may go back to the same frame at once: see unwinding.ts. */
export function watched(): number {
  return (K.current._flags & UNWINDING) === 0 ? 0 : WATCHED;
}

/** Starts an op without `yield*`, for frames that are state machines. */
export function perform(op: Op<unknown, unknown, never>): IteratorYieldResult<unknown> {
  return Op.start(op);
}

/**
 * The same for a state machine that can go on at once, as a generator can under `yield*`. If the op has its result
 * without waiting, because a message is there or a lock is free, this returns the result. Otherwise it returns SUSPEND:
 * the state machine must return that too, and is entered later.
 */
export function performNow(op: Op<unknown, unknown, never>): unknown {
  const result = op.next(undefined);
  return result === SUSPEND ? SUSPEND : result.value;
}

/** What `next` returns for every finished op. `yield*` reads it before anything else runs; the next start clears it. */
export const DONE: { done: true; value: unknown } = { done: true, value: undefined };

/** A `next` that neither starts the op nor takes a value: it throws the op's error, or reports a misuse. */
function outcome(value: unknown): never {
  const phase = K.phase;
  if (phase === RAISE) {
    K.phase = IDLE;
    addRoutineLines(value, outcome);
    if (K.phase !== IDLE) dropOp(value); // the program's own formatter of stacks created an op
    throw value;
  }
  if (phase !== IDLE) throw notRun();
  throw new FiberError(
    "op-misused",
    `an op was run a second time in ${labelOf(K.current)}: create a new one for every yield*`,
  );
}

/** Starts an op in an unwinding fiber, where the outcome may come without a switch: see unwinding.ts. */
function startWatched(phase: number): IteratorResult<unknown, unknown> {
  K.phase = phase - WATCHED + STARTED;
  const how = K.runInside(K.current);
  DONE.value = undefined;
  if (how === START) return SUSPEND;
  const { value } = K;
  K.value = undefined;
  if (how === RAISE) throw value;
  DONE.value = value;
  return DONE;
}

export const CALL: Op<unknown> = new Op(CALL_CREATED);

/** The op that calls a routine: its frame has been made, and is entered when the op runs. */
export function callOp(frame: TopFrame, frameBits: number, label: { name: string }): Op<unknown> {
  ready(label);
  K.phase = CALL_CREATED + watched();
  K.frame = frame;
  K.frameBits = frameBits;
  K.label = label;
  return CALL;
}

/** Throws unless an op may be created: no other op is in hand, and a fiber has control. */
export function ready(what: string | { readonly name: string }): void {
  if (K.phase !== IDLE) throw notRun();
  // The name is read only here, because reading a function's name is a call into C++.
  if (K.current === K.root) throw outside(typeof what === "string" ? what : what.name);
  if (K.debug) record();
}
