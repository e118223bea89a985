/**
 * Ops that often have a result without waiting, because a message is there or a lock is free. Such an op
 * makes an *attempt* inside its own `next`. If that has a result, `next` returns it to `yield*`, and the
 * routine goes on without leaving its turn. That costs half as much as a wait that begins and ends at once.
 *
 *     yield* ──▶ may it go on? ──▶ attempt ──▶ result: the same turn goes on
 *                    │ no            │ missed
 *                    ▼               ▼
 *                  park: the wait begins, like every other wait
 *
 * The kernel lets six waits of a turn end at once, because hundreds of fibers may compute between such waits,
 * and a timer is late by the sum of that. If fibers are quick between two waits, six is too few, because
 * giving way costs as much as two messages. If they are slow, six is too many. So the number of attempts
 * follows the clock, which is read when a fiber has used up its attempts. If the fibers since the last
 * reading were quick, the next ones may make twice as many attempts. Otherwise they may make only one.
 */
import { DELIVER, SUSPEND } from "./frame.js";
import { DONE, Op } from "./op.js";
import {
  IDLE,
  K,
  type TaskFields,
  WAIT_CREATED,
  WAIT_STARTED,
  type Wait,
  type WaitKind,
  type Waiting,
} from "./registers.js";
import { FORCED, KILLED, KILL_DUE, UNWINDING } from "./state.js";
import { AT_ONCE, waitOp } from "./wait.js";

/** What an attempt without a result returns. */
export const MISSED: unique symbol = Symbol("fibril.missed");

/** A kind of wait that may have a result without waiting. */
export interface AttemptKind extends WaitKind {
  /** Returns the result, or {@link MISSED}. Must not call user code. */
  attempt(argument: any): unknown;
  /** Whether it has ended, so that no fiber has to wait any more: `enter` then has the outcome at once. */
  readonly settled: boolean;
  /** Begins the wait without an attempt. */
  enter(task: TaskFields, argument: any): Waiting | null;
}

/** A fiber with one of these bits makes no attempt, because it is about to end. */
const ENDING: number = FORCED | KILL_DUE | KILLED | UNWINDING;

/** How many attempts of a turn may have a result: for slow fibers, and for quick ones. */
const LEAST = 1;
const MOST = 32;
/** If less than this many milliseconds pass between two readings of the clock, the fibers in between are quick. */
const QUICK = 0.1;

/** How many attempts a turn may make now, when the clock was last read, and whose clock it was. */
let allowed = MOST;
let lookedAt = 0;
let allowedBy: unknown = null;

/**
 * Whether the running fiber may make one more attempt in its turn. If not, it has to begin the wait, and the
 * checks at the beginning of a wait deal with the reason.
 */
function mayAttempt(): boolean {
  const task = K.task as TaskFields;
  if (
    task !== K.current ||
    task._scope.effective !== null ||
    (task._flags & ENDING) !== 0 ||
    K.base !== K.loop
  ) {
    return false;
  }
  if (K.atOnce < allowed) {
    K.atOnce++;
    return true;
  }
  look(task);
  return false;
}

/** The same for code of the library that runs between two ops, while no op is in hand. */
export function mayGoOn(): boolean {
  return K.phase === IDLE && mayAttempt();
}

function look(task: TaskFields): void {
  const { scheduler } = task._scope;
  const now = scheduler.host.now();
  if (scheduler !== allowedBy) {
    allowedBy = scheduler;
    allowed = MOST;
  } else {
    allowed = now - lookedAt < QUICK ? Math.min(MOST, allowed * 2) : LEAST;
  }
  lookedAt = now;
  // The kernel lets no wait of this turn end at once any more: see `park`.
  if (K.atOnce < AT_ONCE) K.atOnce = AT_ONCE;
}

class Attempt extends Op<unknown> {
  override next(value?: unknown): IteratorResult<unknown, unknown> {
    const { phase } = K;
    if (phase === DELIVER) {
      K.phase = IDLE;
      DONE.value = value;
      return DONE;
    }
    if (phase !== WAIT_CREATED) return super.next(value);
    if (mayAttempt()) {
      const kind = K.begin as AttemptKind;
      const argument = K.value;
      K.phase = IDLE;
      const result = kind.attempt(argument);
      if (result !== MISSED) {
        K.begin = null;
        K.value = undefined;
        DONE.value = result;
        return DONE;
      }
      if (!kind.settled) {
        // The wait begins here and not in `park`, which would make a second attempt.
        K.value = kind.enter(K.task as TaskFields, argument);
        K.begin = ENTERED;
      }
    }
    K.phase = WAIT_STARTED;
    DONE.value = undefined;
    return SUSPEND;
  }
}

/** A wait that has begun already. */
const ENTERED: WaitKind = {
  name: "a wait",
  begin: (_task, wait: Wait) => wait,
  refused: (wait: Wait) => wait.undo(undefined),
};

const ATTEMPT: Op<unknown> = new Attempt(WAIT_CREATED);

/** An op that makes an attempt before it waits. */
export function attemptOp<Result>(kind: AttemptKind, argument: unknown): Op<Result> {
  waitOp(kind, argument);
  return ATTEMPT as Op<Result>;
}
