/**
 * Every error that the core throws. Texts are Ruby 3.4's where Ruby has the rule; the others say
 * whose fault it is and what to write instead. Programs branch on `code`, people read `message`.
 */

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
  | "kill-leak"
  | "op-not-run"
  | "op-misused"
  | "raw-yield"
  | "outside";

/** A fiber was used in a way that its state does not allow. Thrown to whoever tried. */
export class FiberError extends Error {
  /** Stable across versions, unlike the message. */
  readonly code: FiberErrorCode;

  constructor(code: FiberErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  static {
    this.prototype.name = "FiberError";
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
