/** What an expression is to Fibril, by its type where that is known, and by its name otherwise. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import {
  bare,
  constantValue,
  type FunctionNode,
  functionAround,
  isFunction,
  isSyncGenerator,
  variableOf,
  walk,
} from "./ast.js";
import { fibrilName, importsFibril, isCoroutineOp, isOpFunction, isShield } from "./names.js";
import type { Context, Node } from "./rule.js";
import { typeKind } from "./types.js";

/** `generator`: a generator of which nothing says that it is a routine. */
export type Kind = "fiber" | "generator" | "op" | "promise" | "routine";

export function kindOf(context: Context, expression: Node): Kind | null {
  const node = bare(expression);
  const typed = typeKind(context, node);
  if (typed === "other" || typed === "never") return null;
  return typed ?? namedKind(context, node);
}

function namedKind(context: Context, node: Node): Kind | null {
  if (node.type === AST_NODE_TYPES.ImportExpression) return "promise";
  if (node.type === AST_NODE_TYPES.NewExpression) {
    return isGlobal(context, node.callee, "Promise") ? "promise" : null;
  }
  if (node.type !== AST_NODE_TYPES.CallExpression) return null;
  const { callee } = node;
  const name = fibrilName(context, callee);
  if (name !== null) return isOpFunction(name) ? "op" : null;
  if (callee.type === AST_NODE_TYPES.MemberExpression) {
    return isGlobal(context, callee.object, "Promise") ? "promise" : null;
  }
  if (isGlobal(context, callee, "fetch")) return "promise";
  const made = calledFunction(context, node);
  if (made === null) return null;
  if (!isFunction(made)) return "op";
  if (made.async) return made.generator ? null : "promise";
  if (!made.generator) return null;
  return isRoutine(context, made) ? "routine" : "generator";
}

function isGlobal(context: Context, node: Node, name: string): boolean {
  if (node.type !== AST_NODE_TYPES.Identifier || node.name !== name) return false;
  return (variableOf(context, node)?.defs.length ?? 0) === 0;
}

/** The function of this file that a call calls, or the call of `routine` that made it. */
function calledFunction(
  context: Context,
  node: TSESTree.CallExpression,
): FunctionNode | TSESTree.CallExpression | null {
  if (node.callee.type !== AST_NODE_TYPES.Identifier) return null;
  const value = constantValue(variableOf(context, node.callee));
  if (value === null) return null;
  if (isFunction(value)) return value;
  const made = value.type === AST_NODE_TYPES.CallExpression ? value : null;
  return made !== null && fibrilName(context, made.callee) === "routine" ? made : null;
}

/** Found out once for each function; a function that is being looked at is taken for none, to end recursion. */
const routines = new WeakMap<FunctionNode, boolean>();

/** Whether a generator function is known to be a routine: by what it says, what it does, or who takes it. */
export function isRoutine(context: Context, node: FunctionNode): boolean {
  const known = routines.get(node);
  if (known !== undefined) return known;
  routines.set(node, false);
  const found =
    isSyncGenerator(node) &&
    (saysSo(node) || takenBy(context, node) !== null || runsOps(context, node));
  routines.set(node, found);
  return found;
}

function saysSo(node: FunctionNode): boolean {
  const said = node.returnType?.typeAnnotation;
  if (said?.type !== AST_NODE_TYPES.TSTypeReference) return false;
  return said.typeName.type === AST_NODE_TYPES.Identifier && said.typeName.name === "Routine";
}

function runsOps(context: Context, node: FunctionNode): boolean {
  let found = false;
  walk(context, node.body, (each) => {
    if (!found && each.type === AST_NODE_TYPES.YieldExpression && each.delegate) {
      const kind = each.argument === null ? null : kindOf(context, each.argument);
      found = kind === "op" || kind === "routine" || kind === "fiber";
    }
    return !found;
  });
  return found;
}

/** The function of Fibril's that a function written in place is handed to, such as `shield`. */
function takenBy(context: Context, node: Node): string | null {
  const { parent } = node;
  if (parent === undefined) return null;
  if (
    parent.type !== AST_NODE_TYPES.CallExpression &&
    parent.type !== AST_NODE_TYPES.NewExpression
  ) {
    return null;
  }
  return parent.arguments.some((each) => each === node) ? fibrilName(context, parent.callee) : null;
}

/** Whether no request to end reaches a place, because the code there is run by `shield` or `defer`. */
export function isShielded(context: Context, node: Node): boolean {
  for (let at = functionAround(node); at !== null; at = functionAround(at)) {
    if (isShield(takenBy(context, at))) return true;
    if (namesOf(context, at).some((name) => isHandedToShield(context, name))) return true;
  }
  return false;
}

/** Everywhere a function is mentioned by its name. */
function namesOf(context: Context, node: FunctionNode): Node[] {
  const { parent } = node;
  const declarator = parent.type === AST_NODE_TYPES.VariableDeclarator ? parent : node;
  const variable = context.sourceCode
    .getDeclaredVariables?.(declarator)
    .find(({ defs }) => defs[0]?.name === declarator.id);
  return variable?.references.map(({ identifier }) => identifier) ?? [];
}

/** `defer(close)`, `defer(close, socket)`, and `defer(close(socket))`. */
function isHandedToShield(context: Context, name: Node): boolean {
  if (isShield(takenBy(context, name))) return true;
  const { parent } = name;
  if (parent?.type !== AST_NODE_TYPES.CallExpression || parent.callee !== name) return false;
  return isShield(takenBy(context, parent));
}

/** Whether a `yield*` is a place where Cancelled may be thrown. */
export function meetsCancelling(context: Context, node: TSESTree.YieldExpression): boolean {
  if (!node.delegate || node.argument === null) return false;
  const argument = bare(node.argument);
  const call = argument.type === AST_NODE_TYPES.CallExpression ? argument : null;
  const name = call === null ? null : fibrilName(context, call.callee);
  if (name === "shield" || (name !== null && isCoroutineOp(name))) return false;
  const kind = kindOf(context, argument);
  if (kind === "routine" && call !== null) return !shieldsItself(context, call);
  if (kind !== null) return kind !== "promise" && kind !== "generator";
  // A call of something that is imported, without types: it waits, most likely, in a file that uses Fibril.
  return typeKind(context, argument) === null && importsFibril(context);
}

/** A routine of this file whose only waits are shielded. */
function shieldsItself(context: Context, call: TSESTree.CallExpression): boolean {
  const called = calledFunction(context, call);
  if (called === null || !isFunction(called)) return false;
  let meets = false;
  walk(context, called.body, (each) => {
    if (each.type !== AST_NODE_TYPES.YieldExpression || each.argument === null) return;
    const argument = bare(each.argument);
    meets ||=
      argument.type !== AST_NODE_TYPES.CallExpression ||
      fibrilName(context, argument.callee) !== "shield";
  });
  return !meets;
}
