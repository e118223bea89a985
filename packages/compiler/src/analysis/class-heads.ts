/** The heads of a class: what of it is evaluated where the class stands, which is its superclass and its computed names. */
import { childrenOf, type Node } from "../syntax/ast.js";
import { isStrict } from "../syntax/strict.js";
import type { Scopes } from "./scopes.js";

export function isClass({ type }: Node): boolean {
  return type === "ClassDeclaration" || type === "ClassExpression";
}

/** In the order in which they are evaluated. */
export function headsOf(node: Node): Node[] {
  const members = membersOf(node);
  const names = members.filter((each) => each.computed).map((each) => each.key);
  return node.superClass === null ? names : [node.superClass, ...names];
}

/**
 * Whether the heads mean the same before the class. They do not if they use its own name or its private names, or if only the
 * class makes them strict. Decorators are evaluated among them.
 */
export function headsMayMove(node: Node, scopes: Scopes): boolean {
  const members = membersOf(node);
  if (!isStrict(node) || [node, ...members].some((each) => decoratorsOf(each).length > 0))
    return false;
  const own = new Set(
    members.flatMap(({ key }) => (key?.type === "PrivateIdentifier" ? [key.name] : [])),
  );
  const isOwn = (each: Node): boolean => {
    if (each.type === "PrivateIdentifier") return own.has(each.name);
    const variable = scopes.references.get(each)?.variable;
    return variable?.kind === "self" && variable.scope.node === node.id;
  };
  const usesOwn = (each: Node): boolean => isOwn(each) || childrenOf(each).some(usesOwn);
  return !headsOf(node).some(usesOwn);
}

function membersOf(node: Node): readonly Node[] {
  return (node.body as Node).body as Node[];
}

export function decoratorsOf(node: Node): readonly Node[] {
  return (node as unknown as { decorators?: Node[] }).decorators ?? [];
}
