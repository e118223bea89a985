/**
 * Errors for ops that were created and never run, or were run without `yield*`. Such a mistake is noticed
 * only later, when the next op is created or the frame ends.
 */
import { FiberError } from "./errors.js";
import { RAISE } from "./frame.js";
import { K, STARTED, WATCHED, YIELD_CREATED, clearOp } from "./registers.js";
import { labelOf, routineOf } from "./text.js";

/** Clears the registers of the op in hand, which will not run. Returns the error. */
export function dropOp<E>(error: E): E {
  clearOp();
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

/** The index of a wait in the list above. */
const WAIT = NAMES.length - 1;

/** The registers show a raise as a resume or a transfer that brings an error. */
function nameOfKind(kind: number): string | undefined {
  if (kind === WAIT && K.begin !== null) return K.begin.name;
  return (kind === 1 || kind === 2) && K.how === RAISE ? "Fiber.raise(…)" : NAMES[kind];
}

function nameOfCall(label: { readonly name: string }): string {
  return label === KILLING ? "Fiber.kill(…)" : `the call ${label.name || "of a routine"}(…)`;
}

/** The label of the frame that a kill calls. */
export const KILLING: { readonly name: string } = { name: "Fiber.kill" };

/** The name of the op in hand. */
export function opInHand(): string {
  const { phase, label } = K;
  if (label !== null) return nameOfCall(label);
  return nameOfKind((phase - YIELD_CREATED) % STARTED) ?? "an op";
}

function whatToWrite(): string {
  const { current } = K;
  // A routine that runs and has given no generator is a plain function.
  return current._frame === routineOf(current._label)
    ? 'write yield* before it; in direct style, is "use fibers" missing, or the compiler?'
    : "write yield* before it, or () => if a routine is expected there";
}

/**
 * The error for an op that was created and never run. It is thrown once, at the first occasion after that. `advice` says
 * what its creator has to do.
 */
export function notRun(advice?: string): FiberError {
  const { phase, createdAt } = K;
  // A phase below those of ops: the generator was entered with an outcome that no op took.
  const given = phase < YIELD_CREATED;
  const began = given || (phase < WATCHED && phase >= YIELD_CREATED + STARTED);
  const name = given ? "an op" : opInHand();
  K.createdAt = null;
  return dropOp(
    new FiberError(
      "op-not-run",
      began
        ? `${name} was iterated by something other than yield* in ${labelOf(K.current)}: ` +
            `use yield* on it, and on the generator that contains it`
        : `${name} was created in ${labelOf(K.current)} but never run: ${advice ?? whatToWrite()}`,
      createdAt === null ? {} : { cause: createdAt },
    ),
  );
}
