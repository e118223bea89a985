/**
 * `Error.stackTraceLimit`, which exists in V8 and JavaScriptCore.
 *
 * A realm may have frozen it (SES, `node --frozen-intrinsics`, Temporal's workflows). An assignment would
 * throw there, whereas `Reflect.set` only returns false. Stacks then keep the length that the realm chose.
 */
const settings = Error as { readonly stackTraceLimit?: number };

/** Sets how many lines later stacks have. Returns the old limit, to be restored. */
export function limitStack(lines: number | undefined): number | undefined {
  const before = settings.stackTraceLimit;
  // If there is no limit, none is made, because its absence could not be restored.
  if (before !== undefined && lines !== before) Reflect.set(Error, "stackTraceLimit", lines);
  return before;
}
