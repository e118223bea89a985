/** Waits of routines that need no op object, because a helper starts them. */
import { functionOf, libraryName, libraryPath } from "../analysis/choose.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { anyLater, isStable, list, operand } from "./operands.js";
import { unnamed } from "./naming.js";
import { codeName, print } from "./print.js";
import { type Steps, suspend } from "./steps.js";

/** How many arguments fit into a frame. */
const MOST_ARGUMENTS = 4;

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
  if (callee.type !== "Identifier" || given.length > MOST_ARGUMENTS) return false;
  if (libraryName(callee, module.scopes) !== null) return false;
  const fn = functionOf(callee, module.scopes);
  if (fn === null) {
    callUnknown(node, callee, steps, context);
    return true;
  }
  if (module.formOf(fn) !== "routine" || given.length > fn.params.length) return false;
  if (context.placeOf(module.scopes.references.get(callee)?.variable ?? null)?.box != null)
    return false;
  const values = argumentsOf(argument, steps, context);
  const name = print(callee, context);
  const code = codeOf(fn, callee, context);
  suspend(node, steps, context, (saves, leaving) => [
    `${value} = ${context.depth} === 0\n? ${context.helper("calls")}(${frame}, ${context.how}, `,
    name,
    values,
    `)\n: `,
    code,
    `(${context.helper("NO_FRAME")}, ${context.depth}, undefined`,
    values,
    `);\nif (${value} === ${context.helper("SUSPEND")}) {\n${context.helper("makeFrame")}(${frame}, `,
    code,
    ");\n",
    saves,
    "\n",
    leaving,
    `return ${value};\n}`,
  ]);
  context.asksDepth();
  return true;
}

/** Whether the helper takes that many arguments. */
function fits(given: readonly Node[], { least, most }: Helper): boolean {
  return given.length >= least && given.length <= most;
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
  const values = list(given, steps, context);
  suspend(node, steps, context, (saves, leaving) => [
    `${value} = ${context.helper(name)}(${frame}`,
    given.length === 0 ? "" : ", ",
    values,
    ");\n",
    saves,
    "\n",
    leaving,
    `return ${value};`,
  ]);
}

/** A call of a function that is not known here. If it turns out to be a compiled routine, it needs no generator object. */
function callUnknown(node: Node, callee: Node, steps: Steps, context: Context): void {
  const { frame, value } = context;
  const given = node.argument.arguments;
  const suspends = anyLater(given, -1, context);
  let name = operand(callee, suspends, steps, context);
  // An argument may change which function the name means.
  if (!suspends && !isStable(callee, context) && !given.every(isPure)) {
    name = temporary(name, steps, context);
  }
  const values = argumentsOf(node.argument, steps, context);
  const code = context.fresh();
  context.temporaries.push(code);
  suspend(node, steps, context, (saves, leaving) => [
    `${code} = ${context.helper("codeIn")}(`,
    name,
    `, ${context.depth});\n${value} = ${code} === null\n? `,
    `${context.helper("delegates")}(${frame}, ${context.how}, `,
    name,
    "(",
    values.slice(1),
    `))\n: ${code}(${context.helper("NO_FRAME")}, ${context.depth}, undefined`,
    values,
    `);\nif (${value} === ${context.helper("SUSPEND")}) {\n`,
    `if (${code} !== null) ${context.helper("makeFrame")}(${frame}, ${code});\n`,
    saves,
    "\n",
    leaving,
    `return ${value};\n}`,
  ]);
  context.asksDepth();
}

/** The arguments, each after a comma. They are printed twice, so what is long has been evaluated. */
function argumentsOf(call: Node, steps: Steps, context: Context): Doc[] {
  return call.arguments.flatMap((each, index): Doc[] => {
    const doc = operand(each, anyLater(call.arguments, index, context), steps, context);
    return [", ", isPure(each) ? doc : temporary(unnamed(each, doc, context), steps, context)];
  });
}

/** The code of a routine of this file. */
function codeOf(fn: Node, callee: Node, context: Context): Doc {
  // A declaration inside a function may be printed as an expression.
  const isOnTop = fn.parent?.type === "Program" || fn.parent?.parent?.type === "Program";
  if (fn.type === "FunctionDeclaration" && isOnTop) return codeName(callee.name, context);
  return ["(0, ", print(callee, context), ".code)"];
}

/** A value that is needed before the next suspension only. */
function temporary(doc: Doc, steps: Steps, context: Context): string {
  const name = context.fresh();
  context.temporaries.push(name);
  steps.add(`${name} = `, doc, ";");
  return name;
}

/** Whether it is short, and evaluating it changes nothing. */
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
