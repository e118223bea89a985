/**
 * Every error that the core throws. There are two families: FiberError and its kin say that something
 * was misused or has failed; Cancelled, which is not one of them, says that somebody wants the work to
 * end, and is meant to be passed on. Texts are Ruby 3.4's where Ruby has the rule; the others say
 * whose fault it is and what to write instead. Programs branch on `code`, people read `message`.
 */
import { FULL_TEXTS } from "./full-texts.js";
import type { CancelRequest, CancelSource } from "./registers.js";
import { limitStack } from "./stack-limit.js";

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
  | "simulation"
  | "leaked"
  | "closed"
  | "broken"
  | "busy"
  | "event"
  | "overflow"
  | "ended"
  | "internal";

/** Defines the name, because where `Error.prototype` is frozen an assignment to its heirs throws. */
function nameErrors(type: { readonly prototype: Error }, name: string): void {
  Object.defineProperty(type.prototype, "name", {
    value: name,
    configurable: true,
    writable: true,
  });
}

/** A fiber was used in a way that its state does not allow. Thrown to whoever tried. */
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
 * Thrown at the waits of a fiber that was asked to end. Let it pass; to end quietly where it was
 * asked for is the scope's work. It is thrown again at every later wait that is not under `shield`:
 * then its message names that wait.
 */
export class Cancelled extends Error {
  /** Private, so that whoever prints one is not shown a scheduler; and the mark by which one is known. */
  readonly #request: CancelRequest;
  readonly #fiber: unknown;
  readonly #forced: boolean;

  /** @internal Only the library makes them. */
  constructor(message: string, request: CancelRequest, fiber: unknown, forced: boolean) {
    // The stack would show the kernel; where it was thrown is in the message. And it would cost a
    // million cancelled fibers several microseconds each.
    const limit = limitStack(0);
    super(message);
    limitStack(limit);
    this.#request = request;
    this.#fiber = fiber;
    this.#forced = forced;
  }

  /** What was given to `cancel`, if anything. */
  get reason(): unknown {
    return this.#request.reason;
  }

  /** Who asked: a fiber, a scope, a deadline, a sibling's failure, an AbortSignal, or a parent's end. */
  get source(): CancelSource {
    return this.#request.source;
  }

  /** Whether its grace was over, so that it was unwound without waiting any more. */
  get forced(): boolean {
    return this.#forced;
  }

  /** @internal */
  get request(): CancelRequest {
    return this.#request;
  }

  /** Its name, message, source and reason: an error or an object as a reason becomes its text. */
  toJSON(): { name: string; message: string; source: CancelSource; reason: unknown } {
    const { message, reason, source } = this;
    const plain = reason === null || (typeof reason !== "object" && typeof reason !== "bigint");
    return { name: "Cancelled", message, source, reason: plain ? reason : printed(reason) };
  }

  /** @internal Whether a value is one; `instanceof` would throw at a revoked proxy. */
  static is(value: unknown): value is Cancelled {
    return typeof value === "object" && value !== null && #request in value;
  }

  static {
    nameErrors(this, "Cancelled");
    // `fiber`, which is declared in fiber.ts, because the type of a fiber is not known here.
    Object.defineProperty(this.prototype, "fiber", {
      get(this: Cancelled) {
        return this.#fiber;
      },
    });
  }
}

/** A reason that is an object may throw when it is asked for its text. */
function printed(reason: unknown): string {
  try {
    return reason instanceof Error ? reason.message : String(reason);
  } catch {
    return `a value that cannot be written (${typeof reason})`;
  }
}

/** `failAfter` or `failAt`: the time was up. */
export class TimeoutError extends FiberError {
  /** @internal Made by the block whose request it was. */
  constructor(what: string, limit: string, waited: string | undefined) {
    const waiting = waited === undefined ? "" : `; it was waiting for ${waited}`;
    super("timeout", `${what} was not done in time: ${limit}${waiting}`);
  }

  static {
    nameErrors(this, "TimeoutError");
  }
}

/**
 * Something in the library is broken, and no program that uses it can be at fault. Reported to the
 * host; the other fibers go on.
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

/** Every fiber waits, and nothing can wake any of them. */
export class DeadlockError extends FiberError {
  /** Who waits for what, a line each. */
  readonly waits: readonly string[];

