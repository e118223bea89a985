/** An op, or a routine's call, that nothing runs. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { bare, functionAround, isSyncGenerator, mayYield, parentOf, variableOf } from "../ast.js";
import { createRule, type Context, type FibrilRule, type Fix, type Node } from "../rule.js";
import { kindOf } from "../waits.js";

/** `dropped`: nobody looks at it. `used`: as if it were its result. `own`: by what a generator has as well. */
type Place = "dropped" | "own" | "returned" | "used";

const NOT_RUN = {
  op: "opNotRun",
  routine: "routineNotRun",
  generator: "generatorNotRun",
} as const;

const rule: FibrilRule = createRule({
  name: "require-yield-star",
  type: "problem",
  description: "Require yield* before ops and calls of routines.",
  fixable: true,
  messages: {
    opNotRun: "This op is not run: write yield* before it.",
    routineNotRun: "Calling a routine runs nothing: write yield* before the call.",
    generatorNotRun: "Calling a generator function runs nothing: write yield* before the call.",
    addYieldStar: "Write yield* before it.",
  },
  create: (context) => ({
    CallExpression(node) {
      const place = placeOf(context, node);
      if (place === null) return;
      const kind = kindOf(context, node);
      if (kind !== "op" && kind !== "routine" && kind !== "generator") return;
      if (!isMistake(node, place, kind)) return;
      const fix: Fix = (fixer) => {
        if (!needsParentheses(node)) return fixer.insertTextBefore(node, "yield* ");
        return [fixer.insertTextBefore(node, "(yield* "), fixer.insertTextAfter(node, ")")];
      };
      const messageId = NOT_RUN[kind];
      const runnable = mayYield(node);
      // Fibril throws at the next op when one was not run: so nothing that works is changed.
      const certain = kind === "op" && node.parent.type === AST_NODE_TYPES.ExpressionStatement;
      if (runnable && certain) context.report({ node, messageId, fix });
      else {
        const suggest = runnable ? [{ messageId: "addYieldStar", fix }] : [];
        context.report({ node, messageId, suggest });
      }
    },
  }),
});

export default rule;

function isMistake(node: Node, place: Place, kind: keyof typeof NOT_RUN): boolean {
  const inGenerator = isSyncGenerator(functionAround(node));
  switch (kind) {
    case "op":
      return place !== "returned" || inGenerator;
    case "routine":
      return place !== "own" && (place !== "returned" || inGenerator);
    case "generator":
      return place === "dropped" && inGenerator;
  }
}

/** Where a call stands, if an op is out of place there. */
function placeOf(context: Context, node: TSESTree.CallExpression): Place | null {
  let at: Node = node;
  let parent = parentOf(at);
  for (; parent !== null && passesOn(parent, at); parent = parentOf(at)) at = parent;
  switch (parent?.type) {
    case AST_NODE_TYPES.ExpressionStatement:
    case AST_NODE_TYPES.SequenceExpression:
      return "dropped";
    case AST_NODE_TYPES.UnaryExpression:
      if (parent.operator === "typeof") return null;
      return parent.operator === "void" ? "dropped" : "used";
    case AST_NODE_TYPES.BinaryExpression:
      return parent.operator === "instanceof" || parent.operator === "in" ? null : "used";
    case AST_NODE_TYPES.ConditionalExpression:
    case AST_NODE_TYPES.DoWhileStatement:
    case AST_NODE_TYPES.ForStatement:
    case AST_NODE_TYPES.IfStatement:
    case AST_NODE_TYPES.LogicalExpression:
    case AST_NODE_TYPES.SwitchStatement:
    case AST_NODE_TYPES.TemplateLiteral:
    case AST_NODE_TYPES.ThrowStatement:
    case AST_NODE_TYPES.WhileStatement:
      return "used";
    case AST_NODE_TYPES.ForOfStatement:
      return parent.right === at ? "own" : null;
    case AST_NODE_TYPES.MemberExpression:
      return parent.object === at && !parent.computed ? "own" : null;
    case AST_NODE_TYPES.ReturnStatement:
      return "returned";
    case AST_NODE_TYPES.VariableDeclarator:
      return placeOfVariable(context, parent);
    default:
      return null;
  }
}

function placeOfVariable(context: Context, node: TSESTree.VariableDeclarator): Place | null {
  if (node.id.type === AST_NODE_TYPES.ObjectPattern) return "used";
  if (node.id.type === AST_NODE_TYPES.ArrayPattern) return "own";
  if (node.parent.parent.type === AST_NODE_TYPES.ExportNamedDeclaration) return null;
  const variable = variableOf(context, node.id);
  if (variable === null || variable.scope.upper === null) return null;
  return variable.references.some((reference) => reference.isRead()) ? null : "dropped";
}

/** Whether the parent's value may be that of the child. */
function passesOn(parent: Node, child: Node): boolean {
  switch (parent.type) {
    case AST_NODE_TYPES.ConditionalExpression:
      return parent.test !== child;
    case AST_NODE_TYPES.LogicalExpression:
      return parent.right === child;
    case AST_NODE_TYPES.SequenceExpression:
      return parent.expressions.at(-1) === child;
    default:
      return bare(parent) !== parent;
  }
}

/** `yield*` binds less than nearly everything. */
function needsParentheses(node: Node): boolean {
  switch (node.parent?.type) {
    case AST_NODE_TYPES.DoWhileStatement:
    case AST_NODE_TYPES.ExpressionStatement:
    case AST_NODE_TYPES.ForOfStatement:
    case AST_NODE_TYPES.ForStatement:
    case AST_NODE_TYPES.IfStatement:
    case AST_NODE_TYPES.ReturnStatement:
    case AST_NODE_TYPES.SequenceExpression:
    case AST_NODE_TYPES.SwitchStatement:
    case AST_NODE_TYPES.TemplateLiteral:
    case AST_NODE_TYPES.ThrowStatement:
    case AST_NODE_TYPES.VariableDeclarator:
    case AST_NODE_TYPES.WhileStatement:
      return false;
    default:
      return true;
  }
}
