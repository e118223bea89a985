/** A catch that keeps Cancelled for itself. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { functionAround, isSyncGenerator, walk } from "../ast.js";
import { importing, isFree } from "../imports.js";
import { createRule, type Context, type FibrilRule, type Suggestions } from "../rule.js";
import { typeKind } from "../types.js";
import { isShielded, meetsCancelling } from "../waits.js";

const rule: FibrilRule = createRule({
  name: "no-swallowed-cancelled",
  type: "problem",
  description: "Require a catch around waits to let Cancelled pass.",
  messages: {
    swallowed:
      "This catch also catches Cancelled, so the fiber goes on when it is asked to end: throw it again.",
    rethrow: "Throw Cancelled again at the beginning of the catch.",
  },
  create: (context) => ({
    TryStatement(node) {
      const { block, handler } = node;
      if (handler === null || !isSyncGenerator(functionAround(node))) return;
      if (lets(context, handler) || !letsOut(context, block) || isShielded(context, node)) return;
      context.report({
        node: handler,
        loc: context.sourceCode.getFirstToken(handler)?.loc ?? handler.loc,
        messageId: "swallowed",
        suggest: rethrowing(context, handler),
      });
    },
  }),
});

export default rule;

/** Whether Cancelled may come out of a block: from a wait that no catch inside keeps it from. */
function letsOut(context: Context, block: TSESTree.Node): boolean {
  let found = false;
  walk(context, block, (node) => {
    if (found) return false;
    if (node.type === AST_NODE_TYPES.YieldExpression) found = meetsCancelling(context, node);
    if (node.type !== AST_NODE_TYPES.TryStatement || node.handler === null) return !found;
    // The try inside is reported by itself; what it lets pass comes from its other parts.
    const parts = lets(context, node.handler)
      ? [node.block, node.handler, node.finalizer]
      : [node.finalizer];
    found = parts.some((part) => part !== null && letsOut(context, part));
    return false;
  });
  return found;
}

/** What a catch that thinks of Cancelled mentions: `instanceof Cancelled`, `cancelling()`, `rethrow(error)`. */
const MENTIONS = /cancel|rethrow/i;
const NAMES = new Set(["checkpoint"]);

/** Whether a catch throws, asks, or waits: a wait throws Cancelled once more. */
function lets(context: Context, handler: TSESTree.CatchClause): boolean {
  let found = handler.body.body.some((statement) => waitsFirst(context, statement));
  walk(context, handler.body, (node) => {
    switch (node.type) {
      case AST_NODE_TYPES.ThrowStatement:
        found = true;
        break;
      case AST_NODE_TYPES.Identifier:
        found ||= MENTIONS.test(node.name) || NAMES.has(node.name);
        break;
      case AST_NODE_TYPES.Literal:
        found ||= typeof node.value === "string" && /^cancelled$/i.test(node.value);
        break;
      case AST_NODE_TYPES.CallExpression:
        found ||= typeKind(context, node) === "never";
        break;
    }
    return !found;
  });
  return found;
}

/** A statement of which a wait is a part however it goes. */
function waitsFirst(context: Context, statement: TSESTree.Statement): boolean {
  const wait = expressionOf(statement);
  return wait?.type === AST_NODE_TYPES.YieldExpression && meetsCancelling(context, wait);
}

function expressionOf(statement: TSESTree.Statement): TSESTree.Expression | null | undefined {
  switch (statement.type) {
    case AST_NODE_TYPES.ExpressionStatement:
      return statement.expression;
    case AST_NODE_TYPES.ReturnStatement:
      return statement.argument;
    case AST_NODE_TYPES.VariableDeclaration:
      return statement.declarations[0]?.init;
    default:
      return null;
  }
}

function rethrowing(context: Context, handler: TSESTree.CatchClause): Suggestions {
  const { body, param } = handler;
  if (param !== null && param.type !== AST_NODE_TYPES.Identifier) return [];
  const imported = importing(context, "Cancelled", body);
  const error = param?.name ?? "error";
  if (imported === null || (param === null && !isFree(context, error, body, null))) return [];
  const [keyword, brace] = [
    context.sourceCode.getFirstToken(handler),
    context.sourceCode.getFirstToken(body),
  ];
  if (keyword === null || brace === null) return [];
  return [
    {
      messageId: "rethrow",
      fix: (fixer) => [
        ...imported.edits(fixer),
        ...(param === null ? [fixer.insertTextAfter(keyword, ` (${error})`)] : []),
        fixer.insertTextAfter(brace, ` if (${error} instanceof ${imported.local}) throw ${error};`),
      ],
    },
  ];
}