  constructor(waits: readonly string[]) {
    super("deadlock", `every fiber waits and nothing can wake them:\n  ${waits.join("\n  ")}`);
    this.waits = waits;
  }

  static {
    nameErrors(this, "DeadlockError");
  }
}

/** `simulate`: a routine failed under one of the orders that it was tried with. */
export class SimulationError extends FiberError {
  /** What gives the same order again. */
  readonly seed: number;

  /** @internal */
  constructor(seed: number, runs: string, why: string, cause: unknown) {
    super(
      "simulation",
      `failed under seed ${seed}${runs}: ${why}\n` +
        `  the same again: FIBRIL_SEED=${seed} in the environment, or simulate({ seed: ${seed} }, …)`,
      { cause },
    );
    this.seed = seed;
  }

  static {
    nameErrors(this, "SimulationError");
  }
}

/** Ruby's own texts, by rule. The numbers are lines of the contract in `docs/ruby.md`. */
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
      `let the program have one copy of fibril (npm ls fibril)`,
  );
}

/** Line 19 shares its state with line 10, not its text. */
export function transferToResuming(): FiberError {
  return new FiberError("resuming", "attempt to transfer to a resuming fiber");
}

/** Control would have to leave a synchronous call that is still on the native stack. */
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

/** `resume` or `transfer` of a fiber that its scheduler will enter. */
export function waiting(verb: string, fiber: string, what: string): FiberError {
  return new FiberError(
    "waiting",
    `attempt to ${verb} a waiting fiber: ${fiber} ${what}, and its scheduler goes on with it`,
  );
}

/** A wait, or `spawn`, where no scheduler is. */
export function unscheduled(name: string): FiberError {
  return new FiberError(
    "outside",
    `${name} needs a scheduler: use it in what run(…), main(…) or spawn(…) started`,
  );
}

/** `cancel`, `join` and their like on a coroutine. */
export function noTask(name: string, fiber: string): FiberError {
  return new FiberError(
    "unscheduled",
    `${name} is for fibers that a scheduler runs, and ${fiber} is none: ` +
      `start it with spawn(…), or use resume, raise and kill`,
  );
}

/** The whole chain would have to wait, and a native call is in it. */
export function syncWait(name: string, fiber: string): FiberError {
  return new FiberError(
    "sync-wait",
    `${fiber} cannot wait (${name}) across a synchronous call: ` +
      `enter it with yield* Fiber.resume(…) instead of fiber.resume(…)`,
  );
}

/** A second error for a fiber that has not seen the first. */
export function pending(fiber: string, cause: unknown): FiberError {
  return new FiberError("pending", `${fiber} has not seen the last error raised in it yet`, {
    cause,
  });
}

/** A coroutine that yielded inside a scope could leave its children behind for ever. */
export function leavesScope(fiber: string): FiberError {
  return new FiberError(
    "scope-open",
    `${fiber} has a scope open and cannot yield or transfer out of it: close it first, ` +
      `or open it in the task that resumes the fiber`,
  );
}

/** A raise or kill for another fiber of a strand would leave one waiting whose scope is open. */
export function leftBehind(fiber: string): FiberError {
  return new FiberError(
    "scope-open",
    `${fiber} has a scope open and would wait in it for ever if another fiber of its task went on: ` +
      `cancel the task, or raise the error in that fiber`,
  );
}

export function needsHost(name: string): FiberError {
  return new FiberError(
    "needs-host",
    `${name} needs a host to wake the fiber, and runSync has none: use run(…)`,
  );
}

/** A supervisor gives up. */
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
    `more than ${restarts} restart${restarts === 1 ? "" : "s"} within ${within} ms; ` +
      `the last was to be of fiber "${fiber}", which ${HOW_ENDED[ending]}${ending === "failed" ? `: ${why}` : ""}`,
    ending === "failed" ? { cause: value } : {},
  );
}

const HOW_ENDED: Readonly<Record<string, string>> = {
  returned: "returned",
  failed: "failed",
  cancelled: "was cancelled",
  killed: "was killed",
};

/** What the deepest descendant gets when a fiber that is resuming it is killed (line 36), as in Ruby. */
export function unhandled(): Error {
  return new Error("unhandled exception");
}

export function outside(name: string): FiberError {
  return new FiberError(
    "outside",
    `${name}(…) is for yield* inside a fiber: in plain code use the method on the fiber, ` +
      `or new Fiber(…).resume(…) for a routine`,
  );
}
