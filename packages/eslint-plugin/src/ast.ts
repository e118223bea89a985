/** Finding one's way in a syntax tree. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import type { Context, Node } from "./rule.js";

export type FunctionNode =
  | TSESTree.ArrowFunctionExpression
  | TSESTree.FunctionDeclaration
  | TSESTree.FunctionExpression;

export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === AST_NODE_TYPES.FunctionDeclaration ||
    node.type === AST_NODE_TYPES.FunctionExpression ||
    node.type === AST_NODE_TYPES.ArrowFunctionExpression
  );
}

/** The types have a program without the property; ESLint and oxlint set it to null there. */
export function parentOf(node: Node): Node | null {
  return node.parent ?? null;
}

/** The innermost function around a node. */
export function functionAround(node: Node): FunctionNode | null {
  for (let at = parentOf(node); at !== null; at = parentOf(at)) if (isFunction(at)) return at;
  return null;
}

/** A generator in which `yield*` takes ops: not an async one. */
export function isSyncGenerator(node: FunctionNode | null): node is FunctionNode {
  return node !== null && node.generator && !node.async;
}

/** Whether `yield*` may stand where the node is: parameters are evaluated before the body is entered. */
export function mayYield(node: Node): boolean {
  let at = node;
  for (let parent = parentOf(at); parent !== null; at = parent, parent = parentOf(at)) {
    // What a class evaluates in its body belongs to no generator.
    if (parent.type === AST_NODE_TYPES.PropertyDefinition && parent.value === at) return false;
    if (parent.type === AST_NODE_TYPES.StaticBlock) return false;
    if (isFunction(parent)) return isSyncGenerator(parent) && parent.body === at;
  }
  return false;
}

/** Visits a node and what is in it, but no function inside it. `visit` answers false to skip a node. */
export function walk(context: Context, node: Node, visit: (node: Node) => boolean | void): void {
  if (visit(node) === false) return;
  const fields = node as unknown as Record<string, unknown>;
  for (const key of context.sourceCode.visitorKeys[node.type] ?? []) {
    const child = fields[key];
    for (const each of Array.isArray(child) ? child : [child]) {
      if (isNode(each) && !isFunction(each)) walk(context, each, visit);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value;
}

/** The variable that an identifier means. */
export function variableOf(
  context: Context,
  node: TSESTree.Identifier | TSESTree.JSXIdentifier,
): TSESLint.Scope.Variable | null {
  let scope: TSESLint.Scope.Scope | null = context.sourceCode.getScope(node);
  for (; scope !== null; scope = scope.upper) {
    const found = scope.set.get(node.name);
    if (found !== undefined) return found;
  }
  return null;
}

/** What a variable was declared with, if it is never assigned again: a function, or its initial value. */
export function constantValue(variable: TSESLint.Scope.Variable | null): Node | null {
  const [definition, another] = variable?.defs ?? [];
  if (variable === null || definition === undefined || another !== undefined) return null;
  if (variable.references.some((reference) => reference.isWrite() && reference.init !== true)) {
    return null;
  }
  const { name, node } = definition;
  // A parameter is said to be declared by its function as well.
  if (node.type === AST_NODE_TYPES.FunctionDeclaration) return node.id === name ? node : null;
  if (node.type !== AST_NODE_TYPES.VariableDeclarator) return null;
  return node.id.type === AST_NODE_TYPES.Identifier ? node.init : null;
}

/** An expression without what only the type checker sees. */
export function bare(node: Node): Node {
  switch (node.type) {
    case AST_NODE_TYPES.ChainExpression:
    case AST_NODE_TYPES.TSAsExpression:
    case AST_NODE_TYPES.TSNonNullExpression:
    case AST_NODE_TYPES.TSSatisfiesExpression:
    case AST_NODE_TYPES.TSTypeAssertion:
      return bare(node.expression);
    default:
      return node;
  }
}

export function propertyName(node: TSESTree.MemberExpression): string | null {
  const { property } = node;
  if (!node.computed) return property.type === AST_NODE_TYPES.Identifier ? property.name : null;
  return property.type === AST_NODE_TYPES.Literal ? String(property.value) : null;
}
