/**
 * Every error that the core throws. There are two families. FiberError and its subclasses say that
 * something was misused or has failed. Cancelled is not one of them: it says that the work was asked to
 * end, and is meant to be passed on. If Ruby has the rule, the text is Ruby 3.4's; every other text says
 * whose fault it is and what to write instead. Programs branch on `code`; people read `message`.
 */
import { FULL_TEXTS } from "./full-texts.js";
import type { CancelRequest, CancelSource } from "./registers.js";
import { limitStack } from "./stack-limit.js";

/** What kind of mistake it was. `docs/errors.md` describes each code. */
export type FiberErrorCode =
  | "terminated"
  | "current"
  | "double-resume"
  | "resuming"
  | "transferring"
  | "yielding"
  | "not-resumed"
  | "dead"
  | "unborn"
  | "foreign"
  | "native-crossing"
  | "kill-current"
  | "kill-root"
  | "op-not-run"
  | "op-misused"
  | "raw-yield"
  | "outside"
  | "waiting"
  | "unscheduled"
  | "sync-wait"
  | "needs-host"
  | "cancelled"
  | "killed"
  | "pending"
  | "itself"
  | "scope-open"
  | "scope-closed"
  | "not-started"
  | "already-held"
  | "not-held"
  | "abandoned"
  | "pool-closed"
  | "timeout"
  | "deadlock"
  | "intensity"
  | "circuit-open"
  | "simulation"
  | "leaked"
  | "closed"
  | "broken"
  | "busy"
  | "event"
  | "overflow"
  | "ended"
  | "internal";

/** Defines the name, because an assignment to a prototype throws if `Error.prototype` is frozen. */
function nameErrors(type: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(type.prototype, "name", {
    value: name,
    configurable: true,
    writable: true,
  });
}

/** A fiber was used in a way that its state does not allow. Thrown to the code that tried it. */
export class FiberError extends Error {
  /** Stable across versions, unlike the message. */
  readonly code: FiberErrorCode;

  constructor(code: FiberErrorCode, message: string, options?: ErrorOptions) {
    super(FULL_TEXTS ? message : `see docs/errors.md#${code} of fibril`, options);
    this.code = code;
  }

  /** Its name, code and message. */
  toJSON(): { name: string; code: FiberErrorCode; message: string } {
    const { name, code, message } = this;
    return { name, code, message };
  }

  static {
    nameErrors(this, "FiberError");
  }
}

/**
 * Thrown at the waits of a fiber that was asked to end. Let it pass: the scope that was cancelled ends
 * quietly by itself. It is thrown again at every later wait that is not inside a `shield`, and its message
 * then names that wait.
 */
export class Cancelled extends Error {
  /** Private, so that printing a Cancelled does not print a scheduler. `Cancelled.is` looks for this field. */
  readonly #request: CancelRequest;
  readonly #fiber: unknown;
  readonly #forced: boolean;

  /** @internal Only the library makes them. */
  constructor(message: string, request: CancelRequest, fiber: unknown, forced: boolean) {
    // No stack: it would show only the kernel, and it would cost a million cancelled fibers several
    // microseconds each. The message says which fiber was cancelled, and by what.
    const limit = limitStack(0);
    super(message);
    limitStack(limit);
    this.#request = request;
    this.#fiber = fiber;
    this.#forced = forced;
  }

  /** The reason given to `cancel`, if any. */
  get reason(): unknown {
    return this.#request.reason;
  }

  /** What asked: a fiber, a scope, a deadline, a sibling's failure, an AbortSignal, or a parent's end. */
  get source(): CancelSource {
    return this.#request.source;
  }

  /** Whether the fiber's grace was over, so that it was unwound and could not wait any more. */
  get forced(): boolean {
    return this.#forced;
  }

  /** @internal */
  get request(): CancelRequest {
    return this.#request;
  }

  /** Its name, message, source and reason. A reason that is an error or another object becomes a text. */
  toJSON(): { name: string; message: string; source: CancelSource; reason: unknown } {
    const { message, reason, source } = this;
    const plain = reason === null || (typeof reason !== "object" && typeof reason !== "bigint");
    return { name: "Cancelled", message, source, reason: plain ? reason : printed(reason) };
  }

  /** @internal Whether a value is a Cancelled. `instanceof` would throw at a revoked proxy. */
  static is(value: unknown): value is Cancelled {
    return typeof value === "object" && value !== null && #request in value;
  }

