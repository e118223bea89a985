/** Clean-up that waits, and does not get to the end of its wait when the fiber was cancelled. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { functionAround, isSyncGenerator, walk } from "../ast.js";
import { importing } from "../imports.js";
import { createRule, type Context, type FibrilRule, type Suggestions } from "../rule.js";
import { isShielded, meetsCancelling } from "../waits.js";

const rule: FibrilRule = createRule({
  name: "no-wait-in-finally",
  type: "problem",
  description: "Require waits in finally blocks to be shielded.",
  messages: {
    unshielded:
      "When the fiber is cancelled, this wait throws Cancelled and the clean-up stops here: use shield, or defer the clean-up.",
    wrap: "Wrap it in shield.",
  },
  create: (context) => ({
    TryStatement(node) {
      const { finalizer } = node;
      if (finalizer === null || !isSyncGenerator(functionAround(node))) return;
      walk(context, finalizer, report);

      function report(wait: TSESTree.Node): boolean {
        // A finally inside this one has its own turn.
        if (wait.type === AST_NODE_TYPES.TryStatement && wait.finalizer !== null) {
          for (const part of [wait.block, wait.handler]) {
            if (part !== null) walk(context, part, report);
          }
          return false;
        }
        if (wait.type !== AST_NODE_TYPES.YieldExpression) return true;
        if (!meetsCancelling(context, wait) || isShielded(context, wait)) return true;
        context.report({ node: wait, messageId: "unshielded", suggest: wrapping(context, wait) });
        return true;
      }
    },
  }),
});

export default rule;

/** For a wait that is a statement: what a block in `shield` returns is not needed there. */
function wrapping(context: Context, wait: TSESTree.YieldExpression): Suggestions {
  if (wait.parent.type !== AST_NODE_TYPES.ExpressionStatement || usesThis(context, wait)) return [];
  const shield = importing(context, "shield", wait);
  if (shield === null) return [];
  return [
    {
      messageId: "wrap",
      fix: (fixer) => [
        ...shield.edits(fixer),
        fixer.insertTextBefore(wait, `yield* ${shield.local}(function* () { `),
        fixer.insertTextAfter(wait, "; })"),
      ],
    },
  ];
}

/** A generator function has a `this` and `arguments` of its own. */
function usesThis(context: Context, node: TSESTree.Node): boolean {
  const tokens = context.sourceCode.getTokens(node);
  return tokens.some(({ value }) => value === "this" || value === "super" || value === "arguments");
}
