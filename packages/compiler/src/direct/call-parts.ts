/** The parts of a call. A template with a tag is a call of the tag. */
import type { Node } from "../syntax/ast.js";

export function isCall({ type, callee }: Node): boolean {
  if (type === "CallExpression") return callee.type !== "Super";
  return type === "TaggedTemplateExpression";
}

/** What a call calls. */
export function calledBy(call: Node): Node {
  return call.type === "CallExpression" ? call.callee : call.tag;
}

/** What a call evaluates as arguments. A tag is also given the object of its template, before them. */
export function givenBy(call: Node): readonly Node[] {
  return call.type === "CallExpression" ? call.arguments : call.quasi.expressions;
}
