/**
 * How many waits of one turn may end at once, because a message is there, a lock is free or a fiber has ended.
 *
 * A fiber that is never made to wait would keep its turn for ever, so it gives way after some such waits. If
 * fibers are quick between two of them, a small number is too few, because giving way costs as much as two
 * messages. If they are slow, it is too many: each of three hundred fibers computes between its waits, and a
 * timer is late by the sum of all that. So the number follows the clock, which is read when a fiber has used
 * up what it was allowed. If the fibers since the last reading were quick, the next ones are allowed twice as
 * many. Otherwise they are allowed only one.
 */
import { IDLE, K, type TaskFields } from "./registers.js";
import { FORCED, KILLED, KILL_DUE, UNWINDING } from "./state.js";

/** How many are allowed: for slow fibers, and for quick ones. */
const LEAST = 1;
export const MOST = 32;
/** If less than this many milliseconds pass between two readings of the clock, the fibers in between are quick. */
const QUICK = 0.1;
/** `K.atOnce` of a turn that has used up what it was allowed. */
const SPENT = 1 << 20;

/** A fiber with one of these bits is about to end. */
const ENDING: number = FORCED | KILL_DUE | KILLED | UNWINDING;

/** One more wait of the running task has ended at once. Returns whether its turn may go on. */
export function mayStay(): boolean {
  if (K.atOnce < K.mostAtOnce) {
    K.atOnce++;
    return true;
  }
  if (K.atOnce !== SPENT) look();
  return false;
}

function look(): void {
  const { scheduler } = (K.task as TaskFields)._scope;
  const now = scheduler.host.now();
  const most = now - scheduler.atOnceAt < QUICK ? Math.min(MOST, K.mostAtOnce * 2) : LEAST;
  K.mostAtOnce = scheduler.mostAtOnce = most;
  scheduler.atOnceAt = now;
  K.atOnce = SPENT;
}

/**
 * Whether the running fiber may take what a wait would give it at once, without beginning the wait. That
 * counts as one. If not, it has to begin the wait, and the checks at the beginning of a wait deal with the
 * reason: it was asked to end, it has to give way, or it is a coroutine of a task.
 */
export function mayTake(): boolean {
  const task = K.task as TaskFields;
  return (
    task === K.current &&
    task._scope.effective === null &&
    (task._flags & ENDING) === 0 &&
    K.base === K.loop &&
    mayStay()
  );
}

/** The same for code of the library that runs between two ops, while no op is in hand. */
export function mayGoOn(): boolean {
  return K.phase === IDLE && mayTake();
}
