/**
 * The states of a fiber, written down before the code that moves between them.
 *
 * One integer, `_flags`, holds everything that a switch has to test, because one load and one
 * compare decide the common case. Exactly one of the five *state* bits is set at any time:
 *
 *             resume/transfer            yield
 *   CREATED ──────────────────▶ RUNNING ───────▶ YIELDED
 *      │                        ▲  │  ▲ ◀─────────  │
 *      │ kill            transfer│  │  │   resume
 *      ▼                  (in)   │  │  │
 *   TERMINATED ◀─────────────────┼──┘  │ transfer (in)
 *               return / throw   │     │
 *                               LEFT ──┘     RUNNING ──transfer (out)──▶ LEFT
 *
 * A fiber that is resuming another one stays RUNNING and has `_resuming` set; so "is it the
 * current fiber?" is a comparison with the kernel's register, never a bit.
 *
 * A fiber that a scheduler runs is a *task*. To the rules above it leaves by transfer whenever it
 * waits, and its own bits say why it does not run:
 *
 *   spawn              turn               wait                 wake, cancel
 *   ─────▶ LEFT+READY ──────▶ RUNNING ──────────▶ LEFT+PARKED ──────────────▶ LEFT+READY
 *             FRESH              │ ◀─────────────────────────── turn ──────────────┘
 *                                ▼ return / throw / unwound, and its children have ended
 *                            TERMINATED
 */

/** `new Fiber` has run, the routine has not. `_frame` holds the routine. */
export const CREATED = 1;
/** It has control, or it is resuming a fiber that has (then `_resuming` is set). */
export const RUNNING = 2;
/** Suspended by `Fiber.yield`: only `resume` may enter it. `_prev` and `_resuming` are null. */
export const YIELDED = 4;
/** Suspended by a transfer: only `transfer` may enter it. `_prev` may be set: its resumer waits. */
export const LEFT = 8;
/** Ended, by return, error or kill. Holds nothing but its label. Never left. */
export const TERMINATED = 16;

/** The top frame is a native generator; otherwise it is a {@link Frame}. Set by the frame's start. */
export const GENERATOR = 32;
/** The top frame was called by another: `_frame` is a {@link Call}, a link of the frame stack. */
export const CALLED = 64;
/** The top frame was told to unwind by a kill and is running its `finally` blocks. */
export const UNWINDING = 128;

/**
 * The fiber hangs on the root fiber by a chain of resumes. Copied from resumer to resumed, cleared
 * by a yield. Exactly one attached fiber is not resuming another: the tail, where the result of a
 * fiber without a resumer surfaces. So the tail is found without walking the chain.
 */
export const ATTACHED = 256;
/** A synchronous call of this fiber is on the native stack: only the return of that call may enter it. */
export const PINNED = 512;
/** `kill` was called on it. Every later entry unwinds it again. Never cleared. */
export const KILLED = 1024;
/** It was killed, but control came back through a native call, which cannot be unwound: unwind at its next op. */
export const KILL_DUE = 2048;

/** A scheduler runs it: it is a task, made by `spawn` or `run`. Never cleared. */
export const SCHEDULED: number = 1 << 12;
/**
 * A task: it waits, and `_wait` says for what. Another fiber: it is the tip of a strand that waits, or
 * is ready: its task will go on in it.
 */
export const PARKED: number = 1 << 13;
/** A task that has been spawned or woken and has not had its turn. Excludes PARKED. */
export const READY: number = 1 << 14;
/**
 * A task whose routine has not been called: cancel and kill end it without running anything. `_frame`
 * is the routine, `_wait` its argument, or an array of them. The routine is not called earlier,
 * because a generator that lives only from its fiber's first turn to its last never leaves the young
 * generation: a million of them spawned at once cost no copying.
 */
export const FRESH: number = 1 << 15;
/** FRESH: how many arguments there are, where it is not none. */
export const ONE_ARGUMENT: number = 1 << 24;
export const MORE_ARGUMENTS: number = 1 << 25;
export const ARGUMENT_BITS: number = ONE_ARGUMENT | MORE_ARGUMENTS;
/** READY: `_wait` is an error to be thrown. TERMINATED: `_wait` is the error that ended it. */
export const RAISES: number = 1 << 16;
/** The task waits in another fiber, which it resumed or transferred to: `_wait` is an `Away`. */
export const AWAY: number = 1 << 17;
/** TERMINATED without a result: it was cancelled, then RAISES is set too, or killed. */
export const CUT: number = 1 << 18;
/** Somebody has been told how the task ended, or will be. */
export const OBSERVED: number = 1 << 19;
/** A child that does not keep its scope open. */
export const DAEMON: number = 1 << 20;
/** Its grace is over: no wait of a killed task lasts any more. */
export const FORCED: number = 1 << 21;
/** A coroutine that has a scope open: it may wait, but not yield or transfer out of the scope. */
export const SCOPED: number = 1 << 22;
/** It hangs on a task by a chain of resumes, or is one: see strand.ts. Travels with ATTACHED. */
export const HELD: number = 1 << 23;
/** It was killed and does what was deferred, which a kill does not cut short: KILLED comes after it. */
export const KILL_HELD: number = 1 << 28;
/** It failed before it had started, and who started it is told: that is no matter of its scope's. */
export const NOT_STARTED: number = 1 << 29;
/** What a resumed fiber takes over from its resumer. */
export const CHAIN_BITS: number = ATTACHED | HELD;

/** The bits that describe the frame; a switch keeps them. */
export const FRAME_BITS: number = GENERATOR | CALLED | UNWINDING;

/** PARKED by `park()`: `_wait` is undefined, and there is nothing to undo. */
export const BARE: number = 1 << 26;
/**
 * READY because it gave way (`yieldNow`): it is owed no value, so a request to end is thrown in its
 * place. Excludes PARKED and FRESH. Shares its bit with NOT_STARTED, which only an ended task has: a
 * thirty-first bit would make every flag word a number on the heap where pointers are compressed.
 */
export const PAUSED: number = 1 << 29;
/** A task of a scheduler that was not `K.home` when it was spawned. */
export const ELSEWHERE: number = 1 << 27;

/** The bits that say nothing of how a task is to be entered. */
export const TASK_KEEPS: number = CALLED | OBSERVED | DAEMON | ELSEWHERE | PAUSED;
/** A task before its first turn, and before a later one: the fast path of the scheduler. */
export const TASK_FRESH: number = LEFT | READY | SCHEDULED | CHAIN_BITS | FRESH;
export const TASK_READY: number = LEFT | READY | SCHEDULED | CHAIN_BITS;

/**
 * How a frame is entered.
 *
 * START: for the first time. DELIVER: the op it waits for has a value. RAISE: the op failed, the
 * value is to be thrown. RETURN: the fiber was killed, run the `finally` blocks and end.
 */
export type How =
  | typeof START
  | typeof DELIVER
  | typeof RAISE
  | typeof RETURN
  | typeof BEGIN
  | typeof RAISE_IN_FINALLY;
export const START = 0;
export const DELIVER = 1;
export const RAISE = 2;
export const RETURN = 3;
/** The fiber itself starts: its routine has still to be called. Frames never see this one. */
export const BEGIN = 4;
/** What the `finally` of an unwinding frame waited for has failed. Frames see RETURN, their op throws. */
export const RAISE_IN_FINALLY = 5;
