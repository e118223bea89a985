/**
 * Time limits: scopes that cancel themselves. They may be nested; the earliest that passes ends what
 * is within it, and only there.
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
  textIn,
  textOf,
  TimeoutError,
  Timer,
  unscheduled,
  waitOf,
} from "./core/index.js";

/** Their frames' names in backtraces. */
const MOVE_ON_AFTER: Label = { name: "moveOnAfter" };
const MOVE_ON_AT: Label = { name: "moveOnAt" };
const FAIL_AFTER: Label = { name: "failAfter" };
const FAIL_AT: Label = { name: "failAt" };

class Limit extends Timer {
  readonly scope: ScopeCore;
  /** Milliseconds that were allowed. */
  after: number;
  /** Its TimeoutError says what the block waited for; elsewhere nobody asks, and no text is made. */
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
    if (!scope.ask("deadline", `${this.after} ms are over`)) return;
    if (scope.asked !== null) scope.asked.waited = waited;
  }
}

/** The time limit of a block, which is handed it. It can be moved until it has passed. */
export class Deadline {
  readonly #limit: Limit;

  /** @internal */
  constructor(limit: Limit) {
    this.#limit = limit;
  }

  /**
   * When it is, in milliseconds of the host's clock; Infinity for never. Stays what it was when it has
   * passed, or when the block has ended.
   */
  get at(): number {
    const { at, scope } = this.#limit;
    return scope.scheduler.timeOf(at);
  }

  /** Milliseconds that are left, at least 0. */
  get remaining(): number {
    return Math.max(0, this.at - this.#limit.scope.scheduler.host.now());
  }

  /** Whether it has passed: the block is being cancelled. */
  get passed(): boolean {
    return this.#limit.scope.asked?.source === "deadline";
  }

  /** Moves it to so many milliseconds from now. Returns false when it is too late for that. */
  reset(ms: number): boolean {
    return this.#set(ms, this.#limit.scope.scheduler.tickAfter(milliseconds(ms)));
  }

  /** Moves it to a time of the host's clock. Returns false when it is too late for that. */
  resetAt(time: number): boolean {
    const { scheduler } = this.#limit.scope;
    hostTime(time);
    return this.#set(time - scheduler.host.now(), scheduler.tickAt(time));
  }

  /** No limit any more. */
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
      // No time at all: the first wait of the block is told so.
      scope.scheduler.timers.remove(limit);
      limit.fire();
    }
    return true;
  }
}

/** What the fiber in a block waits for, with what a child of it waits for in turn. */
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

/** Nothing where nothing was given, because a million waits under a limit would hold a closure each. */
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
  throw new RangeError(`a time limit is in milliseconds from 0 to Infinity, not ${String(ms)}`);
}

function hostTime(time: number): void {
  if (typeof time === "number" && !Number.isNaN(time)) return;
  throw new RangeError(`a time limit is a time of the host's clock, not ${String(time)}`);
}

/**
 * Runs a block for at most so many milliseconds; when they are over it is cancelled, and the result
 * is `fallback`. What the block gives although it was cancelled counts.
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

/** The same up to a time of the host's clock, for limits that several blocks share. */
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
 * Runs a block for at most so many milliseconds; when they are over it is cancelled, and TimeoutError
 * thrown after its clean-up.
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

/** The same up to a time of the host's clock. */
export function failAt<Result>(time: number, routine: LimitedRoutine<Result>): Op<Result> {
  hostTime(time);
  return limited(FAIL_AT, (deadline) => deadline.resetAt(time), routine, orFail(routine), true);
}

/**
 * The earliest time limit that applies to the running fiber, of its own blocks or of those around it, up to
 * the first shield; Infinity for none. A time of the host's clock: `currentDeadline() - now()` is what is
 * left. A plain call. Throws FiberError outside of fibers.
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

/** Milliseconds on the clock of the running fiber's host: what `moveOnAt` and `failAt` take. */
export { hostNow as now } from "./clock.js";
