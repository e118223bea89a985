/** Prints errors with the stacks that fibers have written. */
import { globals } from "./globals.js";

/** Causes of causes that are followed. */
const DEPTH = 10;

export function printError(error: unknown, ...title: string[]): void {
  // Bun shows the stack as it was when the error was made, so without the fibers that it came through.
  const text = "Bun" in globalThis && error instanceof Error ? textOf(error, DEPTH) : error;
  globals.console.error(...title, text);
}

function textOf(error: Error, depth: number): string {
  const { stack } = error;
  const lines = [typeof stack === "string" ? stack : String(error)];
  const below = error instanceof AggregateError ? [...error.errors] : [];
  if (error.cause !== undefined) below.push(error.cause);
  for (const other of depth === 0 ? [] : below) {
    const text = other instanceof Error ? textOf(other, depth - 1) : String(other);
    lines.push(
      `  [${other === error.cause ? "cause" : "error"}]: ${text.replaceAll("\n", "\n  ")}`,
    );
  }
  return lines.join("\n");
}
