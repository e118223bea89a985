/** Waits of routines that need no op object. */
import { functionOf, libraryName } from "../analysis/choose.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { list } from "./operands.js";
import { print } from "./print.js";
import { type Steps, suspend } from "./steps.js";

/** What needs no op, because the helper starts it: `Fiber.yield`, and a call of a routine of this file. */
export function knownOp(node: Node, steps: Steps, context: Context): boolean {
  const { frame, value, module } = context;
  const { argument } = node;
  if (argument.type !== "CallExpression" || argument.optional) return false;
  const given = argument.arguments;
  if (given.some((each) => each.type === "SpreadElement")) return false;
  const { callee } = argument;
  const isYield =
    callee.type === "MemberExpression" &&
    !callee.computed &&
    callee.property.name === "yield" &&
    callee.object.type === "Identifier" &&
    libraryName(callee.object, module.scopes) === "Fiber";
  if (isYield && given.length <= 1) {
    const doc =
      given.length === 0
        ? "undefined"
        : context.printers.expression(given[0] as Node, steps, context);
    suspend(node, steps, context, (saves, leaving) => {
      const hands = `${context.helper("hands")}(${frame}, ${value})`;
      // It throws if it is refused, so loops and finallys are told of the leaving after it.
      const left: Doc =
        context.guards.length === 0
          ? `return ${hands};`
          : [`${value} = ${hands};\n`, leaving, `return ${value};`];
      return [`${value} = `, doc, ";\n", saves, "\n", left];
    });
    return true;
  }
  const fn = callee.type === "Identifier" ? functionOf(callee, module.scopes) : null;
  if (!given.every(isPure)) return false;
  if (fn === null || module.formOf(fn) !== "routine" || given.length > fn.params.length)
    return false;
  if (context.placeOf(module.scopes.references.get(callee)?.variable ?? null)?.box != null)
    return false;
  const docs = list(given, steps, context);
  suspend(node, steps, context, (saves, leaving) => [
    // The arguments are evaluated after the saving, so they must not change what is saved.
    saves,
    `\n${value} = ${context.helper("calls")}(${frame}, `,
    print(callee, context),
    given.length > 0 ? ", " : "",
    docs,
    `);\nif (${value} === ${context.helper("SUSPEND")}) { `,
    leaving,
    `return ${value}; }`,
  ]);
  return true;
}

/** Whether evaluating it changes nothing, so that it may come after the saving of the variables. */
function isPure(node: Node): boolean {
  switch (node.type) {
    case "Identifier":
    case "Literal":
      return true;
    case "BinaryExpression":
      return isPure(node.left) && isPure(node.right);
    case "UnaryExpression":
      return node.operator !== "delete" && isPure(node.argument);
    case "MemberExpression":
      return isPure(node.object) && (!node.computed || isPure(node.property));
    default:
      return false;
  }
}
