/**
 * The suspension points of direct style: calls. A call in a place that cannot be brought into steps is left as it
 * is. If something below it waits, that is an error at run time.
 */
import { childrenOf, isFunction, type Node } from "../syntax/ast.js";

/** The calls in a part of a function, without those of functions inside. */
export function callsIn(parts: readonly Node[]): ReadonlySet<Node> {
  const found = new Set<Node>();
  const visit = (node: Node): void => {
    if (isFunction(node) || staysAsWritten(node)) return;
    if (node.type === "CallExpression" && !/^(Super|ChainExpression)$/.test(node.callee.type)) {
      found.add(node);
    }
    for (const child of childrenOf(node)) visit(child);
  };
  for (const each of parts) visit(each);
  return found;
}

/** Patterns, classes, JSX and resources. */
function staysAsWritten(node: Node): boolean {
  return (
    /^(ClassDeclaration|ClassExpression|ArrayPattern|ObjectPattern)$/.test(node.type) ||
    node.type.startsWith("JSX") ||
    (node.type === "VariableDeclaration" && /using/.test(node.kind))
  );
}
