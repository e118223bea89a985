/**
 * Direct style: compiled functions that wait without `yield*`.
 *
 * A direct function runs on the native stack like any other. Only when something in it waits is a frame made: each
 * function on the stack, from the inside out, saves its live variables and returns SUSPEND (`leave`). The code
 * here that entered the outermost one links the frames into the fiber's stack (`runDirect`). From then on, the
 * kernel enters the innermost frame directly, whatever the depth.
 *
 * SUSPEND must never reach code that does not expect it. So a function has to know whether its caller does:
 *
 * - `K.depth` is the caller's word. Compiled code writes it right before it calls a function that bears the brand
 *   (direct-word.ts), and the first thing such a function does is to read and clear it. So it is 0 whenever other code
 *   runs, and a function that finds 0 was called by other code.
 * - The number goes down the calls by value: 1 in the function that `runDirect` enters, one more for each call. A
 *   function that finds 0 takes a negative number instead, which its callees get in turn: below it, nothing
 *   may suspend, and a wait is an error (`crossing`).
 * - A call that fails before the function runs (the native stack is full) leaves the word behind. It is cleared by
 *   whoever sees the error first: a `catch`, a `finally` or a loop's iterator in compiled code, or `runDirect`.
 *
 * docs/direct.md has the whole argument.
 */
import { DELEGATED } from "./delegation.js";
import { crossing, isDirect, LAZY_BELOW, mark, maySuspend, REENTERS } from "./direct-word.js";
import { Call, type Code, Frame, type How, KILL, RAISE, RETURN, START, SUSPEND } from "./frame.js";
import { notRun } from "./op-misuse.js";
import { DONE, Op, perform } from "./op.js";
import { AGAIN_STARTED, type FiberFields, IDLE, K, WAIT_CREATED } from "./registers.js";
import { CALLED, FRAME_BITS } from "./state.js";

/** The `pc` of a frame whose function has not run yet. */
const FRESH_PC = -1;
/** The `pc` of a frame whose function has ended with a call: what the call results in is its result as well. */
const PASSES_PC = -2;
/** The same where the function results in nothing. */
const ENDS_PC = -3;

type AnyFunction = (...args: unknown[]) => unknown;

/* oxlint-disable typescript/unbound-method -- the intrinsics are read once, before a program can replace them */
const { apply } = Reflect;
const { bind, call: callMethod } = Function.prototype;
/* oxlint-enable typescript/unbound-method */

/** `fn.call(receiver)`, whatever `fn.call` is. Faster than `apply`, because it needs no list. */
const callWith = bind.call(callMethod, callMethod) as (
  fn: AnyFunction,
  receiver: unknown,
  ...one: readonly unknown[]
) => unknown;

/** Marks a compiled function: its first act is to read and clear the word. */
export function direct<F extends object>(fn: F): F {
  mark(fn, false);
  K.direct = frameOfDirect;
  return fn;
}

/** Marks a function in which nothing can wait, so that fibers and the library's functions take it. */
export function quiet<F extends object>(fn: F): F {
  mark(fn, true);
  K.direct = frameOfDirect;
  return fn;
}

/** With what the function that is entered again goes on. */
class Entry {
  how: How = START;
  value: unknown = undefined;
}

/** It is read by `back`. */
export const entry: Entry = new Entry();

/**
 * The result of the call that had suspended. Throws its error. If the fiber is killed, it is SUSPEND once more, and what
 * `leave` or `ended` then returns ends the function.
 */
export function back(): unknown {
  const { how, value } = entry;
  entry.value = undefined;
  if (how === RAISE) throw value;
  if (how !== RETURN) return value;
  saving.ends = true;
  saving.slots = value;
  K.phase = AGAIN_STARTED;
  return SUSPEND;
}

/** For an op that a function has left behind which compiled code has called. */
const NOT_DIRECT = 'is "use fibers" missing there?';

/** What a function has saved that needs three values at most. */
class Saved {
  pc: number;
  a: unknown;
  b: unknown;
  c: unknown;

  constructor(pc: number, a: unknown, b: unknown, c: unknown) {
    this.pc = pc;
    this.a = a;
    this.b = b;
    this.c = c;
  }
}

