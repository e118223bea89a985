/** `yield` where `yield*` is meant. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { functionAround, isSyncGenerator } from "../ast.js";
import { importing } from "../imports.js";
import { createRule, type Context, type FibrilRule, type Fix, type Suggestions } from "../rule.js";
import { isRoutine, kindOf } from "../waits.js";

const rule: FibrilRule = createRule({
  name: "no-bare-yield",
  type: "problem",
  description: "Disallow yield without a star on ops, routines and promises.",
  fixable: true,
  messages: {
    op: "yield passes the op out of the routine and does not run it: write yield*.",
    routine: "yield passes the generator out of the routine and does not run it: write yield*.",
    fiber: "yield passes the fiber out of the routine and does not wait for it: write yield*.",
    promise: "A routine waits for a promise with yield* until(promise).",
    addStar: "Write yield*.",
    addUntil: "Write yield* until(…).",
  },
  create: (context) => ({
    YieldExpression(node) {
      const { argument, delegate } = node;
      if (delegate || argument === null) return;
      const around = functionAround(node);
      if (!isSyncGenerator(around)) return;
      const kind = kindOf(context, argument);
      if (kind === "op" || kind === "fiber") {
        context.report({ node, messageId: kind, fix: star(context, node) });
      } else if (kind === "routine" || kind === "generator") {
        // Elsewhere, a generator may well be handed out.
        if (!isRoutine(context, around)) return;
        const suggest = [{ messageId: "addStar", fix: star(context, node) }];
        context.report({ node, messageId: "routine", suggest });
      } else if (kind === "promise" && isRoutine(context, around)) {
        context.report({ node, messageId: kind, suggest: viaUntil(context, node, argument) });
      }
    },
  }),
});

export default rule;

function star(context: Context, node: TSESTree.YieldExpression): Fix {
  const keyword = context.sourceCode.getFirstToken(node);
  return (fixer) => (keyword === null ? null : fixer.insertTextAfter(keyword, "*"));
}

function viaUntil(
  context: Context,
  node: TSESTree.YieldExpression,
  argument: TSESTree.Expression,
): Suggestions {
  const until = importing(context, "until", node);
  if (until === null || argument.type === AST_NODE_TYPES.SequenceExpression) return [];
  const text = context.sourceCode.getText(argument);
  return [
    {
      messageId: "addUntil",
      fix: (fixer) => [
        ...until.edits(fixer),
        fixer.replaceText(node, `yield* ${until.local}(${text})`),
      ],
    },
  ];
}
