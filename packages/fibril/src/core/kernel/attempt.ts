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
 * costs as much as two messages. Where they are slow it is too many. So here the number follows the clock, which
 * is looked at when a fiber has used up what it may: if the fibers since the last look were quick, the next ones
 * may do twice as much, else only one thing.
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
import { waitOp } from "./wait.js";

/** What an attempt answers that has nothing to give. */
export const MISSED: unique symbol = Symbol("fibril.missed");

/** A kind of wait that may have its result without waiting. */
export interface AttemptKind extends WaitKind {
  /** The result, or {@link MISSED}. Must not call the user's code. */
  attempt(argument: any): unknown;
  /** Whether nobody has to wait for it any more, because it has ended: `enter` has the outcome at once. */
  readonly settled: boolean;
  /** Begins the wait without an attempt. */
  enter(task: TaskFields, argument: any): Waiting | null;
}

/** A fiber that is being ended has nothing at once. */
const ENDING: number = FORCED | KILL_DUE | KILLED | UNWINDING;

/** So many attempts of a turn may have a result; as many as a turn of the slowest is worth, and of the quickest. */
const LEAST = 1;
const MOST = 32;
/** From here on the kernel lets no wait of the turn end at once: see `park`. */
const SPENT = 6;
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
  if (K.atOnce < SPENT) K.atOnce = SPENT;
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
        // Here and not in `park`, which would attempt it once more.
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

/** A wait of a kind that is attempted first. */
export function attemptOp<Result>(kind: AttemptKind, argument: unknown): Op<Result> {
  waitOp(kind, argument);
  return ATTEMPT as Op<Result>;
}