/** The frames that are being saved. */
class Saving {
  /** What the innermost has saved that its caller has not seen yet, if it is a new object. */
  slots: unknown = undefined;
  /** What the `pc` of its frame will be. */
  pc: number = 0;
  /** The outermost frame that is complete. Each has the next inner one in `c`. */
  chain: Frame | null = null;
  /** Without an object of it, a collection would take the hidden class, and optimised code with it. */
  readonly example: Saved = new Saved(0, undefined, undefined, undefined);
  /** The fiber is killed, so the function that leaves ends. What it returns is in `slots`. */
  ends: boolean = false;

  clear(): void {
    this.slots = undefined;
    this.pc = 0;
    this.chain = null;
  }
}

const saving = new Saving();

/**
 * What a call results in after which an op is in hand or has started: see `answer`. If the function that made the call has to
 * return it, `K.leaves` is true, and the function has been saved. Its values go where they were when it was entered
 * again, because the frame is old, and a new object in an old frame costs more.
 */
export function leave(
  depth: number,
  value: unknown,
  saved: Saved | undefined,
  pc: number,
  callee?: unknown,
  receiver?: unknown,
  a?: unknown,
  b?: unknown,
  c?: unknown,
): unknown {
  if (value !== SUSPEND || saving.ends || depth < 1) {
    const result = asked(depth, value);
    if (result !== SUSPEND) return result;
  } else if (saving.slots !== undefined) settle(callee, receiver);
  K.leaves = true;
  if (saved === undefined) saving.slots = new Saved(pc, a, b, c);
  else {
    saved.pc = pc;
    saved.a = a;
    saved.b = b;
    saved.c = c;
  }
  return SUSPEND;
}

/** The same for a function that needs more: `list` is what it has saved as it has to be. */
export function leaveMany(
  depth: number,
  value: unknown,
  slots: unknown[] | undefined,
  list: readonly unknown[],
  callee?: unknown,
  receiver?: unknown,
): unknown {
  if (value !== SUSPEND || saving.ends || depth < 1) {
    const result = asked(depth, value);
    if (result !== SUSPEND) return result;
  } else if (saving.slots !== undefined) settle(callee, receiver);
  K.leaves = true;
  if (slots === undefined || slots.length < list.length) {
    saving.slots = list;
    return SUSPEND;
  }
  for (let n = 0; n < list.length; n++) slots[n] = list[n];
  // Slots that are not needed here must not keep what they had.
  for (let n = list.length; n < slots.length; n++) slots[n] = undefined;
  return SUSPEND;
}

/** What is left to do if a call has not just suspended. SUSPEND if its op has. */
function asked(depth: number, value: unknown): unknown {
  if (saving.ends) {
    K.leaves = true;
    return ended();
  }
  const result = answer(depth, value);
  K.leaves = false;
  return result;
}

/** The same for a function that keeps its variables in an object of its own. */
export function leaveWith(slots: object, callee: unknown, receiver: unknown): unknown {
  settle(callee, receiver);
  saving.slots = slots;
  return SUSPEND;
}

/** What an unwound function returns: `KILL`, or what its callee has returned instead. */
export function ended(): unknown {
  const { slots: value } = saving;
  saving.ends = false;
  saving.slots = undefined;
  K.phase = IDLE;
  return value;
}

/** Now it is known which function was saved last, and its `this`. */
export function settle(fn: unknown, receiver: unknown): void {
  if (saving.slots === undefined) return;
  const frame = new Frame(runDirect, fn, receiver, saving.chain, saving.slots);
  frame.pc = saving.pc;
  saving.chain = frame;
  saving.pc = 0;
  saving.slots = undefined;
}

/** The native stack is deep enough: the call suspends before it has begun, and begins from the kernel's loop. */
export function deep(args: unknown): unknown {
  saving.clear();
  saving.pc = FRESH_PC;
  saving.slots = args;
  K.phase = AGAIN_STARTED;
  K.how = START;
  return SUSPEND;
}

/**
 * What a call results in after which an op is in hand or has started: SUSPEND if the caller has to suspend. An op that
 * the call returned is run. Throws FiberError of code `op-not-run` if the call left behind an op that it did not return.
 */
export function answer(depth: number, value: unknown): unknown {
  if (value === SUSPEND && depth > 0) return value;
  if (!(value instanceof Op)) throw notRun(NOT_DIRECT);
  if (depth < 1) throw crossing(depth);
  forgetSaved();
  const op = value as Op<unknown, unknown, never>;
  // Only a wait may have its result at once.
  if (K.phase < WAIT_CREATED) return perform(op);
  const result = op.next(undefined);
  if (result === SUSPEND) return SUSPEND;
  const { value: found } = result;
  DONE.value = undefined; // no start clears it here, and it would keep the value alive
  return found;
}

