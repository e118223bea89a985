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
 * fiber?" is a comparison with the kernel's register, never a bit.
 *
 * A fiber that a scheduler runs is a *task*. To Ruby's rules it leaves by transfer whenever it waits, and
 * its own bits say why it does not run:
 *
 *   spawn                turn               wait                  wake, cancel
 *   ─────▶ READY + FRESH ────▶ RUNNING ───────────▶ PARKED ─────────────────▶ READY
 *                                │ ◀─────────────────── turn ───────────────────┘
 *                                ▼ return, throw, unwound; and its children have ended
 *                            TERMINATED
 *
 * Each bit below says when it is set and who clears it. What it needs and what it excludes stands in
 * {@link FLAGS}, and the invariant checker of the tests asserts that table after every step.
 */

// State: exactly one of them.

/** `new Fiber` has run, the routine has not: `_frame` holds the routine. Cleared by the first entry. */
export const CREATED: number = 1 << 0;
/** It has control, or it is resuming a fiber that has. Set by every entry, cleared by every way out. */
export const RUNNING: number = 1 << 1;
/** `Fiber.yield` suspended it: only `resume` may enter it, and clears this. `_prev` and `_resuming` are null. */
export const YIELDED: number = 1 << 2;
/** A transfer suspended it: only `transfer` may enter it, and clears this. `_prev` may be set: its resumer waits. */
export const TRANSFERRED: number = 1 << 3;
/** It ended, by return, error or kill, and holds nothing but its label. Never cleared. */
export const TERMINATED: number = 1 << 4;

export const STATE_BITS: number = CREATED | RUNNING | YIELDED | TRANSFERRED | TERMINATED;

// Frame: they describe the top frame. A switch keeps them; a call replaces them, and its end restores them.

/** The top frame is a native generator, otherwise a `Frame`. Set when the frame starts. */
export const GENERATOR: number = 1 << 5;
/** The top frame was called by another one: `_frame` is a `Call`, a link of the frame stack. */
export const CALLED: number = 1 << 6;
/** A kill told the top frame to unwind, and it runs its `finally` blocks. Ends with the frame. */
export const UNWINDING: number = 1 << 7;

export const FRAME_BITS: number = GENERATOR | CALLED | UNWINDING;

// Chain: where the fiber hangs, and what was asked of it.

/**
 * It hangs on the root fiber by a chain of resumes. Copied from resumer to resumed, cleared by a yield.
 * Exactly one attached fiber is not resuming another: the tail, where the result of a fiber without a
 * resumer surfaces. So the tail is found without walking the chain.
 */
export const ATTACHED: number = 1 << 8;
/** A synchronous call of it is on the native stack, and only the return of that call may enter it. Cleared by that return. */
export const PINNED: number = 1 << 9;
/** It hangs on a task by a chain of resumes, or is a task: see strand.ts. Copied and cleared with ATTACHED. */
export const ON_TASK: number = 1 << 10;
/** A coroutine with a scope open: it may wait, but not yield or transfer out of the scope. Cleared when the scope is left. */
export const SCOPED: number = 1 << 11;
/** `kill` was called on it, and every later entry unwinds it again. Cleared only with the scope whose grace set it. */
export const KILLED: number = 1 << 12;
/** It was killed while a native call stood in it, which cannot be unwound: it unwinds at its next op, which clears this. */
export const KILL_DUE: number = 1 << 13;
/** It was killed and does what was deferred, which a kill does not cut short: KILLED takes its place after that. */
export const KILL_POSTPONED: number = 1 << 14;
/** Its grace is over: no wait of it lasts any more. Cleared only with the scope whose grace set it. */
export const FORCED: number = 1 << 15;

/** What a resumed fiber takes over from its resumer. */
export const CHAIN_BITS: number = ATTACHED | ON_TASK;

// Task: why it does not run, and how it ends.

/** A scheduler runs it: it is a task, made by `spawn` or `run`. Never cleared. */
export const SCHEDULED: number = 1 << 16;
/** It was spawned or woken, and has not had its turn. Cleared by its turn. */
export const READY: number = 1 << 17;
/**
 * A task: it waits, and its slot says for what (wait-slot.ts). Another fiber: it is the tip of a strand
 * that waits or is ready, and its task goes on in it. Cleared by the wake, or by the turn.
 */
export const PARKED: number = 1 << 18;
/**
 * Its routine has not been called, so cancel and kill end it without running anything: `_frame` is the
 * routine, and its slot holds the arguments. The routine is not called earlier, because a generator that
 * lives only from its fiber's first turn to its last never leaves the young generation: a million of them
 * spawned at once cost no copying. Cleared by the first turn.
 */
export const FRESH: number = 1 << 19;
/** FRESH, with one argument. */
export const ONE_ARGUMENT: number = 1 << 20;
/** FRESH, with an array of arguments. */
export const MORE_ARGUMENTS: number = 1 << 21;
/** READY: its slot holds an error to be thrown. TERMINATED: its slot holds the error that ended it. */
export const RAISES: number = 1 << 22;
/** It goes on in another fiber, which it resumed or transferred to: its slot holds a `StrandWait`. Cleared by its turn. */
export const IN_COROUTINE: number = 1 << 23;
/** PARKED with nothing to undo: by `park()`, and its slot is empty. Cleared by the wake. */
export const BARE: number = 1 << 24;
/**
 * READY because it gave way (`yieldNow`): it is owed no value, so a request to end is thrown in its place.
 * Cleared by its turn.
 */
export const PAUSED: number = 1 << 25;
/**
 * TERMINATED: it failed before it had started, and the fiber that started it is told instead of its scope.
 * Shares its bit with PAUSED, because a thirty-first bit would make every flag word a number on the heap
 * where pointers are compressed.
 */
export const NOT_STARTED: number = PAUSED;
/** It was spawned in a scheduler that was not `K.mainScheduler` then. Never cleared. */
export const OTHER_SCHEDULER: number = 1 << 26;
/** It does not keep its scope open. Never cleared. */
export const DAEMON: number = 1 << 27;
/** Somebody was told how it ended, or will be. Never cleared. */
export const OBSERVED: number = 1 << 28;
/** TERMINATED without a result: it was cancelled, and then RAISES is set too; or killed. */
export const CUT: number = 1 << 29;

export const ARGUMENT_BITS: number = ONE_ARGUMENT | MORE_ARGUMENTS;

/** The bits that say nothing about how a task is to be entered. */
export const TASK_KEEPS: number = CALLED | OBSERVED | DAEMON | OTHER_SCHEDULER | PAUSED;
/** A task before its first turn, and before a later one: the fast path of the scheduler. */
export const TASK_FRESH: number = TRANSFERRED | READY | SCHEDULED | CHAIN_BITS | FRESH;
export const TASK_READY: number = TRANSFERRED | READY | SCHEDULED | CHAIN_BITS;

/** What holds between any two steps of a program where a bit is set. */
export interface FlagRule {
  readonly name: string;
  readonly bit: number;
  /** All of these are set as well. */
  readonly needs: number;
  /** At least one of these is set as well; 0 for no such rule. */
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

/** The one table of the flag word, for the invariant checker. Asked for by a call, so that programs do not carry it. */
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
