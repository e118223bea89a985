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
import { AGAIN_STARTED, type FiberFields, IDLE, K, WAIT_CREATED } from "./registers.js";
import { limitStack } from "./stack-limit.js";
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
const APART = 1000;

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
  ...one: readonly unknown[]
) => unknown;

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

/** The mark of a function in which nothing can wait. Nobody gives it the word, so it is as it was written. */
class Quiet extends Lent {
  readonly #quiet: true = true;

  // oxlint-disable-next-line no-useless-constructor -- see above
  constructor(fn: object) {
    super(fn);
  }

  static has(fn: object): boolean {
    return #quiet in fn && fn.#quiet;
  }
}

/** Marks a compiled function: its first act is to read and clear `K.depth`. */
export function direct<F extends object>(fn: F): F {
  void new Direct(fn);
  K.direct = frameOfDirect;
  return fn;
}

/** Marks a function in which nothing can wait, so that fibers and the library's functions take it. */
export function quiet<F extends object>(fn: F): F {
  void new Quiet(fn);
  K.direct = frameOfDirect;
  return fn;
}

/** Whether a value is a function that was compiled in direct style. A plain call. */
export function isDirect(fn: unknown): boolean {
  return typeof fn === "function" && (Direct.has(fn) || Quiet.has(fn));
}

/** Whether a value is one in which something can wait. A plain call. */
export function maySuspend(fn: unknown): boolean {
  return typeof fn === "function" && Direct.has(fn);
}

/**
 * The last function that had no brand. A program calls the same ones again and again, and V8 looks for a private field
 * that is not there in 5 ns.
 */
let plain: unknown = null;

/**
 * Gives the word to a function that is about to be called with `last` as its last argument, and returns that argument.
 * `text` says what is called, for the error if it is no function. Without it, the engine finds better words.
 */
export function into(last: unknown, fn: unknown, depth: number, text?: string): unknown {
  if (fn === plain) K.depth = 0;
  else if (typeof fn === "function") {
    if (Direct.has(fn)) K.depth = depth + 1;
    else {
      K.depth = 0;
      plain = fn;
    }
  } else if (text !== undefined) throw noFunction(text);
  return last;
}

function noFunction(text: string): TypeError {
  return new TypeError(`${text.startsWith(".") ? "(…)" : ""}${text} is not a function`);
}

/** The same for a function that has the brand for certain. */
export function intoDirect(last: unknown, depth: number): unknown {
  K.depth = depth + 1;
  return last;
}

/** The first act of a function: reads and clears its caller's word. `outside` stands for other code. */
export function begin(outside: number): number {
  const { depth } = K;
  K.depth = 0;
  return depth || outside;
}

/**
 * The number of a function that other code has called, made from its name: so the message of an error finds the function
 * on the native stack. Compiled code has it as a literal (runtime/depths.ts of the compiler).
 */
