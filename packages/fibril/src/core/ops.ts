/**
 * Ops: the values that suspend the current fiber under `yield*`.
 *
 * `Fiber.yield(v)` writes what it wants into the kernel's registers and gives a shared object;
 * `yield*` asks that object for an iterator (itself) and calls `next` twice: once to start the op,
 * which answers SUSPEND, and once, when the kernel enters the generator again, to take the outcome.
 * One shared object per kind of op, because a fresh one per suspension is garbage at the rate of
 * the switches: it cost two thirds of the speed at a million fibers. What makes sharing safe is
 * that only one op can be in hand: creating a second one before the first has run is reported.
 */
import { contractError, FiberError, nativeCrossing } from "./errors.ts";
import type { Routine, Suspension } from "./types.ts";
import {
  AGAIN_STARTED,
  CALL_CREATED,
  CALL_STARTED,
  type FiberFields,
  IDLE,
  K,
  KILL_CREATED,
  RAISE_CREATED,
  RESUME_CREATED,
  RESUME_STARTED,
  TRANSFER_CREATED,
  TRANSFER_STARTED,
  YIELD_CREATED,
  YIELD_STARTED,
} from "./kernel.ts";
import { SUSPEND } from "./frame.ts";
import { labelOf } from "./label.ts";
import { leaksKill } from "./leak.ts";
import { checkResume, checkTransfer, deepest, entersByTransfer } from "./rules.ts";
import { CREATED, DELIVER, KILLED, PINNED, RAISE, RETURN, TERMINATED, UNWINDING } from "./state.ts";

/** Passed to `yield*`: suspends the current fiber until it has a result. */
export abstract class Op<out Result, out Yields = never, in Receives = unknown> {
  declare protected readonly suspension: Suspension<Yields, Receives>;

  [Symbol.iterator](): Iterator<Suspension<Yields, Receives>, Result, unknown> {
    return this as unknown as Iterator<Suspension<Yields, Receives>, Result, unknown>;
  }

  /** Starts the op, or takes its outcome: the two calls that `yield*` makes. */
  abstract next(value?: unknown): IteratorResult<undefined, unknown>;
}

/** The result object of every finished op: read by `yield*` before anyone else runs, cleared at the next start. */
const DONE: { done: true; value: unknown } = { done: true, value: undefined };

class YieldOp extends Op<unknown> {
  next(value?: unknown): IteratorResult<undefined, unknown> {
    const phase = K.phase;
    if (phase === DELIVER) {
      K.phase = IDLE;
      DONE.value = value;
      return DONE;
    }
    if (phase !== YIELD_CREATED) return outcome(value);
    const prev = K.current._prev;
    if (prev === null) throw drop(contractError("not-resumed"));
    if (prev !== K.base && (prev._flags & PINNED) !== 0) throw drop(crossing(prev));
    DONE.value = undefined;
    K.phase = YIELD_STARTED;
    return SUSPEND;
  }
}

class ResumeOp extends Op<unknown> {
  next(value?: unknown): IteratorResult<undefined, unknown> {
    if (K.phase !== RESUME_CREATED) return outcome(value);
    const target = K.target as FiberFields;
    const broken = checkResume(target, false);
    if (broken !== null) throw drop(broken);
    K.how = DELIVER;
    return start(RESUME_STARTED);
  }
}

class TransferOp extends Op<unknown> {
  next(value?: unknown): IteratorResult<undefined, unknown> {
    if (K.phase !== TRANSFER_CREATED) return outcome(value);
    const target = K.target as FiberFields;
    if (target === K.current) return again(DELIVER, K.value);
    const broken = checkTransfer(target) ?? checkCrossing(target);
    if (broken !== null) throw drop(broken);
    K.how = DELIVER;
    return start(TRANSFER_STARTED);
  }
}

class RaiseOp extends Op<unknown> {
  next(value?: unknown): IteratorResult<undefined, unknown> {
    if (K.phase !== RAISE_CREATED) return outcome(value);
    return startRaise(deepest(K.target as FiberFields), RAISE, K.value);
  }
}

/** Not shared: its result is the fiber, whatever the fiber answered, so it has to remember it. */
class KillOp extends Op<unknown> {
  readonly #fiber: FiberFields;
  #result: FiberFields | boolean;

  constructor(fiber: FiberFields) {
    super();
    this.#fiber = fiber;
    this.#result = fiber;
  }

