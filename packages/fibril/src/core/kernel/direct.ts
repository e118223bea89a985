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
 *   of this file, and the first thing such a function does is to read and clear it. So it is 0 whenever other code
 *   runs, and a function that finds 0 was called by other code.
 * - The number goes down the calls by value: 1 in the function that `runDirect` enters, one more for each call. A
 *   function that finds 0 takes a negative number instead, which its callees get in turn: below it, nothing
 *   may suspend, and a wait is an error (`crossing`).
 * - A call that fails before the function runs (the native stack is full) leaves the word behind. It is cleared by
 *   whoever sees the error first: a `catch`, a `finally` or a loop's iterator in compiled code, or `runDirect`.
 *
 * docs/direct.md has the whole argument.
 */
import { FiberError } from "./errors.js";
import { Call, type Code, Frame, type How, KILL, RAISE, RETURN, START, SUSPEND } from "./frame.js";
import { notRun, dropOp, opInHand } from "./op-misuse.js";
import { Op, perform } from "./op.js";
import { AGAIN_STARTED, type FiberFields, K, WAIT_CREATED } from "./registers.js";
import { CALLED, FRAME_BITS } from "./state.js";
import { labelOf } from "./text.js";

/** What compiled code reads and writes: the kernel's own registers. */
export interface Registers {
  /** 0 unless an op is in hand or has started. */
  readonly phase: number;
  /** The caller's word: see above. */
  depth: number;
}

/** The registers of the kernel, as compiled code sees them. */
export const registers: Registers = K;

/** How many direct calls may stand on the native stack. A deeper one goes on at the stack's beginning. */
const NATIVE_DEPTH = 200;
/** The number that a call beyond this limit gets. */
const REENTERS: number = NATIVE_DEPTH + 2;
/** The numbers below functions that the library calls for an op, and not for its result. */
const LAZY_BELOW: number = -(2 ** 31) + 2 ** 20;
/** How far apart the numbers of two functions are that other code has called. */
const APART = 2 ** 10;

/** The `pc` of a frame whose function has not run yet. */
const FRESH_PC = -1;

type AnyFunction = (...args: unknown[]) => unknown;

/* oxlint-disable typescript/unbound-method -- the intrinsics are read once, before a program can replace them */
const { apply } = Reflect;
const { bind, call: callMethod } = Function.prototype;
/* oxlint-enable typescript/unbound-method */

/** `fn.call(receiver)`, whatever `fn.call` is. Faster than `apply`, because it needs no list. */
const callWith = bind.call(callMethod, callMethod) as (
  fn: AnyFunction,
  receiver: unknown,
) => unknown;

const NO_ARGUMENTS: readonly unknown[] = [];

/** Lends its constructor's result to a subclass, whose private field is then added to that function. */
const Lent = function (fn: object): object {
  return fn;
} as unknown as new (fn: object) => object;

/** The brand. It is a private field, because neither a proxy nor an heir of a branded function has it. */
class Direct extends Lent {
  readonly #direct: true = true;

  // Older engines run the one that the language supplies through the iterator of arrays, which a program may replace.
  // oxlint-disable-next-line no-useless-constructor
  constructor(fn: object) {
    super(fn);
  }

  static has(fn: object): boolean {
    return #direct in fn && fn.#direct;
  }
}

/** Marks a compiled function: its first act is to read and clear `K.depth`. */
export function direct<F extends object>(fn: F): F {
  void new Direct(fn);
  return fn;
}

/** Whether a value is a function that was compiled in direct style. A plain call. */
export function isDirect(fn: unknown): boolean {
  return typeof fn === "function" && Direct.has(fn);
}

/** The word for a function that is about to be called. `text` says what is called, for the error if it is no function. */
export function into(fn: unknown, depth: number, text: string): number {
  if (typeof fn !== "function") throw new TypeError(`${text} is not a function`);
  return Direct.has(fn) ? depth + 1 : 0;
}

/** The names of functions that other code may call. */
const names: string[] = [];

/** Gives each function of a module the number that stands for “called by other code”. */
export function entries(...given: readonly string[]): number[] {
  K.direct = frameOfDirect;
  return given.map((name) => -APART * names.push(name));
}

/** Calls a function for the op that it gives in the end. */
export function callLazily(fn: () => unknown): unknown {
  K.depth = -(2 ** 31);
  try {
    return fn();
  } finally {
    K.depth = 0;
  }
}

/** What a function that is entered again finds here. */
class Entry {
  pc: number = 0;
  how: How = START;
  value: unknown = undefined;
  slots: unknown = undefined;
}

/** Where a compiled function that is entered again finds its place, and with what it goes on. */
export const entry: Entry = new Entry();

/** For an op that a function has left behind which compiled code has called. */
const NOT_DIRECT = 'is "use fibers" missing there?';

/** The frames that are being saved. */
class Saving {
  /** The innermost of what its caller has not seen yet: where it stands, and its variables. */
  pc: number = 0;
  slots: unknown = undefined;
  /** The outermost frame that is complete. Each has the next inner one in `c`. */
  chain: Frame | null = null;

  clear(): void {
    this.pc = 0;
    this.slots = undefined;
    this.chain = null;
  }
}

const saving = new Saving();

/** Saves a function that has called `callee`, which suspended. */
export function leave(pc: number, callee: unknown, receiver: unknown, slots: unknown): unknown {
  settle(callee, receiver);
  saving.pc = pc;
  saving.slots = slots;
  return SUSPEND;
}

