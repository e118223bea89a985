/**
 * Frames: what a suspended fiber owns instead of a stack.
 *
 * A frame is one activation of one routine. There are two kinds. The common one is a native generator.
 * The kernel enters it through the three intrinsics below and not through its own `next`, because every
 * generator function gives its generators a hidden class of their own, and a property load goes
 * megamorphic after the fourth function (measured: docs/performance.md). The other kind is a
 * {@link Frame}: a code pointer and a few locals in one uniform shape, for state machines written by hand
 * or by a compiler.
 *
 * Both follow one protocol. A frame is entered with a {@link How} and a value. It runs until its next op
 * and returns {@link SUSPEND}, or it ends and returns its result, or it throws.
 */
/**
 * What a frame returns when it has started an op. The kernel's registers say which op.
 *
 * It has the form of an iterator result because `yield*` passes an inner iterator's result object on
 * unchanged. So a suspension allocates nothing and is recognised by identity. JavaScriptCore makes a new
 * result object with the inner one's `value`, so that value is this same object.
 */
export const SUSPEND: IteratorYieldResult<unknown> = { done: false, value: undefined };
SUSPEND.value = SUSPEND;

/** The result of a frame that ended because its fiber was killed. The frame's caller is unwound next. */
export const KILL: unique symbol = Symbol("fibril.kill");

/**
 * Runs a frame: see {@link Frame}. The scheduler passes four more arguments, which are undefined. Compiled code has as
 * many parameters more, and to add those that are missing takes V8 2 ns where it does not inline the code.
 */
export type Code = (
  frame: Frame,
  how: How,
  value: unknown,
  a?: undefined,
  b?: undefined,
  c?: undefined,
  d?: undefined,
) => unknown;

/** For a parameter that only a call by other compiled code gives a value: see {@link Code}. */
export const NONE: undefined = undefined;

/**
 * A frame that is a state machine. `pc` says where it stands, and `a` to `d` are its locals, in which the
 * first four arguments arrive. All frames have this one shape, whatever their routine, because the
 * kernel's load of `code` must stay monomorphic however many routines there are. A routine with more
 * locals keeps an object in one of the four.
 *
 * `code` is not called as a method of its frame, because stack traces would then show it as
 * `Frame.load [as code]` and not as `load`.
 */
export class Frame {
  /** The function that runs the frame. */
  code: Code;
  /** Where the frame stands: 0 at the start, then whatever its code makes of it. */
  pc: number;
  /** The first argument, then a local. */
  a: unknown;
  /** The second argument, then a local. */
  b: unknown;
  /** The third argument, then a local. */
  c: unknown;
  /** The fourth argument, then a local. */
  d: unknown;

  constructor(code: Code, a?: unknown, b?: unknown, c?: unknown, d?: unknown) {
    this.code = code;
    this.pc = 0;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
}

/**
 * The frame of a routine that is entered with the fiber itself: its code is in the fiber's `_frame`, and the
 * rest is in fields of the fiber. So such a fiber is one object: see `roomy` in fiber.ts.
 */
export interface OwnFrame {
  pc: number;
  a: unknown;
  b: unknown;
  c: unknown;
}

/** An ended fiber keeps nothing of the frame that it held. */
export function clearOwn(fiber: object): void {
  const own = fiber as Partial<OwnFrame>;
  if (own.pc !== undefined) own.a = own.b = own.c = undefined;
}

/** A generator, which is entered by the intrinsics, a state machine, or the code of the fiber's own frame. */
export type TopFrame = Generator<unknown, unknown, unknown> | Machine;

/** What runs a state machine: its frame, or the code of the fiber's own frame. */
export type Machine = Frame | Code;

/** Enters a state machine. */
export function enterMachine(fiber: object, top: Machine, how: How, value: unknown): unknown {
  if (typeof top === "function") return top(fiber as Frame, how, value);
  const { code } = top;
  return code(top, how, value);
}

/**
 * One link of a frame stack: a callee and the frames that wait for it.
 *
 *   fiber._frame ─▶ Call { frame: callee, caller } ─▶ Call { … } ─▶ root frame
 *
 * A linked list rather than an array: a fiber that is back in its root frame holds nothing extra, and a
 * deep recursion never copies its stack to grow it. A link does not change once it is on the stack of a fiber; those of
 * frames that are made late are completed from the inside out.
 */
export class Call {
  readonly frame: TopFrame;
  caller: TopFrame | Call;
  /** The FRAME_BITS to restore when the callee has ended. */
  callerBits: number;
  /** The routine or its code, for its name in backtraces. */
  readonly label: Label;

  constructor(frame: TopFrame, caller: TopFrame | Call, callerBits: number, label: Label) {
    this.frame = frame;
    this.caller = caller;
    this.callerBits = callerBits;
    this.label = label;
  }
}

/** The source of a name: a function, or an object with an explicit name. */
export type Label = { readonly name: string };

const GeneratorFunctionPrototype = Object.getPrototypeOf(function* () {}) as {
  constructor: new () => unknown;
  prototype: Generator<unknown, unknown, unknown>;
};
const GeneratorFunction = GeneratorFunctionPrototype.constructor;
const GeneratorPrototype = GeneratorFunctionPrototype.prototype;

/**
 * The intrinsics of this realm. They are read once, so user code that patches prototypes later does not
 * affect the kernel. They are always called with a generator as `this`.
 */
/* oxlint-disable typescript/unbound-method */
type Intrinsic = (value: unknown) => IteratorResult<unknown, unknown>;
export const generatorNext: Intrinsic = GeneratorPrototype.next;
export const generatorReturn: Intrinsic = GeneratorPrototype.return;
export const generatorThrow: Intrinsic = GeneratorPrototype.throw;
/* oxlint-enable typescript/unbound-method */

/**
 * Whether calling `fn` gives a generator that the intrinsics accept. It takes a twelfth of the time of
 * `getPrototypeOf`.
 */
export function makesGenerators(fn: unknown): boolean {
  return fn instanceof GeneratorFunction;
}

/**
 * How a frame is entered.
 *
 * - START: for the first time.
 * - DELIVER: the op that it waits for has a value.
 * - RAISE: the op failed, and the frame throws the value.
 * - RETURN: the fiber was killed, so the frame runs its `finally` blocks and ends.
 */
export type How =
  | typeof START
  | typeof DELIVER
  | typeof RAISE
  | typeof RETURN
  | typeof BEGIN
  | typeof RAISE_IN_FINALLY;

/** The frame starts. */
export const START = 0;

/** The op that the frame waits for has a result: `value`. */
export const DELIVER = 1;

/** The op that the frame waits for has failed: throw `value`. */
export const RAISE = 2;

/** The fiber is killed: run the clean-up, then return `KILL`. */
export const RETURN = 3;

/** The fiber itself starts: its routine has not been called yet. Frames are never entered with this. */
export const BEGIN = 4;

/** An op in the `finally` of an unwinding frame has failed. The frame is entered with RETURN, and the op throws. */
export const RAISE_IN_FINALLY = 5;

/** Starts an op in the frame that calls it, and returns what that frame then returns. */
export type Start = () => unknown;
