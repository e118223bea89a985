/**
 * The states of a fiber, written down before the code that moves between them.
 *
 * One integer, `_flags`, holds everything that a switch has to test, because one load and one compare
 * decide the common case. Exactly one of the five *state* bits is set at any time:
 *
 *             resume, transfer           yield
 *   CREATED ──────────────────▶ RUNNING ───────▶ YIELDED
 *      │                        ▲  │  ▲ ◀─────────  │
 *      │ kill          transfer │  │  │    resume
 *      ▼                  (in)  │  │  │
 *   TERMINATED ◀────────────────┼──┘  └── RUNNING ──transfer (out)──▶ TRANSFERRED
 *              return, throw    └─────────────────────────────────────────┘
 *
 * A fiber that is resuming another one stays RUNNING and has `_resuming` set. So "is it the current
 * fiber?" is a comparison with the register `K.current`, never a bit.
 *
 * A fiber that a scheduler runs is a *task*. For Ruby's rules, a waiting task has left by transfer. Bits of
 * its own say why it is not running:
 *
 *   spawn                turn               wait                  wake, cancel
 *   ─────▶ READY + FRESH ────▶ RUNNING ───────────▶ PARKED ─────────────────▶ READY
 *                                │ ◀─────────────────── turn ───────────────────┘
 *                                ▼ return, throw, unwound; and its children have ended
 *                            TERMINATED
 *
 * The comment of each bit says when it is set and what clears it. {@link flagRules} says which bits it
 * needs and excludes; the invariant checker of the tests asserts that table after every step.
 */

// State. Exactly one of these is set.

/** The fiber was made and has not started: `_frame` holds the routine. Cleared by the first entry. */
export const CREATED: number = 1 << 0;
/**
 * It has control, or it is resuming another fiber. Set by every entry, cleared when it yields, transfers,
 * waits or ends.
 */
export const RUNNING: number = 1 << 1;
/** `Fiber.yield` suspended it. Only `resume` may enter it, which clears this. `_prev` and `_resuming` are null. */
export const YIELDED: number = 1 << 2;
/**
 * A transfer suspended it. Only `transfer` may enter it, which clears this. `_prev` may be set: then its
 * resumer waits.
 */
export const TRANSFERRED: number = 1 << 3;
/** It ended, by return, error or kill, and holds nothing but its label. Never cleared. */
export const TERMINATED: number = 1 << 4;

export const STATE_BITS: number = CREATED | RUNNING | YIELDED | TRANSFERRED | TERMINATED;

// Frame. These describe the top frame. A switch keeps them; a call replaces them, and its end restores them.

/** The top frame is a native generator. Otherwise it is a `Frame`. Set when the frame starts. */
export const GENERATOR: number = 1 << 5;
/** The top frame was called by another one: `_frame` is a `Call`, a link of the frame stack. */
export const CALLED: number = 1 << 6;
/** The top frame is unwinding: it runs its `finally` blocks because of a kill. Cleared when the frame ends. */
export const UNWINDING: number = 1 << 7;

export const FRAME_BITS: number = GENERATOR | CALLED | UNWINDING;

// Chain. These say on what the fiber hangs, and what it was asked to do.

/**
 * It hangs on the root fiber by a chain of resumes. Copied from resumer to resumed, cleared by a yield.
 * Exactly one attached fiber is not resuming another. It is the tail: when a fiber without a resumer ends,
 * the tail gets control and the result. Thanks to this bit it is found without walking the chain.
 */
export const ATTACHED: number = 1 << 8;
/**
 * It made a synchronous call that is on the native stack. Only the return of that call may enter it, which
 * clears this.
 */
export const PINNED: number = 1 << 9;
/** It is a task, or it hangs on one by a chain of resumes: see strand.ts. Copied and cleared like ATTACHED. */
export const ON_TASK: number = 1 << 10;
/**
 * It is a coroutine with an open scope: it may wait, but not yield or transfer out of the scope. Cleared
 * when the scope ends.
 */