/** An error may have come between the frames of an earlier wait. */
export function forgetSaved(): void {
  saving.clear();
}

/** The result of a call that is the end of its function. If it suspends, its function is not entered again. */
export function last(depth: number, value: unknown, callee?: unknown, receiver?: unknown): unknown {
  return K.phase === IDLE ? value : stays(PASSES_PC, answerLast(depth, value), callee, receiver);
}

/** The same for a call that is the last statement. */
export function end(depth: number, value: unknown, callee?: unknown, receiver?: unknown): unknown {
  if (K.phase !== IDLE && answer(depth, value) === SUSPEND) {
    return stays(ENDS_PC, SUSPEND, callee, receiver);
  }
  return undefined;
}

/** If the call has suspended, only the place of its function on the stack is kept. */
function stays(pc: number, value: unknown, callee: unknown, receiver: unknown): unknown {
  if (value !== SUSPEND) return value;
  settle(callee, receiver);
  saving.slots = null;
  saving.pc = pc;
  return SUSPEND;
}

/** The same for a call whose result is returned: a function that is called for an op gives it. */
export function answerLast(depth: number, value: unknown): unknown {
  return depth < LAZY_BELOW && value instanceof Op ? value : answer(depth, value);
}

/** The same for a call whose result goes straight to `wait`: an op stays in hand, and `wait` gives it to its own caller. */
export function answerHeld(depth: number, value: unknown): unknown {
  return value instanceof Op ? value : answer(depth, value);
}

/**
 * The frame of a call of a direct function that the kernel makes; null for any other function. `c` is how many arguments
 * there are, `d` the one, or their list.
 */
function frameOfDirect(fn: unknown, argc: number, args: unknown): Frame | null {
  const code = maySuspend(fn) ? runDirect : isDirect(fn) ? runQuiet : null;
  if (code === null) return null;
  const frame = new Frame(code, fn, undefined, argc, args);
  frame.pc = FRESH_PC;
  return frame;
}

/** Calls the function of a frame that has not run. */
function begins({ a: fn, b: receiver, c: argc, d: args }: Frame): unknown {
  if (argc === 0) return callWith(fn as AnyFunction, receiver);
  if (argc === 1) return callWith(fn as AnyFunction, receiver, args);
  return apply(fn as AnyFunction, receiver, args as readonly unknown[]);
}

/** Runs a frame in direct style: `a` is its function, `b` its `this`, `d` what it has saved, or its arguments. */
const runDirect: Code = (frame, how, value) => {
  let out: unknown;
  try {
    if (frame.pc === FRESH_PC) {
      if (how === RAISE) throw value;
      if (how === RETURN) return KILL;
      frame.pc = 0;
      K.depth = 1;
      out = begins(frame);
    } else if (frame.pc < 0) {
      if (how === RAISE) throw value;
      // If the fiber is killed, it is what the callee has returned instead.
      return frame.pc === ENDS_PC && how !== RETURN ? undefined : value;
    } else {
      entry.how = how;
      entry.value = value;
      K.depth = REENTERS;
      // What was saved is an argument, because it is young, and each write into an old object would cost a barrier.
      out = callWith(frame.a as AnyFunction, frame.b, frame.d);
    }
  } catch (error) {
    K.depth = 0;
    throw error;
  }
  if (out !== SUSPEND) return out;
  if (saving.slots !== undefined) {
    frame.d = saving.slots;
    frame.pc = saving.pc;
    saving.pc = 0;
    saving.slots = undefined;
  }
  if (saving.chain !== null) pushSaved(K.current);
  return SUSPEND;
};

/** Runs a function in which nothing can wait. */
const runQuiet: Code = (frame, how, value) => {
  if (how === RAISE) throw value;
  return how === RETURN ? KILL : begins(frame);
};

/** Puts the saved frames on the fiber's stack, the outermost first. */
function pushSaved(fiber: FiberFields): void {
  let flags = fiber._flags;
  let link = fiber._frame as Frame | Call;
  for (let frame = saving.chain; frame !== null;) {
    const inner = frame.c as Frame | null;
    frame.c = DELEGATED;
    link = new Call(frame, link, flags & FRAME_BITS, frame.a as AnyFunction);
    flags = (flags & ~FRAME_BITS) | CALLED;
    frame = inner;
  }
  saving.chain = null;
  fiber._frame = link;
  fiber._flags = flags;
}
