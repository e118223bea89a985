/** The names by which a file imports others: the output of `b.ts` is `b.js`, so `import "./b.ts"` becomes `import "./b.js"`. */
import { childrenOf, type Node } from "./syntax/ast.js";
import { parse } from "./syntax/parse.js";

/** Types are gone, so the output of `a.ts` is `a.js`. */
export function outputName(file: string): string {
  return file.replace(/\.([cm]?)ts(x?)$/, ".$1js$2");
}

/** Most files name no TypeScript, and are not parsed for it. */
const MAY_NAME = /\.[cm]?tsx?["'`]/;
const NAMES = /^\.\.?\/.*\.[cm]?tsx?$/;

/** The text with the names of outputs. They are as long as those of the sources, so a source map stays as it is. */
export function withOutputNames(file: string, text: string): string {
  if (!MAY_NAME.test(text)) return text;
  const isJsx = /\.[cm]?[jt]sx$/.test(file);
  let program: Node;
  try {
    ({ program } = parse(file, text, isJsx ? "jsx" : "js", "unambiguous"));
  } catch {
    // A file without routines is copied, whatever it is.
    return text;
  }
  let out = "";
  let at = 0;
  for (const { start, end } of specifiersIn(program)) {
    out += text.slice(at, start) + text[start] + outputName(text.slice(start + 1, end - 1));
    at = end - 1;
  }
  return out + text.slice(at);
}

/** The literals that name a TypeScript file of the program. They are as long as what they stand for. */
function specifiersIn(program: Node): Node[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    const named = namedBy(node);
    const value = named == null ? undefined : textOf(named);
    if (named && value !== undefined && NAMES.test(value) && !/\.d\.\w+$/.test(value)) {
      found.push(named);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  return found.toSorted((one, other) => one.start - other.start);
}

/** What stands after `from`, in `import(…)`, and in what else finds a module: `require(…)`, `new URL(…, import.meta.url)`. */
function namedBy(node: Node): Node | null | undefined {
  const { type, callee, arguments: given } = node;
  if (type === "CallExpression" && isFinder(callee)) return given[0];
  const isUrl = type === "NewExpression" && callee.name === "URL";
  if (isUrl) return given[1] !== undefined && isOfMeta(given[1], "url") ? given[0] : null;
  return (node as { source?: Node | null }).source;
}

/** `require`, `require.resolve` and `import.meta.resolve` */
function isFinder(callee: Node): boolean {
  if (callee.type !== "MemberExpression") return callee.name === "require";
  const isOfRequire = callee.object.name === "require" && callee.property.name === "resolve";
  return isOfRequire || isOfMeta(callee, "resolve");
}

function isOfMeta({ type, object, property }: Node, name: string): boolean {
  return type === "MemberExpression" && object.type === "MetaProperty" && property.name === name;
}

/** The text of a string, or of a template in which nothing is filled in. */
function textOf({ expressions, quasis, type, value }: Node): string | undefined {
  const [quasi] = type === "TemplateLiteral" && expressions.length === 0 ? quasis : [];
  const text: unknown = type === "Literal" ? value : (quasi?.value as { cooked?: unknown })?.cooked;
  return typeof text === "string" ? text : undefined;
}