export const SCOPED: number = 1 << 11;
/**
 * It was killed, or its grace is over, and every later entry unwinds it. KILL_POSTPONED takes its place
 * during deferred clean-up. If a grace set it, the end of that grace's scope clears it.
 */
export const KILLED: number = 1 << 12;
/**
 * It was killed during a native call of its own, which cannot be unwound. It unwinds at its next op, which
 * clears this.
 */
export const KILL_DUE: number = 1 << 13;
/**
 * It was killed while it ran its deferred clean-up or acquired a resource, which a kill does not cut short.
 * KILLED takes its place after that.
 */
export const KILL_POSTPONED: number = 1 << 14;
/** Its grace is over, so each of its waits ends at once. Cleared only at the end of the scope whose grace set it. */
export const FORCED: number = 1 << 15;

/** The bits that a resumed fiber copies from its resumer. */
export const CHAIN_BITS: number = ATTACHED | ON_TASK;

// Task. These say why a task is not running, and how it ended.

/** A scheduler runs it: it is a task, made by `spawn` or `run`. Never cleared. */
export const SCHEDULED: number = 1 << 16;
/** It was spawned or woken, or gave way, and waits for its turn. Cleared by its turn. */
export const READY: number = 1 << 17;
/**
 * On a task: it waits, and `_wait` says for what (wait-slot.ts). Cleared by the wake. On another fiber: it
 * is the tip of a strand that waits or is ready, so its task goes on in it. Cleared by the turn.
 */
export const PARKED: number = 1 << 18;
/**
 * Its routine has not been called, so a kill or the end of a grace ends it without running anything.
 * `_frame` is the routine, and `_wait` holds the arguments. The routine is called only at the first turn,
 * because a generator that lives only from its fiber's first turn to its last never leaves the young
 * generation. So a million of them spawned at once cause no copying. Cleared by the first turn.
 */
export const FRESH: number = 1 << 19;
/** With FRESH: the routine gets one argument. */
export const ONE_ARGUMENT: number = 1 << 20;
/** With FRESH: the routine gets an array of arguments. */
export const MORE_ARGUMENTS: number = 1 << 21;
/**
 * With READY: `_wait` holds an error to throw at its next turn. With TERMINATED: `_wait` holds the error
 * that ended it.
 */
export const RAISES: number = 1 << 22;
/**
 * It goes on in another fiber, which it resumed or transferred to: `_wait` holds a `StrandWait`. Cleared by
 * its turn.
 */
export const IN_COROUTINE: number = 1 << 23;
/** With PARKED: it waits in `park()`, so there is nothing to undo and `_wait` is empty. Cleared by the wake. */
export const BARE: number = 1 << 24;
/**
 * With READY: it gave way (`yieldNow`). No value is due to it, so a request to end may be thrown at its
 * next turn. Cleared by its turn.
 */
export const PAUSED: number = 1 << 25;
/**
 * With TERMINATED: a service (`scope.start`) failed before it had started, so the fiber that started it
 * receives the error and its scope does not. Shares its bit with PAUSED, because a thirty-first bit would
 * make every flag word a number on the heap where pointers are compressed.
 */
export const NOT_STARTED: number = 1 << 25;
/** When it was spawned, its scheduler was not `K.mainScheduler`. Never cleared. */
export const OTHER_SCHEDULER: number = 1 << 26;
/** It is a daemon: it does not keep its scope open. Never cleared. */
export const DAEMON: number = 1 << 27;
/** A join, a promise, a scope or a monitor has received how it ended, or will. Never cleared. */
export const OBSERVED: number = 1 << 28;
/** With TERMINATED: it has no result. It was cancelled if RAISES is set too, and killed otherwise. */
export const CUT: number = 1 << 29;

export const ARGUMENT_BITS: number = ONE_ARGUMENT | MORE_ARGUMENTS;