  static {
    nameErrors(this, "Cancelled");
    // The getter `fiber` is declared in fiber.ts, because the type of a fiber is not known here.
    Object.defineProperty(this.prototype, "fiber", {
      get(this: Cancelled) {
        return this.#fiber;
      },
    });
  }
}

/** The text of a reason. Never throws, although an object may throw when it is converted to a string. */
function printed(reason: unknown): string {
  try {
    return reason instanceof Error ? reason.message : String(reason);
  } catch {
    return `a value that has no text (${typeof reason})`;
  }
}

/** Thrown by `failAfter` and `failAt` when the time is up. */
export class TimeoutError extends FiberError {
  /** @internal Made by the block whose time limit has passed. */
  constructor(what: string, limit: string, waited: string | undefined) {
    const waiting = waited === undefined ? "" : `; it was waiting for ${waited}`;
    super("timeout", `${what} was not done in time: ${limit}${waiting}`);
  }

  static {
    nameErrors(this, "TimeoutError");
  }
}

/**
 * Something in the library is broken; the program that uses it is not at fault. It is reported to the
 * host, and the other fibers go on.
 */
export class InternalError extends FiberError {
  /** @internal */
  constructor(where: string, cause: unknown) {
    super("internal", `a fault in fibril itself, ${where}: please report it, with its cause`, {
      cause,
    });
  }

  static {
    nameErrors(this, "InternalError");
  }
}

/** Every fiber is waiting, and nothing can wake any of them. */
export class DeadlockError extends FiberError {
  /** For each fiber, a line that says what it waits for. */
  readonly waits: readonly string[];

  constructor(waits: readonly string[]) {
    super("deadlock", `every fiber is waiting and nothing can wake them:\n  ${waits.join("\n  ")}`);
    this.waits = waits;
  }

  static {
    nameErrors(this, "DeadlockError");
  }
}

/** Thrown by `simulate` when a routine fails in one of the orders that are tried. */
export class SimulationError extends FiberError {
  /** The seed that repeats the order. */
  readonly seed: number;

  /** @internal */
  constructor(seed: number, runs: string, why: string, cause: unknown) {
    super(
      "simulation",
      `failed under seed ${seed}${runs}: ${why}\n` +
        `  to repeat it: set FIBRIL_SEED=${seed} in the environment, or call simulate({ seed: ${seed} }, …)`,
      { cause },
    );
    this.seed = seed;
  }

  static {
    nameErrors(this, "SimulationError");
  }
}

/** Ruby's own texts. The numbers are lines of the contract in `docs/ruby.md`. */
const RUBY = {
  unborn: "cannot raise exception on unborn fiber", // 6
  terminated: "attempt to resume a terminated fiber", // 7
  current: "attempt to resume the current fiber", // 8
  "double-resume": "attempt to resume a resumed fiber (double resume)", // 9
  resuming: "attempt to resume a resuming fiber", // 10
  transferring: "attempt to resume a transferring fiber", // 11
  foreign: "fiber called across threads", // 12
  "not-resumed": "attempt to yield on a not resumed fiber", // 15
  yielding: "attempt to transfer to a yielding fiber", // 20
  dead: "dead fiber called", // 21
} as const;

export function contractError(rule: keyof typeof RUBY): FiberError {
  return new FiberError(rule, RUBY[rule]);
}

/** Line 12: a fiber of another copy of the library. */
export function foreign(fiber: string, here: string): FiberError {
  return new FiberError(
    "foreign",
    `${RUBY.foreign}: the fiber belongs to ${fiber}, and was given to ${here}: ` +
      `make sure that the program loads only one copy of fibril (see npm ls fibril)`,
  );
}

/** Line 19 is about the same state as line 10, but has another text. */
export function transferToResuming(): FiberError {
  return new FiberError("resuming", "attempt to transfer to a resuming fiber");
}

/** For a switch that would leave a synchronous call which is still on the native stack. */
export function nativeCrossing(from: string, to: string, options?: ErrorOptions): FiberError {
  return new FiberError(
    "native-crossing",
    `${from} cannot switch to ${to} across a synchronous call: ` +
      `enter it with yield* Fiber.resume(…) or yield* Fiber.transfer(…) instead of fiber.resume(…) or fiber.transfer(…)`,
    options,
  );
}

