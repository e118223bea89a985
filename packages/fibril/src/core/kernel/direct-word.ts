/**
 * The word that the caller of a function in direct style gives, and the brand by which it knows such a function: see
 * direct.ts. All that reads or writes `K.depth` in the kernel is here, except for the entry from the kernel's loop.
 */
import { FiberError } from "./errors.js";
import { dropOp, opInHand } from "./op-misuse.js";
import { K } from "./registers.js";
import { limitStack } from "./stack-limit.js";
import { labelOf } from "./text.js";

/** What compiled code reads and writes: the kernel's own registers. */
export interface Registers {
  /** 0 unless an op is in hand or has started. */
  readonly phase: number;
  /** Whether the function has to return what its call has answered. */
  readonly leaves: boolean;
  /** The caller's word: see above. */
  depth: number;
}

/** The registers of the kernel, as compiled code sees them. */
export const registers: Registers = K;

/** How many direct calls may stand on the native stack. A deeper one goes on at the stack's beginning. */
export const NATIVE_DEPTH = 200;
/** The number that a call beyond this limit gets. */
export const REENTERS: number = NATIVE_DEPTH + 2;
/** The numbers below functions that the library calls for an op, and not for its result. */
export const LAZY_BELOW: number = -(2 ** 31) + 2 ** 20;
/** How far apart the numbers of two functions are that other code has called. */
export const APART = 1000;

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

/** Gives a compiled function the brand, or the mark of one in which nothing can wait. */
export function mark(fn: object, isQuiet: boolean): void {
  // In a circle of modules, a function may be called before its module has marked it.
  if (fn === plain) plain = null;
  if (isQuiet) void new Quiet(fn);
  else void new Direct(fn);
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

/** A wait below other code. */
export function crossing(depth: number): FiberError {
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
  const number = Math.floor(depth / APART) * APART;
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
