/**
 * Ops: the values that suspend the current fiber under `yield*`.
 *
 * `Fiber.yield(v)` checks the rules, writes what it wants into the kernel's registers and gives a
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
import { contractError, FiberError, nativeCrossing } from "./errors.js";
import { Frame, type TopFrame } from "./frame.js";
import * as frames from "./frame.js";
import type { FiberFields } from "./kernel.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import { leaksKill } from "./leak.js";
import { checkResume, checkTransfer, deepest, entersByTransfer } from "./rules.js";
import type { How } from "./state.js";
import * as state from "./state.js";
import type { Suspension } from "./types.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { SUSPEND } = frames;
const {
  AGAIN_CREATED,
  CALL_CREATED,
  IDLE,
  K,
  RESUME_CREATED,
  STARTED,
  WATCHED,
  TRANSFER_CREATED,
  YIELD_CREATED,
} = kernel;
const { CREATED, DELIVER, GENERATOR, KILLED, PINNED, RAISE, RETURN, START, TERMINATED, UNWINDING } =
  state;

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
}

/** What every finished op answers: read by `yield*` before anything else runs, cleared at the next start. */
const DONE: { done: true; value: unknown } = { done: true, value: undefined };

const YIELD: Op<unknown> = new Op(YIELD_CREATED);
const RESUME: Op<unknown> = new Op(RESUME_CREATED);
const TRANSFER: Op<unknown> = new Op(TRANSFER_CREATED);
const CALL: Op<unknown> = new Op(CALL_CREATED);
const AGAIN: Op<unknown> = new Op(AGAIN_CREATED);
const KILLING = { name: "Fiber.kill" };

export function yieldOp(value: unknown): Op<unknown> {
  const prev = K.current._prev;
  if (
    K.phase !== IDLE ||
    prev === null ||
    (prev !== K.base && (prev._flags & PINNED) !== 0) ||
    K.debug
  ) {
    checkYield(prev);
  }
  K.phase = YIELD_CREATED;
  K.value = value;
  return YIELD;
}

/** Lines 14 and 15, out of the way of the fast path. */
function checkYield(prev: FiberFields | null): void {
  if (K.phase !== IDLE) throw notRun();
  if (prev === null) throw contractError("not-resumed");
  const broken = checkCrossing(prev);
  if (broken !== null) throw broken;
  record();
}

export function resumeOp(target: FiberFields, argc: number, value: unknown): Op<unknown> {
  ready("Fiber.resume");
  const broken = checkResume(target, false);
  if (broken !== null) throw broken;
  return aim(RESUME, RESUME_CREATED, target, DELIVER, argc, value);
}

export function transferOp(target: FiberFields, argc: number, value: unknown): Op<unknown> {
  ready("Fiber.transfer");
  if (target === K.current) return again(DELIVER, value);
  const broken = checkTransfer(target) ?? checkCrossing(target);
  if (broken !== null) throw broken;
  return aim(TRANSFER, TRANSFER_CREATED, target, DELIVER, argc, value);
}

export function raiseOp(target: FiberFields, error: unknown): Op<unknown> {
  ready("Fiber.raise");
  const end = deepest(target);
  const byTransfer = checkRaise(end, error);
  return byTransfer
    ? aim(TRANSFER, TRANSFER_CREATED, end, RAISE, 1, error)
    : aim(RESUME, RESUME_CREATED, end, RAISE, 1, error);
}

export function killOp(fiber: FiberFields): Op<unknown> {
  ready("Fiber.kill");
  if (fiber === K.root) throw killRoot();
  if ((fiber._flags & KILLED) !== 0) return again(DELIVER, false);
  const end = deepest(fiber);
  fiber._flags |= KILLED;
  if (fiber === K.current) return again(RETURN, undefined);
  if (endsAtOnce(fiber)) return again(DELIVER, fiber);
  const error = end === fiber ? undefined : unhandled();
  const phase = checkRaise(end, error) ? TRANSFER_CREATED : RESUME_CREATED;
  K.phase = CALL_CREATED;
  K.frame = new Frame(killing, fiber, end, error, phase + STARTED);
  K.frameBits = 0;
  K.label = KILLING;
  return CALL;
}

/**
 * A frame, because the result of a kill is the fiber, whatever that fiber answers and whoever gives
 * control back; so somebody has to remember it meanwhile.
 */
function killing(frame: Frame, how: How, value: unknown): unknown {
  switch (how) {
    case START: {
      const { a: fiber, b: end, c: error, d: phase } = frame;
      aim(RESUME, phase as number, end as FiberFields, end === fiber ? RETURN : RAISE, 1, error);
      return SUSPEND;
    }
    case RAISE:
      throw value;
    case RETURN:
      return frames.KILL;
    default:
      return frame.a;
  }
}

