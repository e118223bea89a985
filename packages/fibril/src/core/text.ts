/**
 * Text made of values that programs pass: names, reasons, messages of errors. Whatever they are (a symbol,
 * an object without a prototype, a revoked proxy, a getter that throws), making text of them never throws.
 * What they do meanwhile, they do between fibers: see apart.ts.
 */
import { apart } from "./apart.js";

/** A property that ought to be a text; `undefined` when it is none, or cannot be read. */
export function textIn(value: object, key: "name" | "message" | "stack"): string | undefined {
  try {
    const text = apart(() => (value as Record<string, unknown>)[key]);
    return typeof text === "string" ? text : undefined;
  } catch {
    return undefined;
  }
}

/** An error by its message, anything else as `String` has it. */
export function textOf(value: unknown): string {
  try {
    if ((typeof value !== "object" && typeof value !== "function") || value === null) {
      return String(value);
    }
    return apart(() => {
      const message = value instanceof Error ? textIn(value, "message") : undefined;
      // oxlint-disable-next-line typescript/no-base-to-string -- as JavaScript has it, whatever it is
      return message ?? String(value);
    });
  } catch {
    return `a value that cannot be written (${typeof value})`;
  }
}
