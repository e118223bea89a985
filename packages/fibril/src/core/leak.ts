/**
 * The one place where native delegation can lose a kill, and how it is seen.
 *
 * A kill unwinds a generator with its `return`. If the generator is inside a plain `yield* helper()`
 * and the helper's `finally` waits for something that ends without leaving the fiber (a wrapped
 * routine's call), the kernel must go on with `next`; the helper then ends *normally*, and its
 * caller continues as if nothing had happened. ECMAScript gives no way to ask a generator whether
 * it is delegating. But when the op starts, nothing but generators stands on the native stack
 * between the op's `next` and the kernel: one, or, where there is delegation, more.
 *
 * This reads a stack trace, some microseconds; it runs only when a killed fiber calls a routine
 * while it unwinds. Where the stack cannot be read (a minifier that renames functions, a host
 * without traces) no leak is seen.
 */
import { limitStack } from "./stack-limit.js";

export function leaksKill(): boolean {
  const limit = limitStack(1000);
  const lines = (new Error("native depth").stack ?? "").split("\n");
  limitStack(limit);

  const kernel = lines.findIndex((line) => /\b(?:drive|unwindFrame|beginFrame)\b/.test(line));
  let generators = 0;
  for (let index = kernel - 1; index >= 0 && !OWN.test(lines[index] as string); index--) {
    if (!BUILTIN.test(lines[index] as string)) generators++;
  }
  return generators > 1;
}

/** The innermost frames: this file's and the op's. */
const OWN =
  /\b(?:leaksKill|startWatched|outcome|Op\.next)\b|^\s*at next \((?!<)|^next@(?!\[native)/;
/** V8 shows the builtin through which one generator enters another; others do not. */
const BUILTIN = /\((?:<anonymous>|native)\)|\[native code\]/;
