/**
 * Frames: what a suspended fiber owns instead of a stack.
 *
 * A frame is one activation of one routine. There are two kinds. A native generator is the common
 * one; the kernel enters it through the two intrinsics below rather than through its own `next`,
 * because every generator function gives its generators a hidden class of their own, and a property
 * load goes megamorphic after the fourth function (measured: docs/performance.md). The other kind
 * is a {@link Frame}: a code pointer and a few locals in one uniform shape, for state machines
 * written by hand or by a compiler.
 *
 * Both speak one protocol: entered with a {@link How} and a value, a frame runs until its next op
 * and answers {@link SUSPEND}, or ends and answers its result, or throws.
 */
/**
 * The answer of a frame that started an op. The kernel's registers say which.
 *
 * It has the form of an iterator result because `yield*` passes an inner iterator's result object
 * through unchanged: so a suspension allocates nothing and is recognised by identity. JavaScriptCore
 * makes a fresh result of the inner one's `value` instead; so the value is the answer itself.
 */
export const SUSPEND: IteratorYieldResult<unknown> = { done: false, value: undefined };
SUSPEND.value = SUSPEND;

/** The result of a frame that ended because its fiber was killed. Its caller is unwound next. */
export const KILL: unique symbol = Symbol("fibril.kill");

/** Runs a frame: see {@link Frame}. */
export type Code = (frame: Frame, how: How, value: unknown) => unknown;

/**
 * A frame that is a state machine: `pc` says where it stands, `a` to `d` are its locals. The first
 * four arguments arrive in `a` to `d`. All frames have this one shape, whatever their routine,
 * because the kernel's load of `code` must stay monomorphic however many routines there are; a
 * routine with more locals keeps an object in one of them.
 */
export class Frame {
  code: Code;
  pc: number;
  a: unknown;
  b: unknown;
  c: unknown;
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

/** A generator entered by the intrinsics, or a state machine. */
export type TopFrame = Generator<unknown, unknown, unknown> | Frame;

/**
 * One link of a frame stack: a callee and the frames that wait for it.
 *
 *   fiber._frame ─▶ Call { frame: callee, caller } ─▶ Call { … } ─▶ root frame
 *
 * A linked list rather than an array, because a fiber that is back in its root frame then holds
 * nothing extra, and a deep recursion never copies its stack to grow it.
 */
export class Call {
  readonly frame: TopFrame;
  readonly caller: TopFrame | Call;
  /** The FRAME_BITS to restore when this callee has ended. */
  readonly callerBits: number;
  /** The routine, for its name in backtraces. */
  readonly label: Label;

  constructor(frame: TopFrame, caller: TopFrame | Call, callerBits: number, label: Label) {
    this.frame = frame;
    this.caller = caller;
    this.callerBits = callerBits;
    this.label = label;
  }
}

/** Where a name comes from: a function, or an explicit name with the function. */
export type Label = { readonly name: string };

const GeneratorFunctionPrototype = Object.getPrototypeOf(function* () {}) as {
  constructor: new () => unknown;
  prototype: Generator<unknown, unknown, unknown>;
};
const GeneratorFunction = GeneratorFunctionPrototype.constructor;
const GeneratorPrototype = GeneratorFunctionPrototype.prototype;

/**
 * The intrinsics of this realm, taken once: user code may patch prototypes, the kernel does not care.
 * They are always called with a generator as `this`.
 */
/* oxlint-disable typescript/unbound-method */
type Intrinsic = (value: unknown) => IteratorResult<unknown, unknown>;
export const generatorNext: Intrinsic = GeneratorPrototype.next;
export const generatorReturn: Intrinsic = GeneratorPrototype.return;
export const generatorThrow: Intrinsic = GeneratorPrototype.throw;
/* oxlint-enable typescript/unbound-method */

/** Whether calling `fn` gives a generator that the intrinsics accept. A twelfth of the time of `getPrototypeOf`. */
export function makesGenerators(fn: unknown): boolean {
  return fn instanceof GeneratorFunction;
}

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

/** Starts some work in the frame that calls it, and gives that frame's answer. */
export type Start = () => unknown;
