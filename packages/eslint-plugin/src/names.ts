/** What Fibril exports, by name: for rules that run without types. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint } from "@typescript-eslint/utils";
import { propertyName, variableOf } from "./ast.js";
import type { Context, Node } from "./rule.js";

/** The functions of `fibril` that give what `yield*` takes. A test compares them with the library's types. */
export const OP_FUNCTIONS: ReadonlySet<string> = new Set([
  "abortable",
  "all",
  "any",
  "batches",
  "breathe",
  "call",
  "each",
  "every",
  "failAfter",
  "failAt",
  "forEach",
  "hedge",
  "inCompletionOrder",
  "map",
  "moveOnAfter",
  "moveOnAt",
  "once",
  "openPool",
  "park",
  "pipe",
  "race",
  "receive",
  "resource",
  "retry",
  "scope",
  "select",
  "send",
  "settled",
  "shield",
  "sleep",
  "supervise",
  "supervised",
  "supervisor",
  "suspend",
  "timeout",
  "until",
  "yieldNow",
]);

/** The same for `@fibril/node` and `@fibril/node/ws`. */
export const NODE_OP_FUNCTIONS: ReadonlySet<string> = new Set([
  "acceptWebSocket",
  "connect",
  "exec",
  "fetch",
  "listen",
  "open",
  "openCluster",
  "openWebSocket",
  "openWorkers",
  "parallel",
  "readBytes",
  "readFile",
  "readJson",
  "readText",
  "replaceFile",
  "serve",
  "spawnProcess",
  "tempDir",
  "writeFile",
]);

/** The static methods of `Fiber` that give ops: they are Ruby's, and no places where cancelling is met. */
const COROUTINE_OPS = new Set(["yield", "resume", "transfer", "raise", "kill"]);

/** Functions that run what they are given where no request to end reaches it. */
const SHIELDS = new Set(["defer", "resource", "shield"]);

/** What an expression stands for in `fibril`: `sleep`, `Fiber.yield`; null if it is nothing of Fibril's. */
export function fibrilName(context: Context, node: Node): string | null {
  if (node.type === AST_NODE_TYPES.Identifier) return importedName(variableOf(context, node));
  if (node.type !== AST_NODE_TYPES.MemberExpression) return null;
  const name = propertyName(node);
  if (name === null || node.object.type !== AST_NODE_TYPES.Identifier) {
    const object = fibrilName(context, node.object);
    return object === null || name === null ? null : `${object}.${name}`;
  }
  const object = importedName(variableOf(context, node.object));
  if (object === "*") return name;
  return object === null ? null : `${object}.${name}`;
}

function importedName(variable: TSESLint.Scope.Variable | null): string | null {
  const definition = variable?.defs[0];
  if (definition === undefined) return null;
  const { node, parent } = definition;
  if (parent?.type !== AST_NODE_TYPES.ImportDeclaration || !isFibril(parent.source.value))
    return null;
  if (node.type === AST_NODE_TYPES.ImportNamespaceSpecifier) return "*";
  if (node.type !== AST_NODE_TYPES.ImportSpecifier) return null;
  const { imported } = node;
  return imported.type === AST_NODE_TYPES.Identifier ? imported.name : imported.value;
}

function isFibril(source: string): boolean {
  // In direct style nothing is written before a call: see use-fibers.
  return source === "fibril" || (source.startsWith("fibril/") && source !== "fibril/direct");
}

export function importsFibril(context: Context): boolean {
  return context.sourceCode.ast.body.some(
    (node) => node.type === AST_NODE_TYPES.ImportDeclaration && isFibril(node.source.value),
  );
}

export function isCoroutineOp(name: string): boolean {
  return name.startsWith("Fiber.") && COROUTINE_OPS.has(name.slice("Fiber.".length));
}

export function isOpFunction(name: string): boolean {
  return OP_FUNCTIONS.has(name) || isCoroutineOp(name);
}

export function isShield(name: string | null): boolean {
  return name !== null && SHIELDS.has(name);
}
