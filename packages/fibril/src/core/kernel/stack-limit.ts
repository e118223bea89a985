/**
 * `Error.stackTraceLimit`: V8's, JavaScriptCore's, and an offer elsewhere.
 *
 * A realm may have frozen it (SES, `node --frozen-intrinsics`, Temporal's workflows). An assignment
 * would throw there, so it is set by `Reflect.set`, which answers false; stacks are then as long as
 * the realm wants them.
 */
const settings = Error as { readonly stackTraceLimit?: number };

/** Sets how many lines the next stacks have, and answers what to set it back to. */
export function limitStack(lines: number | undefined): number | undefined {
  const before = settings.stackTraceLimit;
  // Where there is none, none is made: it could not be set back to that.
  if (before !== undefined && lines !== before) Reflect.set(Error, "stackTraceLimit", lines);
  return before;
}
