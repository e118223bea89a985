/**
 * Time limits: scopes that cancel themselves at their deadline. They may be nested; the one whose deadline
 * passes first ends what is within it, and nothing else.
 */
import {
  activityOf,
  call,
  innermostScope,
  type Instead,
  type Label,
  labelOf,
  needsHost,
  type Op,
  openScope,
  perform,
  type RoutineFunction,
  type ScopeCore,
  shown,
  textIn,
  textOf,
  TimeoutError,
  Timer,
  unscheduled,
  waitOf,
} from "./core/index.js";

/** The names of their frames in backtraces. */
const MOVE_ON_AFTER: Label = { name: "moveOnAfter" };
const MOVE_ON_AT: Label = { name: "moveOnAt" };
const FAIL_AFTER: Label = { name: "failAfter" };
const FAIL_AT: Label = { name: "failAt" };

class Limit extends Timer {
  readonly scope: ScopeCore;
  /** The milliseconds that were allowed. */
  after: number;
  /** It throws a TimeoutError, which says what the block waited for. Otherwise that text is not made. */
  private readonly fails: boolean;

  constructor(scope: ScopeCore, fails: boolean) {
    super();
    this.scope = scope;
    this.after = 0;
    this.fails = fails;
  }

  fire(): void {
    const { fails, scope } = this;
    const waited = fails && scope.asked === null ? waitedBy(scope) : undefined;
    if (!scope.ask("deadline", `${this.after} ms have passed`)) return;
    if (scope.asked !== null) scope.asked.waited = waited;
  }
}

/** The deadline of a time limit, which its block receives as its argument. It can be moved until it has passed. */
export class Deadline {
  readonly #limit: Limit;

  /** @internal */
  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /**
   * The deadline, in milliseconds on the host's clock; Infinity for none. It no longer changes when it has
   * passed, or when the block has ended.
   */
  get at(): number {
    const { at, scope } = this.#limit;
    return scope.scheduler.timeOf(at);
  }

  /** The milliseconds that are left, at least 0. */
  get remaining(): number {
    return Math.max(0, this.at - this.#limit.scope.scheduler.host.now());
  }

  /** Whether it has passed, so that the block is being cancelled. */
  get passed(): boolean {
    return this.#limit.scope.asked?.source === "deadline";
  }

  /** Moves it to `ms` milliseconds from now. Returns false when the block is already cancelled or has ended. */
  reset(ms: number): boolean {
    return this.#set(ms, this.#limit.scope.scheduler.tickAfter(milliseconds(ms)));
  }

  /** Moves it to a time on the host's clock. Returns false when the block is already cancelled or has ended. */
  resetAt(time: number): boolean {
    const { scheduler } = this.#limit.scope;
    hostTime(time);
    return this.#set(time - scheduler.host.now(), scheduler.tickAt(time));
  }

  /** Removes the limit. */
  clear(): void {
    this.reset(Number.POSITIVE_INFINITY);
  }

  #set(ms: number, tick: number): boolean {
    const limit = this.#limit;
    const { scope } = limit;
    if (!scope.scheduler.hosted) throw needsHost("a time limit");
    if (scope.asked !== null || scope.closed) return false;
    limit.after = Math.max(0, Math.round(ms));
    scope.timer = limit;
    scope.scheduler.timers.add(limit, tick);
    if (ms > 0) {
      scope.scheduler.stirForTimer();
    } else {
      // There is no time left at all: the block's first wait throws.
      scope.scheduler.timers.remove(limit);
      limit.fire();
    }
    return true;
  }
}

/** What a block's fiber waits for. If it waits for another fiber, also what that one is doing. */
function waitedBy({ task }: ScopeCore): string | undefined {
  const wait = task === null ? null : waitOf(task);
  if (wait === null) return undefined;
  const [child] = wait.on?.() ?? [];
  return child === undefined ? wait.what : `${wait.what} (${labelOf(child)} ${activityOf(child)})`;
}

/** The work of a block with a time limit. */
export type LimitedRoutine<Result> = RoutineFunction<[deadline: Deadline], Result, any, any>;

function limited<Result>(
  label: Label,
  set: (deadline: Deadline) => void,
  routine: LimitedRoutine<unknown>,
  instead: Instead,
  fails: boolean,
): Op<Result> {
  if (typeof routine !== "function")
    throw new TypeError(`${label.name} takes a generator function`);
  const work = (scope: ScopeCore) => () => {
    const deadline = new Deadline(new Limit(scope, fails));
    set(deadline);
    return perform(call(routine, deadline));
  };
  return openScope(label, "scope", work, instead);
}

/** Null without a fallback, because a million waits under a limit would otherwise hold a closure each. */
function orElse(fallback: unknown): Instead {
  return fallback === undefined ? null : () => fallback;
}

