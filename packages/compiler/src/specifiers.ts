/** The names by which a file imports others: the output of `b.ts` is `b.js`, so `import "./b.ts"` becomes `import "./b.js"`. */
import { childrenOf, type Node } from "./syntax/ast.js";
import { parse } from "./syntax/parse.js";

/** Types are gone, so the output of `a.ts` is `a.js`. */
export function outputName(file: string): string {
  return file.replace(/\.([cm]?)ts(x?)$/, ".$1js$2");
}

/** Most files name no TypeScript, and are not parsed for it. */
const MAY_NAME = /\.[cm]?tsx?["']/;
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

/** The literals after `from`, in `import(…)` and in `require(…)` that name a TypeScript file of the program. */
function specifiersIn(program: Node): Node[] {
  const found: Node[] = [];
  const visit = (node: Node): void => {
    const isRequire = node.type === "CallExpression" && node.callee.name === "require";
    const named = isRequire ? node.arguments[0] : node.source;
    const value: unknown = named?.type === "Literal" ? named.value : undefined;
    if (named && typeof value === "string" && NAMES.test(value) && !/\.d\.\w+$/.test(value)) {
      found.push(named);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  return found.toSorted((one, other) => one.start - other.start);
}