  next(value?: unknown): IteratorResult<undefined, unknown> {
    if (K.phase === DELIVER) value = this.#result;
    if (K.phase !== KILL_CREATED || K.target !== this.#fiber) return outcome(value);
    const fiber = this.#fiber;
    if (fiber === K.root) throw drop(killRoot());
    if ((fiber._flags & KILLED) !== 0) {
      this.#result = false;
      return again(DELIVER, undefined);
    }
    fiber._flags |= KILLED;
    if (fiber === K.current) return again(RETURN, undefined);
    if (endsAtOnce(fiber)) return again(DELIVER, undefined);
    const target = deepest(fiber);
    return target === fiber
      ? startRaise(target, RETURN, undefined)
      : startRaise(target, RAISE, unhandled());
  }
}

class CallOp extends Op<unknown> {
  next(value?: unknown): IteratorResult<undefined, unknown> {
    if (K.phase !== CALL_CREATED) return outcome(value);
    refuseLeak();
    return start(CALL_STARTED);
  }
}

export const YIELD: Op<unknown> = new YieldOp();
export const RESUME: Op<unknown> = new ResumeOp();
export const TRANSFER: Op<unknown> = new TransferOp();
export const RAISE_OP: Op<unknown> = new RaiseOp();
export const CALL: Op<unknown> = new CallOp();
export function killOp(fiber: FiberFields): Op<unknown> {
  return new KillOp(fiber);
}

/** Reserves the registers for an op that is being created. */
export function create(phase: number): void {
  if (K.phase !== IDLE) throw notRun();
  if (K.current === K.root) throw outside(phase);
  K.phase = phase;
  if (K.debug) K.createdAt = new Error("created here");
}

/** Starts an op without `yield*`: for frames that are state machines. */
export function perform(op: Op<unknown, unknown, never>): typeof SUSPEND {
  return op.next(undefined) as typeof SUSPEND;
}

/** The start of a raise or kill: by transfer into a fiber that left by transfer, else by resume (line 29). */
function startRaise(
  target: FiberFields,
  how: typeof RAISE | typeof RETURN,
  error: unknown,
): typeof SUSPEND {
  if (target === K.current) throw drop(error);
  const byTransfer = entersByTransfer(target);
  const broken = byTransfer
    ? (checkTransfer(target) ?? checkCrossing(target))
    : checkResume(target, true);
  if (broken !== null) throw drop(broken);
  K.target = target;
  K.value = error;
  K.how = how;
  return start(byTransfer ? TRANSFER_STARTED : RESUME_STARTED);
}

function start(phase: number): typeof SUSPEND {
  DONE.value = undefined;
  K.phase = phase;
  return SUSPEND;
}

/** The op's outcome is known without a switch. */
function again(how: typeof DELIVER | typeof RETURN, value: unknown): typeof SUSPEND {
  refuseLeak();
  K.how = how;
  K.value = value;
  K.target = null;
  return start(AGAIN_STARTED);
}

/** The second `next`, outside the fast path of yield: takes the value or throws the error. */
function outcome(value: unknown): typeof DONE {
  const phase = K.phase;
  if (phase === DELIVER) {
    K.phase = IDLE;
    DONE.value = value;
    return DONE;
  }
  if (phase === RAISE) {
    K.phase = IDLE;
    throw value;
  }
  if (phase === IDLE) {
    throw new FiberError(
      "op-misused",
      `an op was run a second time in ${where()}: create it anew for every yield*`,
    );
  }
  throw notRun();
}

/** A kill must not leak past a helper that the kernel cannot see: see leak.ts. */
function refuseLeak(): void {
  if ((K.current._flags & UNWINDING) !== 0 && leaksKill()) {
    throw drop(
      new FiberError(
        "kill-leak",
        `${where()} is being killed and runs a routine in the finally of an unwrapped helper, ` +
          `which would let its caller go on: wrap the helper with routine(…)`,
      ),
    );
  }
}

/** Gives the registers back because the op failed in the fiber that ran it. */
export function drop<E>(error: E): E {
  K.phase = IDLE;
  K.value = undefined;
  K.target = null;
  K.frame = null;
  K.label = null;
  return error;
}

export function checkCrossing(target: FiberFields): FiberError | null {
  return target !== K.base && (target._flags & PINNED) !== 0 ? crossing(target) : null;
}

function crossing(target: FiberFields): FiberError {
  return nativeCrossing(labelOf(K.current), labelOf(target));
}

/** Kill of a fiber that has not started or has ended: nothing to unwind (line 33). */
export function endsAtOnce(fiber: FiberFields): boolean {
  if ((fiber._flags & CREATED) !== 0) {
    fiber._flags = TERMINATED | KILLED;
    fiber._frame = null;
    fiber._storage = null;
    return true;
  }
  return (fiber._flags & TERMINATED) !== 0;
}

export function killRoot(): FiberError {
  return new FiberError(
    "kill-root",
    "the root fiber stands for plain code, which cannot be killed",
  );
}

/** What the deepest descendant gets when a fiber that is resuming it is killed (line 36), as in Ruby. */
export function unhandled(): Error {
  return new Error("unhandled exception");
}

const NAMES: readonly string[] = [
  "Fiber.yield(…)",
  "Fiber.resume(…)",
  "Fiber.transfer(…)",
  "Fiber.raise(…)",
  "Fiber.kill(…)",
  "a routine's call",
];

/** An op was created and never run: reported once, at the first occasion after it. */
export function notRun(): FiberError {
  const phase = K.phase;
  const name =
    phase === CALL_CREATED || phase === CALL_STARTED
      ? `the call of ${K.label?.name || "a routine"}(…)`
      : (NAMES[phase >= YIELD_STARTED ? phase - YIELD_STARTED : phase - YIELD_CREATED] ?? "an op");
  const began = phase >= YIELD_STARTED;
  const cause = K.createdAt;
  K.createdAt = null;
  return drop(
    new FiberError(
      "op-not-run",
      began
        ? `${name} was iterated by something else than yield* in ${where()}: use yield* on it, and on the generator that contains it`
        : `${name} was created in ${where()} but never run: write yield* before it`,
      cause === null || !K.debug ? {} : { cause },
    ),
  );
}

function outside(phase: number): FiberError {
  if (phase === YIELD_CREATED) return contractError("not-resumed");
  const name = NAMES[phase - YIELD_CREATED] as string;
  return new FiberError(
    "outside",
    `${name} is for yield* inside a fiber: in plain code use the method of the same name on the fiber`,
  );
}

/** The fiber that has control, for messages. */
function where(): string {
  return labelOf(K.current);
}

export type { Routine };
