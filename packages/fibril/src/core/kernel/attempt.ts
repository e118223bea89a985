/**
 * Ops that often have a result without waiting, because a message is there or a lock is free. Such an op
 * makes an *attempt* inside its own `next`. If that has a result, `next` returns it to `yield*`, and the
 * routine goes on without leaving its turn. That costs half as much as a wait that begins and ends at once.
 *
 *     yield* ──▶ may it go on? ──▶ attempt ──▶ result: the same turn goes on
 *                    │ no            │ missed
 *                    ▼               ▼
 *                  park: the wait begins, like every other wait
 */
import { mayTake } from "./at-once.js";
import { DELIVER, SUSPEND } from "./frame.js";
import { DONE, Op } from "./op.js";
import {
  IDLE,
  K,
  type TaskFields,
  WAIT_CREATED,
  WAIT_STARTED,
  type WaitKind,
  type Waiting,
} from "./registers.js";
import { ENTERED, waitOp } from "./wait.js";

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

class Attempt extends Op<unknown> {
  override next(value?: unknown): IteratorResult<unknown, unknown> {
    const { phase } = K;
    if (phase === DELIVER) {
      K.phase = IDLE;
      DONE.value = value;
      return DONE;
    }
    if (phase !== WAIT_CREATED) return super.next(value);
    if (mayTake()) {
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

/** The op of all attempts. */
export const ATTEMPT: Op<unknown> = new Attempt(WAIT_CREATED);

/** An op that makes an attempt before it waits. */
export function attemptOp<Result>(kind: AttemptKind, argument: unknown): Op<Result> {
  waitOp(kind, argument);
  return ATTEMPT as Op<Result>;
}
