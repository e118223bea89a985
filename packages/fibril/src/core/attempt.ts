/**
 * Waits that often need not wait: a message is there, a lock is free. Such an op looks first, inside its
 * own `next`: when it has its result it answers `yield*` with it, and the routine goes on without having
 * left its turn. That is half the cost of a wait that begins and ends at once.
 *
 *     yield* ──▶ may it go on? ──▶ attempt ──▶ result: the same turn goes on
 *                    │ no            │ missed
 *                    ▼               ▼
 *                  park: the wait begins, as any other
 *
 * The kernel lets six waits of a turn end at once, because hundreds of fibers may compute between theirs
 * while a timer waits for all of them. Where fibers are quick between two of them six is too few: giving way
 * costs as much as two messages. So here the number follows the clock. It is looked at when a fiber has used
 * up what it may; if the fibers since the last look were quick, the next ones may do more.
 */
import type { TaskFields, WaitKind } from "./kernel.js";
import * as kernel from "./kernel.js";
import * as ops from "./op.js";
import * as frames from "./frame.js";
import * as state from "./state.js";
import { waitOp } from "./wait.js";

// Bound once more because V8 folds a module's own constants into optimised code, but loads an
// imported one from its cell at every use: a fifth to a third of a switch (docs/performance.md).
const { IDLE, K, WAIT_CREATED, WAIT_STARTED } = kernel;
const { DELIVER, FORCED, KILL_DUE, KILLED, UNWINDING } = state;
const { SUSPEND } = frames;
const { DONE } = ops;

/** What an attempt answers that has nothing to give. */
export const MISSED: unique symbol = Symbol("fibril.missed");

/** A kind of wait that may have its result without waiting. */
export interface AttemptKind extends WaitKind {
  /** The result, or {@link MISSED}. Must not call the user's code. */
  attempt(argument: any): unknown;
}

/** A fiber that is being ended has nothing at once. */
const ENDING: number = FORCED | KILL_DUE | KILLED | UNWINDING;

const LEAST = 6;
const MOST = 32;
/** Milliseconds from one fiber that has used up its attempts to the next: below it, all are quick. */
const QUICK = 0.1;

/** How many attempts a turn may make now, of which scheduler that is, and when its clock was looked at. */
let allowed = MOST;
let lookedAt = 0;
let allowedBy: unknown = null;

/**
 * Whether the running fiber may do one thing more in its turn without waiting. If not, the wait is to be begun,
 * which sees to what stands against it.
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

/** The same for code of the library that runs between two ops: none is in hand. */
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
}

class Attempt extends ops.Op<unknown> {
  override next(value?: unknown): IteratorResult<unknown, unknown> {
    const { phase } = K;
    if (phase === DELIVER) {
      K.phase = IDLE;
      DONE.value = value;
      return DONE;
    }
    if (phase !== WAIT_CREATED) return super.next(value);
    if (mayAttempt()) {
      K.phase = IDLE;
      const result = (K.begin as AttemptKind).attempt(K.value);
      if (result !== MISSED) {
        K.begin = null;
        K.value = undefined;
        DONE.value = result;
        return DONE;
      }
    }
    K.phase = WAIT_STARTED;
    DONE.value = undefined;
    return SUSPEND;
  }
}

const ATTEMPT: ops.Op<unknown> = new Attempt(WAIT_CREATED);

/** A wait of a kind that is attempted first. */
export function attemptOp<Result>(kind: AttemptKind, argument: unknown): ops.Op<Result> {
  waitOp(kind, argument);
  return ATTEMPT as ops.Op<Result>;
}
