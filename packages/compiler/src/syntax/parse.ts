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

type Result = ReturnType<typeof parseSync>;

/** Throws SourceError if the text has a syntax error. */
export function parse(
  file: string,
  text: string,
  language: "js" | "jsx",
  sourceType: SourceType,
): Parsed {
  const parseAs = (type: SourceType): Result =>
    parseSync(file, text, {
      lang: language,
      sourceType: type,
      preserveParens: false,
      astType: "js",
    });
  let result = parseAs(sourceType);
  if (errorOf(result) !== undefined && sourceType === "unambiguous") {
    // Only a CommonJS module may `return`.
    const commonJs = parseAs("commonjs");
    if (errorOf(commonJs) === undefined) result = commonJs;
  }
  const error = errorOf(result);
  if (error !== undefined) {
    throw new SourceError(file, text, error.labels[0]?.start ?? 0, error.message);
  }
  const program = result.program as unknown as Node & { sourceType: string };
  link(program, null);
  return { program, isModule: program.sourceType === "module" };
}

function errorOf({ errors }: Result): Result["errors"][number] | undefined {
  return errors.find((each) => each.severity === ("Error" as never));
}
