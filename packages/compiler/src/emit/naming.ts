/** Names: what a variable is printed as, and the names that the language gives to anonymous functions and classes. */
import { hasMoved } from "../analysis/places.js";
import type { Reference, Variable } from "../analysis/scopes.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";

export function printName(node: Node, context: Context): Doc | null {
  if (context.module.isRenamed(node)) return context.module.names.of("arguments");
  const reference = context.module.scopes.references.get(node);
  const place = reference === undefined ? undefined : context.placeOf(reference.variable);
  if (reference === undefined || place === undefined) return null;
  if (!isMoved(place.variable, context)) return null;
  return {
    start: node.start,
    end: node.end,
    renamed: node.name,
    text: nameOf(reference, context),
  };
}

/** How a reference is printed. */
function nameOf(reference: Reference, context: Context): string {
  const place = context.placeOf(reference.variable);
  if (place === undefined) return reference.node.name;
  if (place.box === null) return place.name;
  const member = reference.init && place.box === "checked" ? "init" : "v";
  return `${context.module.names.box(place.name)}.${member}`;
}

export function isBoxed(node: Node, context: Context): boolean {
  if (node.type !== "Identifier") return false;
  const reference = context.module.scopes.references.get(node);
  return context.placeOf(reference?.variable ?? null)?.box != null;
}

/** Whether a name is printed as something else, so that it names no function any more. */
export function isElsewhere(node: Node, context: Context): boolean {
  return isMoved(context.module.scopes.references.get(node)?.variable ?? null, context);
}

/** Whether the language names the value after the variable to which it is assigned. */
export function isAnonymous(node: Node | null): boolean {
  if (node === null) return false;
  if (node.type === "ArrowFunctionExpression") return true;
  return (
    (node.type === "FunctionExpression" || node.type === "ClassExpression") && node.id === null
  );
}

/** Whether the language names the function after a computed key. In direct style, it is marked together with its property. */
export function isNamedByKey(fn: Node): boolean {
  const { parent } = fn;
  if (parent?.type !== "Property" || parent.value !== fn || parent.parent === null) return false;
  return parent.computed && parent.parent.type === "ObjectExpression" && isAnonymous(fn);
}

/** Gives an anonymous function or class the name that it would have got. */
export function named(name: string, doc: Doc): Doc {
  return ["{ ", JSON.stringify(name), ": ", doc, " }[", JSON.stringify(name), "]"];
}

/** What a temporary is given: the language would name an anonymous function or class after it. */
export function unnamed(node: Node, doc: Doc, context: Context): Doc {
  const isNamed = isAnonymous(node) && context.module.formOf(node) === undefined;
  return isNamed ? ["(0, ", doc, ")"] : doc;
}

/** Whether a variable is printed as something else than its name. */
export function isMoved(variable: Variable | null, context: Context): boolean {
  const place = context.placeOf(variable);
  return place !== undefined && hasMoved(place);
}