/** The bits that do not affect how a task is entered. */
export const TASK_KEEPS: number = CALLED | OBSERVED | DAEMON | OTHER_SCHEDULER | PAUSED;
/** The flags of a task before its first turn, and before a later one. The scheduler's fast path compares with these. */
export const TASK_FRESH: number = TRANSFERRED | READY | SCHEDULED | CHAIN_BITS | FRESH;
export const TASK_READY: number = TRANSFERRED | READY | SCHEDULED | CHAIN_BITS;

/** What holds between any two steps of a program while a bit is set. */
export interface FlagRule {
  readonly name: string;
  readonly bit: number;
  /** These are all set as well. */
  readonly needs: number;
  /** At least one of these is set as well; 0 means that there is no such rule. */
  readonly needsOneOf: number;
  /** None of these is set. */
  readonly excludes: number;
}

function rule(
  name: string,
  bit: number,
  excludes: number,
  needs: number = 0,
  needsOneOf: number = 0,
): FlagRule {
  return { name, bit, needs, needsOneOf, excludes };
}

/**
 * The table of the flag word, for the invariant checker. It is a function, so that bundles of programs do
 * not contain it.
 */
export function flagRules(): readonly FlagRule[] {
  const notAlive = CREATED | TERMINATED;
  const suspended = READY | PARKED;
  return [
    rule("CREATED", CREATED, ~CREATED),
    rule("RUNNING", RUNNING, STATE_BITS & ~RUNNING),
    rule("YIELDED", YIELDED, (STATE_BITS & ~YIELDED) | CHAIN_BITS | PINNED | SCOPED | SCHEDULED),
    rule("TRANSFERRED", TRANSFERRED, STATE_BITS & ~TRANSFERRED),
    rule("TERMINATED", TERMINATED, (STATE_BITS & ~TERMINATED) | FRAME_BITS | CHAIN_BITS),
    rule("GENERATOR", GENERATOR, notAlive | FRESH),
    rule("CALLED", CALLED, notAlive | FRESH),
    rule("UNWINDING", UNWINDING, notAlive | FRESH),
    rule("ATTACHED", ATTACHED, notAlive | YIELDED),
    rule("PINNED", PINNED, notAlive | YIELDED),
    rule("ON_TASK", ON_TASK, notAlive | YIELDED),
    rule("SCOPED", SCOPED, notAlive | YIELDED | SCHEDULED),
    rule("KILLED", KILLED, CREATED),
    rule("KILL_DUE", KILL_DUE, notAlive),
    rule("KILL_POSTPONED", KILL_POSTPONED, notAlive),
    rule("FORCED", FORCED, notAlive, KILLED),
    rule("SCHEDULED", SCHEDULED, CREATED | YIELDED | SCOPED),
    rule("READY", READY, PARKED | BARE | notAlive, SCHEDULED | CHAIN_BITS),
    rule("PARKED", PARKED, READY | FRESH | RAISES | PAUSED | notAlive),
    rule("FRESH", FRESH, RUNNING | IN_COROUTINE | RAISES | PAUSED, SCHEDULED | READY | TRANSFERRED),
    rule("ONE_ARGUMENT", ONE_ARGUMENT, MORE_ARGUMENTS, FRESH),
    rule("MORE_ARGUMENTS", MORE_ARGUMENTS, ONE_ARGUMENT, FRESH),
    rule("RAISES", RAISES, PARKED | FRESH, SCHEDULED, READY | TERMINATED),
    rule("IN_COROUTINE", IN_COROUTINE, FRESH | BARE | notAlive, SCHEDULED, suspended),
    rule("BARE", BARE, IN_COROUTINE | READY, SCHEDULED | PARKED),
    rule("PAUSED, NOT_STARTED", PAUSED, PARKED | FRESH, SCHEDULED, READY | TERMINATED),
    rule("OTHER_SCHEDULER", OTHER_SCHEDULER, CREATED, SCHEDULED),
    rule("DAEMON", DAEMON, CREATED, SCHEDULED),
    rule("OBSERVED", OBSERVED, CREATED, SCHEDULED),
    rule("CUT", CUT, STATE_BITS & ~TERMINATED, SCHEDULED | TERMINATED),
  ];
}