function numberOf(name: string): number {
  let hash = 0;
  for (let n = 0; n < name.length; n++) hash = (hash * 31 + name.charCodeAt(n)) % 2 ** 12;
  return -APART * (hash + 1);
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

/** With what the function that is entered again goes on. */
class Entry {
  how: How = START;
  value: unknown = undefined;
}

/** It is read by `back`. */
export const entry: Entry = new Entry();

/**
 * The result of the call that had suspended. Throws its error. If the fiber is killed, it is SUSPEND once more, and what
 * `leave` then returns ends the function.
 */
export function back(): unknown {
  const { how, value } = entry;
  entry.value = undefined;
  if (how === RAISE) throw value;
  if (how !== RETURN) return value;
  saving.ends = true;
  K.phase = AGAIN_STARTED;
  return SUSPEND;
}

/** The frames that are being saved. */
class Saving {
  /** The list of the innermost that its caller has not seen yet, if the list is new. */
  slots: unknown = undefined;
  /** FRESH if it has not run yet. */
  pc: number = 0;
  /** The outermost frame that is complete. Each has the next inner one in `c`. */
  chain: Frame | null = null;
  /** The fiber is killed, so the function that leaves ends. */
  ends: boolean = false;

  clear(): void {
    this.slots = undefined;
    this.pc = 0;
    this.chain = null;
  }
}

const saving = new Saving();

/**
 * Saves a function that has called `callee`, which suspended. Its variables go into the list that it had when it was
 * entered again, because the frame is old, and a new list in an old frame costs more. V8 inlines this function where it
 * is called often, and then no list of the arguments is made.
 */
export function leave(
  slots: unknown[] | undefined,
  pc: number,
  callee?: unknown,
  a?: unknown,
  b?: unknown,
  c?: unknown,
): unknown {
  if (saving.ends) return ended();
  if (saving.slots !== undefined) settle(callee, undefined);
  // oxlint-disable-next-line prefer-rest-params -- only their number, for which nothing is allocated
  save(slots, arguments.length - 2, pc, a, b, c);
  return SUSPEND;
}

/** The same for a call with a receiver. */
export function leaveMethod(
  slots: unknown[] | undefined,
  pc: number,
  callee: unknown,
  receiver: unknown,
  a?: unknown,
  b?: unknown,
  c?: unknown,
): unknown {
  if (saving.ends) return ended();
  if (saving.slots !== undefined) settle(callee, receiver);
  // oxlint-disable-next-line prefer-rest-params -- only their number, for which nothing is allocated
  save(slots, arguments.length - 3, pc, a, b, c);
  return SUSPEND;
}

/** The same for more variables than three: `saved` is the list as it has to be. */
export function leaveMany(
  slots: unknown[] | undefined,
  saved: readonly unknown[],
  callee?: unknown,
  receiver?: unknown,
): unknown {
  if (saving.ends) return ended();
  if (saving.slots !== undefined) settle(callee, receiver);
  if (slots === undefined || slots.length < saved.length) {
    saving.slots = saved;
    return SUSPEND;
  }
  for (let n = 0; n < saved.length; n++) slots[n] = saved[n];
  if (slots.length > saved.length) forget(slots, saved.length);
  return SUSPEND;
}

/** The same for a function that keeps its variables in an object of its own. */
export function leaveWith(slots: object, callee: unknown, receiver: unknown): unknown {
  settle(callee, receiver);
  saving.slots = slots;
  return SUSPEND;
}

function save(
  slots: unknown[] | undefined,
  count: number,
  pc: number,
  a: unknown,
  b: unknown,
  c: unknown,
): void {
  if (slots === undefined || slots.length < count) {
    saving.slots =
      count === 1 ? [pc] : count === 2 ? [pc, a] : count === 3 ? [pc, a, b] : [pc, a, b, c];
    return;
  }
  slots[0] = pc;
  if (count > 1) slots[1] = a;
  if (count > 2) slots[2] = b;
  if (count > 3) slots[3] = c;
  if (slots.length > count) forget(slots, count);
}

/** Slots that are not needed here must not keep what they had. */
function forget(slots: unknown[], from: number): void {
  for (let n = from; n < slots.length; n++) slots[n] = undefined;
}

function ended(): unknown {
  saving.ends = false;
  K.phase = IDLE;
  return KILL;
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
  if (!(value instanceof Op)) throw notRun();
  if (depth < 1) throw crossing(depth);
  forgetSaved();
  const op = value as Op<unknown, unknown, never>;
  // Only a wait may have its result at once.
  if (K.phase < WAIT_CREATED) return perform(op);
  const result = op.next(undefined);
  return result === SUSPEND ? SUSPEND : result.value;
}

/** An error may have come between the frames of an earlier wait. */
export function forgetSaved(): void {
  saving.clear();
}

/** The same for a call whose result is returned: a function that is called for an op gives it. */
export function answerLast(depth: number, value: unknown): unknown {
  return depth < LAZY_BELOW && value instanceof Op ? value : answer(depth, value);
}

/** The same for a call whose result goes straight to `wait`: an op stays in hand, and `wait` gives it to its own caller. */
export function answerHeld(depth: number, value: unknown): unknown {
  return value instanceof Op ? value : answer(depth, value);
}

/** A wait below other code. */
function crossing(depth: number): FiberError {
  const what = opInHand();
  const isCase = depth < LAZY_BELOW;
  const { fn, caller } = isCase ? { fn: "a case", caller: "the library" } : calledFrom(depth);
  return dropOp(
    new FiberError(
      "native-crossing",
      `${labelOf(K.current)} cannot wait (${what}) here: ${fn} was called by ${caller}, ` +
        `and not by a call in direct style, so it cannot be suspended`,
    ),
  );
}

/** Which function other code has called, and what that code is, by the text of the stack. */
function calledFrom(depth: number): { fn: string; caller: string } {
  const number = Math.ceil(depth / APART) * APART;
  const lines = linesOfStack();
  const at = lines.findIndex((line) => line.fn !== "" && numberOf(line.fn) === number);
  const caller = at === -1 ? lines.find((line) => line.native) : lines[at + 1];
  return {
    fn: lines[at]?.fn ?? "a function",
    caller: caller === undefined || caller.name === "" ? "code" : caller.name,
  };
}

function linesOfStack(): { name: string; fn: string; native: boolean }[] {
  const before = limitStack(2 * NATIVE_DEPTH);
  const { stack } = new Error("stack");
  limitStack(before);
  return String(stack)
    .split("\n")
    .map((line) => {
      const v8 = /^\s+at (?:async )?(?:(.*?) \()?(.*?)\)?$/.exec(line);
      const other = /^(.*?)@(.*)$/.exec(line);
      const name = (v8 ?? other)?.[1] ?? "";
      const native = v8?.[2] === "<anonymous>" || other?.[2] === "[native code]";
      return { name, fn: /[^. ]*(?= \[as |$)/.exec(name)?.[0] ?? "", native };
    });
}

/**
 * The frame of a call of a direct function that the kernel makes; null for any other function. `c` is how many arguments
 * there are, `d` the one, or their list.
 */
function frameOfDirect(fn: unknown, argc: number, args: unknown): Frame | null {
  if (typeof fn !== "function") return null;
  const code = Direct.has(fn) ? runDirect : Quiet.has(fn) ? runQuiet : null;
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

/** Runs a frame in direct style: `a` is its function, `b` its `this`, `d` its list, or its arguments. */
const runDirect: Code = (frame, how, value) => {
  let out: unknown;
  try {
    if (frame.pc === FRESH_PC) {
      if (how === RAISE) throw value;
      if (how === RETURN) return KILL;
      frame.pc = 0;
      K.depth = 1;
      out = begins(frame);
    } else {
      entry.how = how;
      entry.value = value;
      K.depth = REENTERS;
      // The list is an argument, because it is young, and each write into an old object would cost a barrier.
      out = callWith(frame.a as AnyFunction, frame.b, frame.d);
    }
  } catch (error) {
    K.depth = 0;
    throw error;
  }
  if (out !== SUSPEND) return out;
  if (saving.slots !== undefined) {
    frame.d = saving.slots;
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
    frame.c = undefined;
    link = new Call(frame, link, flags & FRAME_BITS, frame.a as AnyFunction);
    flags = (flags & ~FRAME_BITS) | CALLED;
    frame = inner;
  }
  saving.chain = null;
  fiber._frame = link;
  fiber._flags = flags;
}
