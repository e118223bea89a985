/** Parsing, with errors that point at the source. */
import { parseSync } from "oxc-parser";
import { link, type Node } from "./ast.js";

export type Language = "js" | "jsx" | "ts" | "tsx";
export type SourceType = "module" | "script" | "commonjs" | "unambiguous";

/** A file that is not JavaScript or TypeScript. `line` and `column` count from 1. */
export class SourceError extends Error {
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, text: string, at: number, message: string) {
    const { line, column } = positionOf(text, at);
    super(`${file}:${line}:${column}: ${message}`);
    this.name = "SourceError";
    this.file = file;
    this.line = line;
    this.column = column;
  }
}

/** The position of an offset; line and column count from 1. */
export function positionOf(text: string, at: number): { line: number; column: number } {
  let line = 1;
  let from = 0;
  for (let next = text.indexOf("\n"); next !== -1 && next < at; next = text.indexOf("\n", from)) {
    line++;
    from = next + 1;
  }
  return { line, column: at - from + 1 };
}

export interface Parsed {
  readonly program: Node;
  readonly isModule: boolean;
}

/** Throws SourceError if the text has a syntax error. */
export function parse(
  file: string,
  text: string,
  language: "js" | "jsx",
  sourceType: SourceType,
): Parsed {
  const result = parseSync(file, text, {
    lang: language,
    sourceType,
    preserveParens: false,
    astType: "js",
  });
  const error = result.errors.find((each) => each.severity === ("Error" as never));
  if (error !== undefined) {
    throw new SourceError(file, text, error.labels[0]?.start ?? 0, error.message);
  }
  const program = result.program as unknown as Node & { sourceType: string };
  link(program, null);
  return { program, isModule: program.sourceType === "module" };
}
