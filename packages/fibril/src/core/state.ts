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

/** The bits that describe the frame; a switch keeps them. */
export const FRAME_BITS: number = GENERATOR | CALLED | UNWINDING;

/** Suspended by a yield in an unwrapped generator, nothing special: the fast path of `resume`. */
export const YIELDED_GENERATOR: number = YIELDED | GENERATOR;

/**
 * How a frame is entered.
 *
 * START: for the first time. DELIVER: the op it waits for has a value. RAISE: the op failed, the
 * value is to be thrown. RETURN: the fiber was killed, run the `finally` blocks and end.
 */
export type How = typeof START | typeof DELIVER | typeof RAISE | typeof RETURN | typeof BEGIN;
export const START = 0;
export const DELIVER = 1;
export const RAISE = 2;
export const RETURN = 3;
/** The fiber itself starts: its routine has still to be called. Frames never see this one. */
export const BEGIN = 4;
