/**
 * The op: a value that suspends the current fiber under `yield*`.
 *
 * Creating an op checks the rules, writes what it wants into the kernel's registers and gives a
 * shared object; `yield*` asks that object for an iterator (itself) and calls `next` twice: once to
 * start the op, which answers SUSPEND, and once, when the kernel enters the generator again, to
 * take the outcome. V8 inlines the creation into the routine but never these two calls, so they do
 * as little as they can, and the work is done at the creation.
 *
 * One shared object per kind of op, because a fresh one per suspension is garbage at the rate of
 * the switches: it cost two thirds of the speed at a million fibers. What makes sharing safe is
 * that only one op can be in hand: nothing else may be created, and no fiber entered, before it
 * has run; so neither can the checks become untrue in between.
 */
import { addRoutineLines } from "./error-trail.js";
import { FiberError, outside } from "./errors.js";
import { DELIVER, RAISE, START, SUSPEND, type TopFrame } from "./frame.js";
import { dropOp, notRun, record } from "./op-misuse.js";
import { CALL_CREATED, IDLE, K, STARTED, WATCHED } from "./registers.js";
import { UNWINDING } from "./state.js";
import { labelOf } from "./text.js";
import type { Suspension } from "./types.js";

/** Passed to `yield*`: suspends the current fiber until it has a result. */
export class Op<out Result, out Yields = never, in Receives = unknown> {
  /** The phase that means: this op was created and not yet run. */
  readonly #created: number;
  /** Nothing at run time: lets `yield*` infer what goes out and in. */
  declare protected readonly suspension: Suspension<Yields, Receives>;

  /** @internal */
  constructor(created: number) {
    this.#created = created;
  }

  [Symbol.iterator](): Iterator<Suspension<Yields, Receives>, Result, unknown> {
    return this as unknown as Iterator<Suspension<Yields, Receives>, Result, unknown>;
  }

  /** @internal The two calls that `yield*` makes: starts the op, or takes its outcome. */
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

  /** @internal The start alone, small enough to be inlined where `next` is not. */
  static start(op: Op<unknown, unknown, never>): IteratorYieldResult<unknown> {
    const phase = K.phase;
    if (phase !== op.#created) return op.next(undefined) as IteratorYieldResult<unknown>;
    K.phase = phase + STARTED;
    return SUSPEND;
  }

  /**
   * @internal `yield*` passes on that its generator is to return. Throws when what the op waited for
   * has failed: so the error comes up in the `finally`, and the kill stays in force beneath it.
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

/** Added to the phase of an op whose outcome may come to the same frame: see unwinding.ts. */
export function watched(): number {
  return (K.current._flags & UNWINDING) === 0 ? 0 : WATCHED;
}

/** Starts an op without `yield*`: for frames that are state machines. */
export function perform(op: Op<unknown, unknown, never>): IteratorYieldResult<unknown> {
  return Op.start(op);
}

/** What every finished op answers: read by `yield*` before anything else runs, cleared at the next start. */
export const DONE: { done: true; value: unknown } = { done: true, value: undefined };

/** The `next` that is neither a plain start nor a value: an error to throw, or a misuse. */
function outcome(value: unknown): never {
  const phase = K.phase;
  if (phase === RAISE) {
    K.phase = IDLE;
    addRoutineLines(value, outcome);
    if (K.phase !== IDLE) dropOp(value); // the program's own formatting of stacks has made an op
    throw value;
  }
  if (phase !== IDLE) throw notRun();
  throw new FiberError(
    "op-misused",
    `an op was run a second time in ${labelOf(K.current)}: create it anew for every yield*`,
  );
}

/** Starts an op whose outcome may come without a switch, in a fiber that unwinds: see unwinding.ts. */
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

/** The call of a routine: its frame is made, and runs when the op does. */
export function callOp(frame: TopFrame, frameBits: number, label: { name: string }): Op<unknown> {
  ready(label);
  K.phase = CALL_CREATED + watched();
  K.frame = frame;
  K.frameBits = frameBits;
  K.label = label;
  return CALL;
}

/** An op may be created: none is in hand, and a fiber has control. */
export function ready(what: string | { readonly name: string }): void {
  if (K.phase !== IDLE) throw notRun();
  // Asked for here only: the name of a function is a call into C++.
  if (K.current === K.root) throw outside(typeof what === "string" ? what : what.name);
  if (K.debug) record();
}
