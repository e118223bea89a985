/**
 * The one place where native delegation can lose a kill, and how it is seen.
 *
 * A kill unwinds a generator with its `return`. If the generator is inside a plain `yield* helper()`
 * and the helper's `finally` waits for something that ends without leaving the fiber (a wrapped
 * routine's call), the kernel must go on with `next`; the helper then ends *normally*, and its
 * caller continues as if nothing had happened. ECMAScript gives no way to ask a generator whether
 * it is delegating. But at the moment the op starts, the delegating generators are on the native
 * stack: each enters the next through a builtin `next` or `return`, and so does the kernel, once.
 *
 * This reads a stack trace, some microseconds; it runs only when a killed fiber calls a routine
 * while it unwinds. A host without stack traces sees no leak, and reports none.
 */
export function leaksKill(): boolean {
  const limited = Error as { stackTraceLimit?: number };
  const limit = limited.stackTraceLimit;
  limited.stackTraceLimit = 1000;
  const stack = new Error("native depth").stack ?? "";
  if (limit === undefined) delete limited.stackTraceLimit;
  else limited.stackTraceLimit = limit;
  let entries = 0;
  for (const line of stack.split("\n")) {
    if (/\b(?:drive|unwindFrame|beginFrame)\b/.test(line)) break;
    if (
      /(?:\.|\b)(?:next|return) \(<anonymous>\)|^(?:next|return)@\[native code\]|at (?:next|return) \((?:native|unknown)/.test(
        line,
      )
    )
      entries++;
  }
  return entries > 1;
}
