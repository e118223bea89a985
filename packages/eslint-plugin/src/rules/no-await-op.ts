/** `await` of what `yield*` takes. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { bare } from "../ast.js";
import { fibrilName } from "../names.js";
import { importing } from "../imports.js";
import { createRule, type Context, type FibrilRule, type Suggestions } from "../rule.js";
import { kindOf } from "../waits.js";
import { isThenable } from "../types.js";

const rule: FibrilRule = createRule({
  name: "no-await-op",
  type: "problem",
  description: "Disallow await on ops, routines and fibers.",
  messages: {
    op: "An op is no promise, and await does not run it: write yield* in a routine, or await run(routine).",
    routine:
      "A routine's call is no promise, and await does not run it: write yield* in a routine, or await run(routine).",
    fiber: "A fiber is no promise: write yield* fiber in a routine, or await fiber.promise().",
    addRun: "Write await run(…).",
    addPromise: "Write await ….promise().",
  },
  create: (context) => ({
    AwaitExpression(node) {
      const kind = kindOf(context, node.argument);
      if (kind === "op" || kind === "routine") {
        context.report({ node, messageId: kind, suggest: viaRun(context, node) });
      } else if (kind === "fiber" && isThenable(context, node.argument) === false) {
        context.report({ node, messageId: kind, suggest: viaPromise(node) });
      }
    },
  }),
});

export default rule;

/** `await worker(1)` is `await run(worker, 1)`, where the callee is a name and no method. */
function viaRun(context: Context, node: TSESTree.AwaitExpression): Suggestions {
  const call = bare(node.argument);
  if (call.type !== AST_NODE_TYPES.CallExpression) return [];
  const { callee } = call;
  // An op of Fibril's own has to be created in a fiber, and most of them make sense in a scope only.
  if (callee.type !== AST_NODE_TYPES.Identifier || fibrilName(context, callee) !== null) return [];
  const run = importing(context, "run", node);
  if (run === null) return [];
  const [first] = call.arguments;
  const open = context.sourceCode.getTokenAfter(call.typeArguments ?? callee);
  if (open === null || call.typeArguments !== undefined) return [];
  return [
    {
      messageId: "addRun",
      fix: (fixer) => [
        ...run.edits(fixer),
        fixer.replaceTextRange(
          [callee.range[0], open.range[1]],
          `${run.local}(${callee.name}${first === undefined ? "" : ", "}`,
        ),
      ],
    },
  ];
}

function viaPromise(node: TSESTree.AwaitExpression): Suggestions {
  if (node.argument.type !== AST_NODE_TYPES.Identifier) return [];
  const { argument } = node;
  return [
    { messageId: "addPromise", fix: (fixer) => fixer.insertTextAfter(argument, ".promise()") },
  ];
}
