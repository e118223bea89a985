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
import { forget } from "./apart.js";
import { FiberError } from "./errors.js";
import * as frames from "./frame.js";
import { addRoutines } from "./hops.js";
import * as kernel from "./kernel.js";
import { labelOf } from "./label.js";
import * as state from "./state.js";
import type { Suspension } from "./types.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { SUSPEND } = frames;
const { IDLE, K, STARTED, WATCHED, YIELD_CREATED } = kernel;
const { DELIVER, RAISE, START, UNWINDING } = state;

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
    addRoutines(value, outcome);
    if (K.phase !== IDLE) drop(value); // the program's own formatting of stacks has made an op
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

/** Gives the registers back: the op in hand is not going to run. */
export function drop<E>(error: E): E {
  forget();
  return error;
}

export function record(): void {
  K.createdAt = new Error("the op was created here");
}

const NAMES: readonly string[] = [
  "Fiber.yield(…)",
  "Fiber.resume(…)",
  "Fiber.transfer(…)",
  "a call",
  "Fiber.transfer(…) or Fiber.kill(…)",
  "yieldNow()",
  "a wait (sleep(…), until(…), a join or the like)",
];

/** A raise is a resume or a transfer that brings an error. */
function nameOfKind(kind: number): string | undefined {
  return (kind === 1 || kind === 2) && K.how === RAISE ? "Fiber.raise(…)" : NAMES[kind];
}

function nameOfCall(label: { readonly name: string }): string {
  return label === KILLING ? "Fiber.kill(…)" : `the call ${label.name || "of a routine"}(…)`;
}

/** The label of the frame that a kill calls. */
export const KILLING: { readonly name: string } = { name: "Fiber.kill" };

/** An op was created and never run: reported once, at the first occasion after it. */
export function notRun(): FiberError {
  const { phase, label, createdAt } = K;
  // Below the phases of ops: the generator was entered with an outcome, and no op took it.
  const given = phase < YIELD_CREATED;
  const began = given || (phase < WATCHED && phase >= YIELD_CREATED + STARTED);
  const kind = (phase - YIELD_CREATED) % STARTED;
  const name = given ? "an op" : label === null ? nameOfKind(kind) : nameOfCall(label);
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
