/**
 * Text made of values that programs pass: names, reasons, messages of errors. Whatever they are (a symbol,
 * an object without a prototype, a revoked proxy, a getter that throws), making text of them never throws.
 */

/** A property that ought to be a text; `undefined` when it is none, or cannot be read. */
export function textIn(value: object, key: "name" | "message" | "stack"): string | undefined {
  try {
    const text = (value as Record<string, unknown>)[key];
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** An error by its message, anything else as `String` has it. */
export function textOf(value: unknown): string {
  try {
    if (typeof value === "object" && value !== null) {
      const message = value instanceof Error ? textIn(value, "message") : undefined;
      if (message !== undefined) return message;
    }
    return String(value);
  } catch {
    return `a value that cannot be written (${typeof value})`;
  }
}
