/** What the type checker knows. Where there is none, as in oxlint, every answer is null. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type ts from "typescript";
import type { Context, Node } from "./rule.js";

/** An op; a generator whose yields are ops; a fiber, or its teardown; another generator; a promise. */
export type TypeKind = "fiber" | "generator" | "never" | "op" | "other" | "promise" | "routine";

const GENERATORS = new Set(["Generator", "IterableIterator", "Iterator", "IteratorObject"]);

/** Of an expression; null when nothing is known about it. */
export function typeKind(context: Context, node: Node): TypeKind | null {
  const found = typeOf(context, node);
  return found === null ? null : kindOf(found.checker, found.type);
}

/** Whether `await` takes an expression for a promise; null when nothing is known about it. */
export function isThenable(context: Context, node: Node): boolean | null {
  const found = typeOf(context, node);
  return found === null ? null : found.type.getProperty("then") !== undefined;
}

function typeOf(
  context: Context,
  node: Node,
): { readonly checker: ts.TypeChecker; readonly type: ts.Type } | null {
  const { program, esTreeNodeToTSNodeMap: inTypeScript } = context.sourceCode.parserServices ?? {};
  if (program === undefined || program === null || inTypeScript === undefined) return null;
  const checker = program.getTypeChecker();
  return { checker, type: checker.getTypeAtLocation(inTypeScript.get(node)) };
}

/** What the checker's own types are called: the numbers of their flags differ between versions. */
function intrinsic(type: ts.Type): string | undefined {
  return (type as { intrinsicName?: string }).intrinsicName;
}

const NOT_KNOWN = new Set<string | undefined>(["any", "error", "unknown"]);
const NOTHING = new Set<string | undefined>(["null", "undefined", "void"]);

function kindOf(checker: ts.TypeChecker, type: ts.Type): TypeKind | null {
  if (type.isUnion()) return kindOfUnion(checker, type.types);
  if (intrinsic(type) === "never") return "never";
  if (NOT_KNOWN.has(intrinsic(type))) return null;
  const name = type.symbol?.name;
  if (name === undefined) return "other";
  if (isOp(checker, type)) return "op";
  if (GENERATORS.has(name)) return hasSuspensions(checker, type) ? "routine" : "generator";
  if ((name === "Fiber" || name === "Cancelling") && isFibrils(type.symbol)) return "fiber";
  const then = type.getProperty("then");
  return then !== undefined && callable(checker, then) ? "promise" : "other";
}

/** A union is what all its members are, nothing aside: `Op<string> | undefined` is an op. */
function kindOfUnion(checker: ts.TypeChecker, types: readonly ts.Type[]): TypeKind | null {
  const kinds = types
    .filter((each) => !NOTHING.has(intrinsic(each)))
    .map((each) => kindOf(checker, each));
  const [first] = kinds;
  return first !== undefined && kinds.every((each) => each === first) ? first : "other";
}

function isOp(checker: ts.TypeChecker, type: ts.Type): boolean {
  const { symbol } = type;
  if ((symbol.name === "Op" || symbol.name === "Waitable") && isFibrils(symbol)) return true;
  const bases = type.isClassOrInterface() ? checker.getBaseTypes(type) : [];
  return bases.some((base) => base.symbol !== undefined && isOp(checker, base));
}

function hasSuspensions(checker: ts.TypeChecker, type: ts.Type): boolean {
  const [yields] = checker.getTypeArguments(type as ts.TypeReference);
  if (yields === undefined) return false;
  const members = yields.isUnion() ? yields.types : [yields];
  return members.some((each) => {
    const symbol = each.aliasSymbol ?? each.symbol;
    return symbol?.name === "Suspension" && isFibrils(symbol);
  });
}

/** Declared by the package, wherever that is installed, or by a declaration of the module. */
function isFibrils(symbol: ts.Symbol): boolean {
  return (symbol.declarations ?? []).some((declaration) => {
    const { fileName } = declaration.getSourceFile();
    return isInPackage(dirname(fileName)) || isInModule(declaration);
  });
}

const inPackage = new Map<string, boolean>();

/**
 * Whether the manifest next above a folder is Fibril's. Its path would not tell: a linked package is found where
 * it was built, and any project may lie in a folder of that name.
 */
function isInPackage(folder: string): boolean {
  let answer = inPackage.get(folder);
  if (answer !== undefined) return answer;
  const above = dirname(folder);
  const name = nameOf(join(folder, "package.json"));
  answer = name === undefined ? above !== folder && isInPackage(above) : name === "fibril";
  inPackage.set(folder, answer);
  return answer;
}

/** The name in a manifest; undefined if there is none. */
function nameOf(manifest: string): unknown {
  try {
    return (JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown }).name;
  } catch {
    return undefined;
  }
}

function isInModule(node: ts.Node): boolean {
  for (let at: ts.Node | undefined = node; at !== undefined; at = at.parent) {
    const { name } = at as { name?: { text?: string } };
    if (name?.text === "fibril") return true;
  }
  return false;
}

function callable(checker: ts.TypeChecker, symbol: ts.Symbol): boolean {
  return checker.getTypeOfSymbol(symbol).getCallSignatures().length > 0;
}
