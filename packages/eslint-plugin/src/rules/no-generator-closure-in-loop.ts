/** A function that is made anew for every fiber of a loop. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, propertyName } from "../ast.js";
import { isFree } from "../imports.js";
import { fibrilName } from "../names.js";
import { createRule, type Context, type FibrilRule, type Node, type Suggestions } from "../rule.js";

type Loop =
  | TSESTree.DoWhileStatement
  | TSESTree.ForInStatement
  | TSESTree.ForOfStatement
  | TSESTree.ForStatement
  | TSESTree.WhileStatement;

const rule: FibrilRule = createRule({
  name: "no-generator-closure-in-loop",
  type: "suggestion",
  description: "Disallow making a generator function for every fiber that a loop starts.",
  messages: {
    closure:
      "Every fiber of this loop keeps a generator function of its own, of about 500 bytes: write the routine outside the loop and pass what it needs as arguments.",
    hoist: "Move the routine in front of the loop.",
  },
  create: (context) => ({
    FunctionExpression(node) {
      if (!node.generator || node.async || !startsFiber(context, node)) return;
      const loop = loopAround(node);
      if (loop === null) return;
      context.report({
        node,
        loc: context.sourceCode.getFirstToken(node)?.loc ?? node.loc,
        messageId: "closure",
        suggest: hoisting(context, node, loop),
      });
    },
  }),
});

export default rule;

/** `spawn(function* …)`, `scope.spawn`, `daemon`, `run`, `new Fiber`: what a block is run by keeps one at a time. */
function startsFiber(context: Context, node: TSESTree.FunctionExpression): boolean {
  const { parent } = node;
  if (parent.type === AST_NODE_TYPES.NewExpression) {
    return parent.arguments[0] === node && fibrilName(context, parent.callee) === "Fiber";
  }
  if (parent.type !== AST_NODE_TYPES.CallExpression) return false;
  if (!parent.arguments.some((each) => each === node)) return false;
  const { callee } = parent;
  const name = fibrilName(context, callee);
  if (name !== null) return name === "spawn" || name === "daemon" || name === "run";
  const method = callee.type === AST_NODE_TYPES.MemberExpression ? propertyName(callee) : null;
  return method === "spawn" || method === "daemon";
}

/** The outermost loop that runs the node again and again. */
function loopAround(node: Node): Loop | null {
  let found: Loop | null = null;
  let at = node;
  for (let parent = parentOf(at); parent !== null; at = parent, parent = parentOf(at)) {
    if (isFunction(parent)) break;
    if (isLoop(parent) && isRepeated(parent, at)) found = parent;
  }
  return found;
}

function isLoop(node: Node): node is Loop {
  return (
    node.type === AST_NODE_TYPES.DoWhileStatement ||
    node.type === AST_NODE_TYPES.ForInStatement ||
    node.type === AST_NODE_TYPES.ForOfStatement ||
    node.type === AST_NODE_TYPES.ForStatement ||
    node.type === AST_NODE_TYPES.WhileStatement
  );
}

function isRepeated(loop: Loop, part: Node): boolean {
  if (loop.type === AST_NODE_TYPES.ForStatement) return loop.init !== part;
  if (loop.type === AST_NODE_TYPES.ForInStatement || loop.type === AST_NODE_TYPES.ForOfStatement) {
    return loop.body === part;
  }
  return true;
}

/** Safe where the function takes nothing from the loop: what it takes would need parameters, with their types. */
function hoisting(context: Context, node: TSESTree.FunctionExpression, loop: Loop): Suggestions {
  const { sourceCode } = context;
  const name = node.id?.name ?? "worker";
  if (!standsAlone(loop) || !isFree(context, name, loop, null)) return [];
  const own = sourceCode.scopeManager?.acquire(node) ?? null;
  if (own === null || takesFrom(own, loop) || isNameUsedIn(context, name, node, loop)) return [];
  const text = sourceCode.getText(node);
  const declared = node.id === null ? `const ${name} = ${text};` : text;
  const indent = " ".repeat(loop.loc.start.column);
  return [
    {
      messageId: "hoist",
      fix: (fixer) => [
        fixer.insertTextBefore(loop, `${declared}\n${indent}`),
        fixer.replaceText(node, name),
      ],
    },
  ];
}

function standsAlone(loop: Loop): boolean {
  return (
    loop.parent.type === AST_NODE_TYPES.BlockStatement ||
    loop.parent.type === AST_NODE_TYPES.Program
  );
}

/** Whether a function uses what the loop declares. */
function takesFrom(scope: TSESLint.Scope.Scope, loop: Loop): boolean {
  return scope.through.some(({ resolved }) =>
    resolved?.defs.some(({ name }) => isWithin(name.range, loop.range)),
  );
}

/** Whether something else in the loop goes by that name. */
function isNameUsedIn(context: Context, name: string, node: Node, loop: Loop): boolean {
  return context.sourceCode
    .getTokens(loop)
    .some((token) => token.value === name && !isWithin(token.range, node.range));
}

function isWithin(inner: TSESTree.Range, outer: TSESTree.Range): boolean {
  return inner[0] >= outer[0] && inner[1] <= outer[1];
}
