/** Direct style without the directive, or in a function that is not compiled. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESTree } from "@typescript-eslint/utils";
import { isFunction, parentOf, variableOf, type FunctionNode } from "../ast.js";
import { NODE_OP_FUNCTIONS, OP_FUNCTIONS } from "../names.js";
import { createRule, type FibrilRule, type Node } from "../rule.js";

const DIRECTIVE = "use fibers";

/** Where the types of direct style come from. */
const DIRECT = /^(?:fibril|@fibril\/node(?:\/ws)?)\/direct$/;

/** What is there for plain code: a file that imports nothing else needs no directive. */
const FOR_PLAIN_CODE: ReadonlySet<string> = new Set(
  (
    "Cancelled CircuitOpenError createContext createScope DeadlockError dump FiberError HttpError listener main moduleAt " +
    "ProcessError reply replyJson Run run runSync sharedContext TimeoutError toAsync toAsyncGenerator transfer trySelect unpark"
  ).split(" "),
);

/** Those of them that take a function and run it as a fiber. */
const STARTS: ReadonlySet<string> = new Set("main run runSync toAsync toAsyncGenerator".split(" "));

/** Functions that wait. `call` has another name in `fibril/direct`, and makes a routine. */
const WAITS: ReadonlySet<string> = new Set(
  [...OP_FUNCTIONS, ...NODE_OP_FUNCTIONS, "checkpoint", "wait"].filter((name) => name !== "call"),
);

const rule: FibrilRule = createRule({
  name: "use-fibers",
  type: "problem",
  description: 'Require the directive "use fibers" where fibril/direct is used.',
  messages: {
    missing:
      'Without the directive "use fibers", the functions of fibril/direct give ops that nobody runs.',
    outside: "{{name}} does not wait here: {{why}}.",
    addDirective: 'Begin the file with "use fibers".',
  },
  create: (context) => {
    /** The names of waiting functions in this file. */
    const waiting = new Map<string, string>();
    /** The names of functions that start a fiber, each with its import. */
    const starting = new Map<string, TSESTree.ImportDeclaration>();
    let imported: TSESTree.ImportDeclaration | null = null;
    let hasDirective = false;
    return {
      ImportDeclaration(node) {
        if (!DIRECT.test(node.source.value) || node.importKind === "type") return;
        for (const each of node.specifiers) {
          const name = nameOf(each);
          if (name === null) continue;
          if (STARTS.has(name)) starting.set(each.local.name, node);
          if (WAITS.has(name)) waiting.set(each.local.name, name);
          if (!FOR_PLAIN_CODE.has(name)) imported ??= node;
        }
      },
      CallExpression(node) {
        // What stands in such a function is called below code that is not compiled.
        const around = functionAround(node);
        const starter = around === null ? null : parentOf(around);
        if (around === null || around.async || around.generator) return;
        if (starter?.type !== AST_NODE_TYPES.CallExpression) return;
        const { callee } = starter;
        if (callee === around || callee.type !== AST_NODE_TYPES.Identifier) return;
        const definition = variableOf(context, callee)?.defs[0];
        if (definition?.parent?.type !== AST_NODE_TYPES.ImportDeclaration) return;
        imported ??= starting.get(callee.name) ?? null;
      },
      ExpressionStatement(node) {
        if (node.directive === DIRECTIVE) hasDirective = true;
      },
      "Program:exit"(program) {
        if (imported === null) return;
        if (!hasDirective) {
          context.report({
            node: imported,
            messageId: "missing",
            suggest: [
              {
                messageId: "addDirective",
                fix: (fixer) =>
                  fixer.insertTextBeforeRange(
                    [program.range[0], program.range[0]],
                    `"${DIRECTIVE}";\n`,
                  ),
              },
            ],
          });
          return;
        }
        for (const [local, name] of waiting) {
          const variable = context.sourceCode.getScope(program).childScopes[0]?.set.get(local);
          for (const { identifier } of variable?.references ?? []) {
            const call = parentOf(identifier);
            if (call?.type !== AST_NODE_TYPES.CallExpression || call.callee !== identifier)
              continue;
            const why = obstacle(call);
            if (why !== null) {
              context.report({ node: call, messageId: "outside", data: { name, why } });
            }
          }
        }
      },
    };
  },
});

export default rule;

function nameOf(each: TSESTree.ImportClause): string | null {
  if (each.type !== AST_NODE_TYPES.ImportSpecifier) return "*";
  if (each.importKind === "type") return null;
  return each.imported.type === AST_NODE_TYPES.Identifier ? each.imported.name : null;
}

/** Why a call does not wait; null if it does. */
function obstacle(call: Node): string | null {
  let around: FunctionNode | null = null;
  let isDirect = false;
  for (let at = parentOf(call); at !== null; at = parentOf(at)) {
    if (isFunction(at)) {
      around ??= at;
      isDirect ||= begins(at.body);
    } else if (at.type === AST_NODE_TYPES.Program) {
      isDirect ||= begins(at);
    } else if (around === null && isInitialiser(at)) {
      return "a class initialises its fields and static blocks in plain code";
    }
  }
  if (!isDirect) return 'no function around begins with "use fibers"';
  if (around === null) return "the top of a module is plain code";
  if (around.async) return "an async function is not in direct style";
  if (around.generator) return "a generator waits with yield*";
  const parent = parentOf(around);
  if (
    parent?.type === AST_NODE_TYPES.MethodDefinition ||
    parent?.type === AST_NODE_TYPES.Property
  ) {
    if (parent.value !== around) return null;
    if (parent.kind === "constructor") return "a constructor is not in direct style";
    if (parent.kind === "get" || parent.kind === "set") return "an accessor is not in direct style";
  }
  return null;
}

function functionAround(node: Node): FunctionNode | null {
  let at = parentOf(node);
  while (at !== null && !isFunction(at)) at = parentOf(at);
  return at;
}

function isInitialiser(node: Node): boolean {
  return (
    node.type === AST_NODE_TYPES.PropertyDefinition || node.type === AST_NODE_TYPES.StaticBlock
  );
}

function begins(node: Node): boolean {
  if (node.type !== AST_NODE_TYPES.Program && node.type !== AST_NODE_TYPES.BlockStatement) {
    return false;
  }
  return node.body.some(
    (each) => each.type === AST_NODE_TYPES.ExpressionStatement && each.directive === DIRECTIVE,
  );
}
