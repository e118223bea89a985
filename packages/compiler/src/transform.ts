/** The compiler as a function: text in, text and source map out. */
import { GenMapping, setSourceContent, toEncodedMap } from "@jridgewell/gen-mapping";
import remapping from "@jridgewell/remapping";
import { originalPositionFor, TraceMap } from "@jridgewell/trace-mapping";
import { write } from "./emit/doc.js";
import { DIRECT_HELPERS } from "./direct/helpers.js";
import { type Needs, printModule } from "./emit/module.js";
import type { Node } from "./syntax/ast.js";
import { removeTypes } from "./types.js";
import { Lines, type Position } from "./syntax/lines.js";
import { type Language, parse, SourceError, type SourceType } from "./syntax/parse.js";

/** Options of `transform`. */
export interface TransformOptions {
  /** The name of the file, for messages and the source map. `input.js` by default. */
  readonly file?: string;
  /** Told from the file's name if not given. */
  readonly language?: Language;
  /** Told from the text by default, by its imports and exports. */
  readonly sourceType?: SourceType;
  /** Whether to compile every generator function, also those that are used as ordinary iterators. Not by default. */
  readonly all?: boolean;
  /** Whether to make a source map. Not by default. */
  readonly map?: boolean;
  /** The source map of the text itself, if another tool has made the text. The map of the output then leads to its sources. */
  readonly inputMap?: object | null;
  /** The package from which the output takes its helpers. `@fibril/compiler` by default. */
  readonly runtime?: string;
}

/** A generator function of the input, or a function in direct style. `line` and `column` count from 1. */
export interface Explanation {
  readonly name: string;
  readonly line: number;
  readonly column: number;
  readonly compiled: boolean;
  /** Why the function was not compiled. */
  readonly reason?: string;
}

/** What `transform` has made of a file. */
export interface TransformResult {
  /** JavaScript, without the types of TypeScript. */
  readonly code: string;
  /** A source map of version 3, if one was asked for. */
  readonly map: object | null;
  /** What was decided about each function, in the order of the source. */
  readonly explanations: readonly Explanation[];
}

/**
 * Compiles the routines of a file, and its functions in direct style. A plain call, which reads no file. Throws
 * SourceError if the text cannot be parsed, or if a function in direct style contains what cannot be compiled.
 *
 * ```ts
 * const { code } = transform("export function* f() { yield 1; }", { file: "f.js", all: true });
 * ```
 */
export function transform(text: string, options: TransformOptions = {}): TransformResult {
  const file = options.file ?? "input.js";
  const given = options.language ?? languageOf(file);
  const untyped =
    given === "ts" || given === "tsx" ? removeTypes(file, text, given) : { code: text, map: null };
  const source = untyped.code;
  const language = given === "ts" ? "js" : given === "tsx" ? "jsx" : given;
  const { program, isModule } = parse(file, source, language, options.sourceType ?? "unambiguous");
  const all = options.all === true;
  const runtime = options.runtime ?? "@fibril/compiler";
  const { doc, outcomes, refused } = printModule(program, source, all, (needs) =>
    prologueOf(needs, runtime, isModule),
  );
  const map = options.map === true ? new GenMapping({ file }) : null;
  if (map !== null) setSourceContent(map, file, source);
  const code = write(doc, source, file, map);
  const tracer = untyped.map === null ? null : new TraceMap(untyped.map as never);
  const lines = new Lines(source);
  if (refused !== null) {
    const position = originalOf(lines.positionOf(refused.node.start), tracer);
    const message = `this function is in direct style, and cannot be compiled: ${refused.message}`;
    throw new SourceError(file, text, offsetOf(text, position), message);
  }
  // Functions are compiled from the inside out, but read from above.
  const found = [...outcomes].toSorted(([one], [other]) => one.start - other.start);
  return {
    code,
    map: map === null ? null : mapOf(map, [untyped.map, options.inputMap ?? null], file),
    explanations: found.map(([node, reason]) => {
      const { line, column } = originalOf(lines.positionOf(node.start), tracer);
      const explanation = { name: nameOf(node), line, column: column + 1 };
      return reason === undefined
        ? { ...explanation, compiled: true }
        : { ...explanation, compiled: false, reason };
    }),
  };
}

/** The source map of the output, led back through the maps of the steps before, the last one first. */
function mapOf(map: GenMapping, before: readonly (object | null)[], file: string): object {
  const encoded = toEncodedMap(map);
  const steps = before.filter((each) => each !== null);
  if (steps.length === 0) return encoded;
  const whole = remapping(
    encoded as never,
    (_file, { depth }) => (steps[depth - 1] ?? null) as never,
  );
  // Removing types keeps the file's name, but that map's source was taken as seen from the file.
  if (before[1] === null) whole.sources = [file];
  return whole;
}

/** Its own name, or that of the variable, method or property whose value it is. */
function nameOf({ id, parent, start }: Node): string {
  if (id !== null && id !== undefined) return id.name;
  const named = parent?.type === "VariableDeclarator" ? parent.id : parent?.key;
  if (named?.name === undefined || parent?.computed === true || named.start >= start) return "";
  return named.type === "PrivateIdentifier" ? `#${named.name}` : named.name;
}

/** The imports of the helpers. They stand after the directives, on the line of the first statement. */
function prologueOf(
  { helpers, names, hasRoutines }: Needs,
  runtime: string,
  isModule: boolean,
): string {
  const direct = [...helpers].filter((name) => DIRECT_HELPERS.has(name));
  const others = [...helpers].filter((name) => !DIRECT_HELPERS.has(name));
  const load = (list: readonly string[], part: string): string => {
    if (list.length === 0) return "";
    const from = JSON.stringify(`${runtime}/${part}`);
    const all = (as: string): string =>
      list.map((name) => `${name}${as}${names.of(name)}`).join(", ");
    return isModule
      ? `import { ${all(" as ")} } from ${from}; `
      : `const { ${all(": ")} } = require(${from}); `;
  };
  return load(others, hasRoutines ? "routines" : "generators") + load(direct, "direct");
}

function originalOf(position: Position, tracer: TraceMap | null): Position {
  if (tracer === null) return position;
  const { line, column } = originalPositionFor(tracer, position);
  return line === null ? position : { line, column };
}

function offsetOf(text: string, { line, column }: Position): number {
  let at = 0;
  for (let n = 1; n < line; n++) at = text.indexOf("\n", at) + 1;
  return at + column;
}

function languageOf(file: string): Language {
  const extension = /\.[cm]?(jsx?|tsx?)$/.exec(file)?.[1];
  return (extension ?? "js") as Language;
}
