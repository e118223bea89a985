/** Prints errors with the stacks to which the library has added fibers. */
import { globals } from "./globals.js";

/** How deep causes and the errors of AggregateErrors are followed. */
const DEPTH = 10;
/** The most errors that are written out; the others are counted. */
const LISTED = 20;

export function printError(error: unknown, ...title: string[]): void {
  try {
    // Bun prints the stack as it was when the error was made, without the fibers that it came through.
    const text = "Bun" in globalThis && error instanceof Error ? textOf(error) : error;
    globals.console.error(...title, text);
  } catch {
    globals.console.error(...title, "(an error that cannot be printed: formatting it throws)");
  }
}

/** The error and the errors inside it, each indented below the one that contains it. */
function textOf(error: Error): string {
  const lines: string[] = [];
  const open: Open[] = [{ error, depth: 0, title: "" }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (lines.length === LISTED) {
      lines.push(`  … and ${open.length + 1} more`);
      break;
    }
    const { depth, title } = at;
    const indent = "  ".repeat(depth);
    lines.push(indent + title + headOf(at.error).replaceAll("\n", `\n${indent}`));
    if (!(at.error instanceof Error) || depth === DEPTH) continue;
    const { cause } = at.error;
    const errors = at.error instanceof AggregateError ? at.error.errors : [];
    if (cause !== undefined) open.push({ error: cause, depth: depth + 1, title: "[cause]: " });
    for (let i = errors.length; i > 0; i--) {
      open.push({ error: errors[i - 1], depth: depth + 1, title: "[error]: " });
    }
  }
  return lines.join("\n");
}

interface Open {
  readonly error: unknown;
  readonly depth: number;
  readonly title: string;
}

function headOf(error: unknown): string {
  const stack = error instanceof Error ? error.stack : undefined;
  return typeof stack === "string" ? stack : String(error);
}