/** Now it is known which function was saved last, and its `this`. */
export function settle(fn: unknown, receiver: unknown): void {
  if (saving.pc === 0) return;
  const frame = new Frame(runDirect, fn, receiver, saving.chain, saving.slots);
  frame.pc = saving.pc;
  saving.chain = frame;
  saving.pc = 0;
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
export function answer(value: unknown, depth: number): unknown {
  if (value === SUSPEND && depth > 0) return value;
  if (!(value instanceof Op)) throw notRun(NOT_DIRECT);
  if (depth < 1) throw crossing(depth);
  saving.clear();
  const op = value as Op<unknown, unknown, never>;
  // Only a wait may have its result at once.
  if (K.phase < WAIT_CREATED) return perform(op);
  const result = op.next(undefined);
  return result === SUSPEND ? SUSPEND : result.value;
}

/** The same for a call whose result is returned: a function that is called for an op gives it. */
export function answerLast(value: unknown, depth: number): unknown {
  return depth < LAZY_BELOW && value instanceof Op ? value : answer(value, depth);
}

/** The same for a call whose result goes straight to `wait`: an op stays in hand, and `wait` gives it to its own caller. */
export function answerHeld(value: unknown, depth: number): unknown {
  return value instanceof Op ? value : answer(value, depth);
}

/** A wait below other code. */
function crossing(depth: number): FiberError {
  const what = opInHand();
  const name = names[Math.ceil(-depth / APART) - 1] ?? "";
  const called = depth < LAZY_BELOW ? "a case" : name === "" ? "a function" : name;
  const between = depth < LAZY_BELOW ? "the library" : callerIn(new Error("stack").stack, name);
  return dropOp(
    new FiberError(
      "native-crossing",
      `${labelOf(K.current)} cannot wait (${what}) here: ${called} was called by ${between}, ` +
        `and not by a call in direct style, so it cannot be suspended`,
    ),
  );
}

/** Who has called the function of that name, by the text of the stack. */
function callerIn(stack: string | undefined, name: string): string {
  const lines = (stack ?? "").split("\n").map((line) => {
    const v8 = /^\s+at (?:async )?(?:(.*?) \()?(.*?)\)?$/.exec(line);
    if (v8 !== null) return { name: v8[1] ?? "", native: v8[2] === "<anonymous>" };
    const other = /^(.*?)@(.*)$/.exec(line);
    return { name: other?.[1] ?? "", native: other?.[2] === "[native code]" };
  });
  const at =
    name === ""
      ? -1
      : lines.findIndex((line) => line.name === name || line.name.endsWith(`.${name}`));
  const caller = at === -1 ? lines.find((line) => line.native) : lines[at + 1];
  return caller === undefined || caller.name === "" ? "code that is not compiled" : caller.name;
}

/** The frame of a call of a direct function that the kernel makes; null for any other function. */
function frameOfDirect(fn: unknown, argc: number, args: unknown): Frame | null {
  if (!isDirect(fn)) return null;
  const list = argc > 1 ? args : argc === 1 ? [args] : NO_ARGUMENTS;
  const frame = new Frame(runDirect, fn, undefined, null, list);
  frame.pc = FRESH_PC;
  return frame;
}

/** Runs a frame in direct style: `a` is its function, `b` its `this`, `d` its arguments or saved variables. */
const runDirect: Code = (frame, how, value) => {
  let args = NO_ARGUMENTS;
  if (frame.pc === FRESH_PC) {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    args = frame.d as readonly unknown[];
    K.depth = 1;
  } else {
    entry.pc = frame.pc;
    entry.how = how;
    entry.value = how === RETURN ? KILL : value;
    entry.slots = frame.d;
    K.depth = REENTERS;
  }
  let out: unknown;
  try {
    const fn = frame.a as AnyFunction;
    out = args === NO_ARGUMENTS ? callWith(fn, frame.b) : apply(fn, frame.b, args);
  } catch (error) {
    K.depth = 0;
    throw error;
  }
  if (out !== SUSPEND) return out;
  frame.d = args === NO_ARGUMENTS ? renewed(frame.d, saving.slots) : saving.slots;
  frame.pc = saving.pc;
  saving.pc = 0;
  saving.slots = undefined;
  if (saving.chain !== null) pushSaved(K.current);
  return SUSPEND;
};

/**
 * Saved variables in the list in which the frame had them before, if they fit. The frame is old, and a new list in an old
 * frame costs more than a copy.
 */
function renewed(old: unknown, fresh: unknown): unknown {
  if (!Array.isArray(old) || !Array.isArray(fresh) || old.length !== fresh.length) return fresh;
  for (let n = 0; n < fresh.length; n++) old[n] = fresh[n];
  return old;
}

/** Puts the saved frames on the fiber's stack, the outermost first. */
function pushSaved(fiber: FiberFields): void {
  let flags = fiber._flags;
  let link = fiber._frame as Frame | Call;
  for (let frame = saving.chain; frame !== null;) {
    const inner = frame.c as Frame | null;
    frame.c = undefined;
    link = new Call(frame, link, flags & FRAME_BITS, frame.a as AnyFunction);
    flags = (flags & ~FRAME_BITS) | CALLED;
    frame = inner;
  }
  saving.chain = null;
  fiber._frame = link;
  fiber._flags = flags;
}
