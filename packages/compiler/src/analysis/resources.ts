/** Where `using` stands. */
import type { Node } from "../syntax/ast.js";

export function isUsing(node: Node): boolean {
  return node.type === "VariableDeclaration" && node.kind.endsWith("using");
}

/** Whether it is the body of a loop whose head has a resource, which is disposed of after each time. */
export function isBodyWithResource(node: Node): boolean {
  const { parent } = node;
  return parent?.type === "ForOfStatement" && parent.body === node && isUsing(parent.left);
}

/** Whether it is a block that declares resources. */
export function declaresResources(node: Node): boolean {
  return node.type === "BlockStatement" && (node.body as Node[]).some(isUsing);
}

/** Whether it is a `for` with a resource in its head, which the language disposes of after the loop. */
export function hasResourceInHead({ init, type }: Node): boolean {
  return type === "ForStatement" && init !== null && isUsing(init);
}