/** Ruby's ArgumentError, TypeError and FrozenError are all JavaScript's TypeError. */
export function notAnException(): TypeError {
  return new TypeError("exception class/object expected");
}

/** For `resume` or `transfer` of a fiber that only its scheduler may enter. */
export function waiting(verb: string, fiber: string, what: string): FiberError {
  return new FiberError(
    "waiting",
    `attempt to ${verb} a waiting fiber: ${fiber} ${what}, and only its scheduler may resume it`,
  );
}

/** For a wait, or a `spawn`, where there is no scheduler. */
export function unscheduled(name: string): FiberError {
  return new FiberError(
    "outside",
    `${name} needs a scheduler: use it in a fiber that run(…), main(…) or spawn(…) started`,
  );
}

/** For `cancel`, `join` and the like on a coroutine. */
export function noTask(name: string, fiber: string): FiberError {
  return new FiberError(
    "unscheduled",
    `${name} is for fibers that a scheduler runs, and ${fiber} is not one: ` +
      `start it with spawn(…), or use resume, raise and kill`,
  );
}

/** For a wait in a chain of fibers that has a synchronous call in it: the chain cannot wait as a whole. */
export function syncWait(name: string, fiber: string): FiberError {
  return new FiberError(
    "sync-wait",
    `${fiber} cannot wait (${name}) across a synchronous call: ` +
      `enter it with yield* Fiber.resume(…) instead of fiber.resume(…)`,
  );
}

/** For a second error that is raised in a fiber before the first has been thrown there. */
export function pending(fiber: string, cause: unknown): FiberError {
  return new FiberError(
    "pending",
    `${fiber} has not seen the last error raised in it yet: let it have a turn before the next raise(…)`,
    { cause },
  );
}

/** For a coroutine that tries to yield inside a scope: it could leave the scope's children behind for ever. */
export function leavesScope(fiber: string): FiberError {
  return new FiberError(
    "scope-open",
    `${fiber} has a scope open and cannot yield or transfer out of it: close it first, ` +
      `or open it in the task that resumes the fiber`,
  );
}

/** For a fiber whose end would leave a coroutine with its scope open, which entered it by a synchronous call. */
export function endLeavesScope(ended: string, fiber: string, options?: ErrorOptions): FiberError {
  return new FiberError(
    "scope-open",
    `${fiber} has a scope open, and the end of ${ended} would give control to a fiber outside of it: ` +
      `enter it with fiber.resume(…) instead of fiber.transfer(…), or close the scope first`,
    options,
  );
}

/** For a raise or kill in one fiber of a strand that would leave another one waiting with a scope open. */
export function leftBehind(fiber: string): FiberError {
  return new FiberError(
    "scope-open",
    `${fiber} has a scope open and would wait in it for ever if another fiber of its task went on: ` +
      `cancel the task, or raise the error in ${fiber}`,
  );
}

export function needsHost(name: string): FiberError {
  return new FiberError(
    "needs-host",
    `${name} needs a host to wake the fiber, and runSync has none: use run(…)`,
  );
}

/** For a supervisor that gives up. */
export function tooManyRestarts(
  fiber: string,
  ending: string,
  restarts: number,
  within: number,
  why: string,
  value: unknown,
): FiberError {
  return new FiberError(
    "intensity",
    `more than ${restarts} restart${restarts === 1 ? "" : "s"} within ${within} ms: ` +
      `the supervisor gave up when fiber "${fiber}" ${HOW_ENDED[ending]}${ending === "failed" ? `: ${why}` : ""}`,
    ending === "failed" ? { cause: value } : {},
  );
}

const HOW_ENDED: Readonly<Record<string, string>> = {
  returned: "returned",
  failed: "failed",
  cancelled: "was cancelled",
  killed: "was killed",
};

/** What the last fiber of a resume chain gets when a fiber above it is killed (line 36), as in Ruby. */
export function unhandled(): Error {
  return new Error("unhandled exception");
}

/** For an op, or for a call of a routine, in plain code. The ops of coroutines have methods for that. */
export function outside(name: string): FiberError {
  return new FiberError("outside", `${name}(…) is for yield* inside a fiber: ${elsewhere(name)}`);
}

function elsewhere(name: string): string {
  return name.startsWith("Fiber.")
    ? "in plain code, use the method on the fiber"
    : "use it in a fiber that run(…) or new Fiber(…) started";
}
