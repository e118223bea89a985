/**
 * Calls of compiled routines that make a frame only if they suspend.
 *
 * The caller enters the callee's code on the native stack, with `NO_FRAME` in place of a frame and with the arguments behind
 * the usual three. If the callee ends, there has never been a frame. If it suspends, it saves its variables where it would
 * with any frame, so they are in `NO_FRAME`, and its caller moves them into a frame (`makeFrame`) before it saves its own. The
 * first caller that has a frame of its own puts all of them on the fiber's stack, and from then on they are frames like
 * any other:
 *
 *     fiber._frame ─▶ frame of f                                    f calls g, and g calls h, on the native stack
 *     fiber._frame ─▶ Call { h } ─▶ Call { g } ─▶ frame of f        after h has suspended
 *
 * No code of the program runs in between, because all of them return SUSPEND at once.
 *
 * So the kernel does not know of a call that has not suspended. It does not know of a plain `yield*` between
 * generators either.
 */
import { Call, type Code, Frame, SUSPEND, type TopFrame } from "./frame.js";
import { callOp, perform } from "./op.js";
import { K } from "./registers.js";
import { CALLED, FRAME_BITS } from "./state.js";

/** The same function as a {@link Code}. If it is called on the native stack, it takes its arguments, and a depth in place of a `How`. */
export type CalledCode = (
  frame: Frame,
  depth: number,
  value: undefined,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
) => unknown;

/** What code is entered with that was called on the native stack. It holds what the code saves until its caller has it. */
export const NO_FRAME: Frame = new Frame(() => undefined);

/** How many calls may stand on the native stack. Deeper ones are made by the kernel's loop. */
const NATIVE_CALLS = 200;
/** What the first of them gets in place of a `How`, which is a smaller number. */
export const FIRST_CALL = 8;

/** What a function that is called on the native stack gets in place of a `How`; 0 if the kernel's loop has to make the call. */
export function callDepth(frame: object, how: number): number {
  if (frame !== NO_FRAME) return FIRST_CALL;
  return how < FIRST_CALL + NATIVE_CALLS ? how + 1 : 0;
}

/** The frames that are not on a fiber's stack yet, as the links of the stack that they will be. */
let innermost: Call | null = null;
let outermost: Call | null = null;

/** A call of `code` on the native stack has suspended: it gets a frame. `caller` is the frame of the function that called it. */
export function makeFrame(caller: object, code: Code): void {
  // If it is 0, the kernel's loop makes the call.
  if (NO_FRAME.pc !== 0) {
    const frame = new Frame(code, NO_FRAME.a, NO_FRAME.b, NO_FRAME.c, NO_FRAME.d);
    frame.pc = NO_FRAME.pc;
    NO_FRAME.pc = 0;
    NO_FRAME.a = NO_FRAME.b = NO_FRAME.c = NO_FRAME.d = undefined;
    const link = new Call(frame, NO_FRAME, CALLED, code);
    if (outermost === null) innermost = link;
    else outermost.caller = link;
    outermost = link;
  }
  if (caller !== NO_FRAME && outermost !== null) linkFrames(outermost);
}

function linkFrames(outer: Call): void {
  const fiber = K.current;
  const flags = fiber._flags;
  outer.caller = fiber._frame as TopFrame | Call;
  outer.callerBits = flags & FRAME_BITS;
  fiber._frame = innermost;
  fiber._flags = (flags & ~FRAME_BITS) | CALLED;
  innermost = outermost = null;
}

/** Calls compiled code that is known only when the program runs, for code that was entered with `frame` and `how`. */
export function enterCode(
  frame: Frame,
  how: number,
  code: Code,
  a?: unknown,
  b?: unknown,
  c?: unknown,
  d?: unknown,
): unknown {
  const depth = callDepth(frame, how);
  if (depth === 0) return perform(callOp(new Frame(code, a, b, c, d), 0, code));
  const out = (code as CalledCode)(NO_FRAME, depth, undefined, a, b, c, d);
  if (out === SUSPEND) makeFrame(frame, code);
  return out;
}
