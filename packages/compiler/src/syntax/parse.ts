/** Parsing, with errors that point at the source. */
import { parseSync } from "oxc-parser";
import { link, type Node } from "./ast.js";
import { Lines } from "./lines.js";

export type Language = "js" | "jsx" | "ts" | "tsx";
export type SourceType = "module" | "script" | "commonjs" | "unambiguous";

/** A file that cannot be parsed, or a function in it that cannot be compiled. `line` and `column` count from 1. */
export class SourceError extends Error {
  readonly file: string;
  readonly line: number;
  readonly column: number;

  constructor(file: string, text: string, at: number, message: string) {
    const { line, column } = new Lines(text).positionOf(at);
    super(`${file}:${line}:${column + 1}: ${message}`);
    this.name = "SourceError";
    this.file = file;
    this.line = line;
    this.column = column + 1;
  }
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