/** The call of a routine: its frame is made, and runs when the op does. */
export function callOp(frame: TopFrame, frameBits: number, label: { name: string }): Op<unknown> {
  ready(label.name);
  K.phase = CALL_CREATED + watched();
  K.frame = frame;
  K.frameBits = frameBits;
  K.label = label;
  return CALL;
}

/** Starts an op without `yield*`: for frames that are state machines. */
export function perform(op: Op<unknown, unknown, never>): IteratorYieldResult<unknown> {
  return op.next(undefined) as IteratorYieldResult<unknown>;
}

function aim(
  op: Op<unknown>,
  phase: number,
  target: FiberFields,
  how: How,
  argc: number,
  value: unknown,
): Op<unknown> {
  K.phase = phase;
  K.target = target;
  K.how = how;
  K.argc = argc;
  K.value = value;
  return op;
}

/** The op's outcome is known without a switch. */
function again(how: typeof DELIVER | typeof RETURN, value: unknown): Op<unknown> {
  K.phase = AGAIN_CREATED + watched();
  K.how = how;
  K.value = value;
  return AGAIN;
}

/** An op may be created: none is in hand, and a fiber has control. */
function ready(name: string): void {
  if (K.phase !== IDLE) throw notRun();
  if (K.current === K.root) throw outside(name);
  if (K.debug) record();
}

function record(): void {
  K.createdAt = new Error("the op was created here");
}

/**
 * The rules of a raise or kill: by transfer into a fiber that left by transfer, else by resume (29).
 * Answers whether by transfer; throws the error itself when it is for the current fiber.
 */
export function checkRaise(target: FiberFields, error: unknown): boolean {
  if (target === K.current) throw error;
  const byTransfer = entersByTransfer(target);
  const broken = byTransfer
    ? (checkTransfer(target) ?? checkCrossing(target))
    : checkResume(target, true);
  if (broken !== null) throw broken;
  return byTransfer;
}

/** The `next` that is neither a plain start nor a value: an error to throw, or a misuse. */
function outcome(value: unknown): never {
  const phase = K.phase;
  if (phase === RAISE) {
    K.phase = IDLE;
    throw value;
  }
  if (phase !== IDLE) throw notRun();
  throw new FiberError(
    "op-misused",
    `an op was run a second time in ${labelOf(K.current)}: create it anew for every yield*`,
  );
}

/**
 * Starts an op whose outcome will come without a switch, in a fiber that is being unwound: a kill
 * must not leak past a helper that the kernel cannot see (leak.ts).
 */
function startWatched(phase: number): IteratorYieldResult<unknown> {
  // A state machine delegates to nobody.
  if ((K.current._flags & GENERATOR) !== 0 && leaksKill()) {
    throw drop(
      new FiberError(
        "kill-leak",
        `${labelOf(K.current)} is being killed and runs a routine in the finally of an unwrapped ` +
          `helper, which would let its caller go on: wrap the helper with routine(…)`,
      ),
    );
  }
  K.phase = phase - WATCHED + STARTED;
  DONE.value = undefined;
  return SUSPEND;
}

/** Added to the phase of an op that must be watched when it starts. */
function watched(): number {
  return (K.current._flags & UNWINDING) === 0 ? 0 : WATCHED;
}

/** Gives the registers back: the op in hand is not going to run. */
export function drop<E>(error: E): E {
  K.phase = IDLE;
  K.value = undefined;
  K.target = null;
  K.frame = null;
  K.label = null;
  return error;
}

/** Control would have to leave a synchronous call below which the target waits. */
export function checkCrossing(target: FiberFields): FiberError | null {
  return target !== K.base && (target._flags & PINNED) !== 0
    ? nativeCrossing(labelOf(K.current), labelOf(target))
    : null;
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
  "a call",
  "Fiber.transfer(…) or Fiber.kill(…)",
];

/** An op was created and never run: reported once, at the first occasion after it. */
export function notRun(): FiberError {
  const { phase, label, createdAt } = K;
  const began = phase < WATCHED && phase >= YIELD_CREATED + STARTED;
  const kind = (phase - YIELD_CREATED) % STARTED;
  const name = label !== null ? `the call ${label.name || "of a routine"}(…)` : NAMES[kind];
  K.createdAt = null;
  return drop(
    new FiberError(
      "op-not-run",
      began
        ? `${name} was iterated by something else than yield* in ${labelOf(K.current)}: ` +
            `use yield* on it, and on the generator that contains it`
        : `${name} was created in ${labelOf(K.current)} but never run: write yield* before it`,
      createdAt === null ? {} : { cause: createdAt },
    ),
  );
}

function outside(name: string): FiberError {
  return new FiberError(
    "outside",
    `${name}(…) is for yield* inside a fiber: in plain code use the method on the fiber, ` +
      `or new Fiber(…).resume(…) for a routine`,
  );
}