function orFail(routine: LimitedRoutine<unknown>): Instead {
  return (asked) => {
    throw new TimeoutError(
      textIn(routine, "name") || "the block",
      textOf(asked.reason),
      asked.waited,
    );
  };
}

function milliseconds(ms: number): number {
  if (typeof ms === "number" && ms >= 0) return ms;
  throw new RangeError(`a time limit is in milliseconds from 0 to Infinity, not ${shown(ms)}`);
}

function hostTime(time: number): void {
  if (typeof time === "number" && !Number.isNaN(time)) return;
  throw new RangeError(`a time limit is a time on the host's clock, not ${shown(time)}`);
}

/**
 * Runs a block for at most `ms` milliseconds. After that it is cancelled, and the result is `fallback`. If the
 * block returns a value although it was cancelled, that value is the result.
 *
 * Suspends when the block does. Throws what the block throws, and RangeError when `ms` is negative or not a
 * number.
 *
 * ```ts
 * const answer = yield* moveOnAfter(5, function* () {
 *   yield* sleep(1_000);
 *   return "late";
 * }, "none");
 * answer; // "none"
 * ```
 */
export function moveOnAfter<Result, Fallback = undefined>(
  ms: number,
  routine: LimitedRoutine<Result>,
  fallback?: Fallback,
): Op<Result | Fallback> {
  milliseconds(ms);
  return limited(MOVE_ON_AFTER, (deadline) => deadline.reset(ms), routine, orElse(fallback), false);
}

/**
 * The same as `moveOnAfter`, up to a time on the host's clock in milliseconds: for a deadline that several blocks share.
 *
 * Suspends when the block does. Throws what the block throws, and RangeError when `time` is not a number.
 *
 * ```ts
 * const time = now() + 5;
 * const first = yield* moveOnAt(time, () => sleep(1), "none");
 * const second = yield* moveOnAt(time, () => sleep(1_000), "none");
 * [first, second]; // [undefined, "none"]
 * ```
 */
export function moveOnAt<Result, Fallback = undefined>(
  time: number,
  routine: LimitedRoutine<Result>,
  fallback?: Fallback,
): Op<Result | Fallback> {
  hostTime(time);
  return limited(
    MOVE_ON_AT,
    (deadline) => deadline.resetAt(time),
    routine,
    orElse(fallback),
    false,
  );
}

/**
 * Runs a block for at most `ms` milliseconds. After that it is cancelled, and TimeoutError is thrown when its
 * clean-up is done.
 *
 * Suspends when the block does. Throws also what the block throws, and RangeError when `ms` is negative or
 * not a number.
 *
 * ```ts
 * const text = yield* failAfter(5_000, function* () {
 *   return yield* until(Promise.resolve("in time"));
 * });
 * text; // "in time"
 * ```
 */
export function failAfter<Result>(ms: number, routine: LimitedRoutine<Result>): Op<Result> {
  milliseconds(ms);
  return limited(FAIL_AFTER, (deadline) => deadline.reset(ms), routine, orFail(routine), true);
}

/**
 * The same as `failAfter`, up to a time on the host's clock in milliseconds.
 *
 * Suspends when the block does. Throws TimeoutError, what the block throws, and RangeError when `time` is not
 * a number.
 *
 * ```ts
 * const text = yield* failAt(now() + 5_000, function* () {
 *   return yield* until(Promise.resolve("in time"));
 * });
 * text; // "in time"
 * ```
 */
export function failAt<Result>(time: number, routine: LimitedRoutine<Result>): Op<Result> {
  hostTime(time);
  return limited(FAIL_AT, (deadline) => deadline.resetAt(time), routine, orFail(routine), true);
}

/**
 * The earliest deadline that applies to the running fiber, from its own blocks or those around it, up to the
 * first shield; Infinity for none. It is a time on the host's clock, so `currentDeadline() - now()` is the
 * time left. A plain call. Throws FiberError outside of fibers.
 *
 * ```ts
 * yield* moveOnAfter(100, function* () {
 *   const left = currentDeadline() - now(); // at most 100
 *   yield* sleep(Math.min(left, 5));
 * });
 * ```
 */
export function currentDeadline(): number {
  let at: ScopeCore | null = innermostScope();
  if (at === null) throw unscheduled("currentDeadline()");
  let earliest = Number.POSITIVE_INFINITY;
  for (; at !== null && !at.sheltered; at = at.outer) {
    const { scheduler, timer } = at;
    if (timer instanceof Limit) earliest = Math.min(earliest, scheduler.timeOf(timer.at));
  }
  return earliest;
}

/** The time in milliseconds on the clock of the running fiber's host, as `moveOnAt` and `failAt` take it. */
export { hostNow as now } from "./clock.js";
