/** The parts of an expression that suspends: what is evaluated before a suspension is kept in a temporary. */
import type { Variable } from "../analysis/scopes.js";
import type { Node } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import { type Doc, join } from "./doc.js";
import { unnamed } from "./naming.js";
import { wrapped } from "./print.js";
import type { Steps } from "./steps.js";

/** An operand; if a later one suspends, its value is kept meanwhile. */
export function operand(node: Node, later: boolean, steps: Steps, context: Context): Doc {
  const { length } = context.held;
  const mark = context.slots.mark();
  const doc = context.printers.expression(node, steps, context);
  if (!later || isStable(node, context)) return wrapped(node, doc);
  context.held.length = length;
  context.slots.release(mark);
  return keep(unnamed(node, doc, context), steps, context);
}

export function keep(doc: Doc, steps: Steps, context: Context): string {
  const name = context.hold();
  steps.add(name, " = ", doc, ";");
  return name;
}

/** Whether the value is the same before and after a suspension. */
export function isStable(node: Node, context: Context): boolean {
  if (node.type === "Literal") return !("regex" in node);
  if (node.type === "ThisExpression") return true;
  if (node.type !== "Identifier" && node.type !== "JSXIdentifier") return false;
  const variable = context.module.scopes.references.get(node)?.variable;
  if (variable == null) return node.name === "undefined";
  const place = context.placeOf(variable);
  if (place !== undefined) return place.constant && place.box !== "checked";
  if (variable.kind === "import") return isNamespace(variable);
  // A variable of a module may change, or may not have its value yet.
  if (/^(let|const|class|var)$/.test(variable.kind)) return false;
  return !variable.redeclared && !variable.changes;
}

/** `import * as name`: unlike what else is imported, it never changes. */
export function isNamespace({ declared }: Variable): boolean {
  return declared?.parent?.type === "ImportNamespaceSpecifier";
}

export function anyLater(
  nodes: readonly (Node | null)[],
  index: number,
  context: Context,
): boolean {
  return nodes.some((node, at) => at > index && context.within(node));
}

/** A member expression as the target of an assignment: its parts are kept if something later suspends. */
export function reference(node: Node, later: boolean, steps: Steps, context: Context): Doc {
  if (node.type !== "MemberExpression") throw new LeftAlone("an assignment target", node);
  const inKey = node.computed && context.within(node.property);
  const base: Doc =
    node.object.type === "Super" ? "super" : operand(node.object, later || inKey, steps, context);
  return [base, key(node, later, steps, context)];
}

export function key(node: Node, later: boolean, steps: Steps, context: Context): Doc {
  if (!node.computed) {
    // In `5.name`, the point would be that of the number.
    const { value } = node.object as { value?: unknown };
    const point = typeof value === "number" ? " ." : ".";
    return [point, { start: node.property.start, end: node.property.end }];
  }
  return ["[", operand(node.property, later, steps, context), "]"];
}

/** Arguments or elements, with holes and spreads. */
export function list(nodes: readonly (Node | null)[], steps: Steps, context: Context): Doc {
  const docs = nodes.map((node, index): Doc => {
    if (node === null) return "";
    const later = anyLater(nodes, index, context);
    if (node.type !== "SpreadElement") return operand(node, later, steps, context);
    const doc = operand(node.argument, false, steps, context);
    return ["...", later ? keep(["[...", doc, "]"], steps, context) : doc];
  });
  const trailing = nodes.length > 0 && nodes.at(-1) === null ? "," : "";
  return [join(docs, ", "), trailing];
}

/** A method and its receiver, both kept. */
export function methodOf(
  callee: Node,
  steps: Steps,
  context: Context,
): { receiver: Doc; method: string } {
  if (callee.object.type === "Super") {
    const method = keep(reference(callee, false, steps, context), steps, context);
    return { receiver: "this", method };
  }
  const receiver = operand(callee.object, true, steps, context);
  const method = keep([receiver, key(callee, false, steps, context)], steps, context);
  return { receiver, method };
}
