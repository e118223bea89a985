/** Waits of routines that need no op object, because a helper starts them. */
import { functionOf, libraryPath } from "../analysis/choose.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { list } from "./operands.js";
import { print } from "./print.js";
import { type Steps, suspend } from "./steps.js";

/** The helper that starts an op of the library's, and how many arguments it takes. It always suspends. */
interface Helper {
  readonly name: string;
  readonly least: number;
  readonly most: number;
}

const HELPERS: ReadonlyMap<string | null, Helper> = new Map([
  ["Fiber.yield", { name: "hands", least: 0, most: 1 }],
  ["Fiber.transfer", { name: "transfers", least: 1, most: 2 }],
  ["yieldNow", { name: "givesWay", least: 0, most: 0 }],
  ["park", { name: "parks", least: 0, most: 0 }],
]);

/** What needs no op: some ops of the library's, and a call of a routine of this file. */
export function knownOp(node: Node, steps: Steps, context: Context): boolean {
  const { frame, value, module } = context;
  const { argument } = node;
  if (argument.type !== "CallExpression" || argument.optional) return false;
  const given = argument.arguments;
  if (given.some((each) => each.type === "SpreadElement")) return false;
  const { callee } = argument;
  const helper = HELPERS.get(libraryPath(callee, module.scopes));
  if (helper !== undefined && fits(given, helper)) {
    startBy(helper, given, node, steps, context);
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

/** Whether the arguments can be handed to the helper: the first is evaluated before the saving, the others after. */
function fits(given: readonly Node[], { least, most }: Helper): boolean {
  return given.length >= least && given.length <= most && given.slice(1).every(isPure);
}

/** Suspends by a helper, which gets the frame and the arguments. */
function startBy(
  { name }: Helper,
  given: readonly Node[],
  node: Node,
  steps: Steps,
  context: Context,
): void {
  const { frame, value } = context;
  const [first, ...others] = given;
  const doc = first === undefined ? null : context.printers.expression(first, steps, context);
  const rest = list(others, steps, context);
  suspend(node, steps, context, (saves, leaving) => {
    const start: Doc = [
      `${context.helper(name)}(${frame}`,
      doc === null ? "" : `, ${value}`,
      others.length === 0 ? "" : [", ", rest],
      ")",
    ];
    // It throws if it is refused, so loops and finallys are told of the leaving after it.
    const left: Doc =
      context.guards.length === 0
        ? ["return ", start, ";"]
        : [`${value} = `, start, ";\n", leaving, `return ${value};`];
    return [doc === null ? "" : [`${value} = `, doc, ";\n"], saves, "\n", left];
  });
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
