/**
 * The lines of a stack: which are the program's, and which the library's.
 *
 * Only V8's form is understood, which Bun has too: `    at load (file:///app/load.js:12:5)`. A stack
 * in another form stays as it is.
 */
import { INTERNAL, isLibrary } from "./site.js";
import { limitStack } from "./stack-limit.js";

const FRAME = /^\s+at /;
/** Bun's for a function without a name, of which V8 tells the place alone. */
const NAMELESS = /^<anonymous> \((.*)\)$/;
/** How a generator is entered: a frame of the engine's own for each. */
const ENTRY = /\.(?:next|throw|return) \(<anonymous>\)$/;

/**
 * The stack without what runs fibers. The library's function that the program called, and that threw,
 * stays; so does whoever called into the library from outside.
 */
export function withoutLibrary(stack: string, message: string): string {
  // What looks like a frame in the message is part of the message.
  const head = Math.max(0, stack.indexOf(message)) + message.length;
  const [first, ...lines] = stack.slice(head).split("\n");
  const called = lines.findIndex((line) => FRAME.test(line) && !isForeign(line));
  const kept = lines.filter((line, i) => {
    if (!FRAME.test(line)) return true;
    if (ENTRY.test(line)) return false;
    return called === -1 ? !isLibrary(line) : i <= called || !isForeign(line);
  });
  return stack.slice(0, head) + [first, ...kept].join("\n");
}

/** Not the program's. */
function isForeign(line: string): boolean {
  return INTERNAL.test(line) || isLibrary(line);
}

/**
 * The program's frames above the library's function `callee`, which runs, the innermost first, up to
 * where the library called them: `load (file:///app/load.js:12:5)`.
 */
export function callersOf(callee: Function): string[] {
  const settings = Error as Settings;
  const limit = settings.stackTraceLimit;
  // Twice as long as the program wants its stacks, because every other frame is an entry.
  const most = limit === undefined ? 0 : limit * 2;
  const frames: string[] = [];
  // Every frame costs more than all else here, and most of the library's below are for nothing.
  if (readCallers(callee, Math.min(SHORT, most), frames) || most <= SHORT) return frames;
  frames.length = 0;
  readCallers(callee, most, frames);
  return frames;
}

/** Enough for three routines, one in the other, and the library's lines around them. */
const SHORT = 8;

/** Answers whether all were within the limit. */
function readCallers(callee: Function, limit: number, frames: string[]): boolean {
  for (const line of stackAbove(callee, limit).split("\n")) {
    if (!FRAME.test(line) || ENTRY.test(line)) continue;
    if (!isForeign(line)) frames.push(line.replace(FRAME, "").replace(NAMELESS, "$1"));
    else if (frames.length > 0) return true;
  }
  return false;
}

interface Settings {
  stackTraceLimit?: number;
  captureStackTrace?(holder: object, above: Function): void;
}

function stackAbove(callee: Function, frames: number): string {
  const settings = Error as Settings;
  if (settings.captureStackTrace === undefined) return "";
  const holder: { readonly stack?: unknown } = {};
  const limit = limitStack(frames);
  try {
    settings.captureStackTrace(holder, callee);
    // A text, unless the program formats its own.
    return typeof holder.stack === "string" ? holder.stack : "";
  } finally {
    limitStack(limit);
  }
}
