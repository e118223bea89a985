/** Whether code is strict. */
import { isFunction, type Node } from "./ast.js";

export function isStrict(node: Node): boolean {
  let at: Node | null = node;
  while (at !== null) {
    if (at.type === "Program") {
      const { sourceType, body } = at as unknown as { sourceType: string; body: Node[] };
      return sourceType === "module" || hasUseStrict(body);
    }
    if (at.type === "ClassBody") return true;
    if (
      isFunction(at) &&
      at.body?.type === "BlockStatement" &&
      hasUseStrict(at.body.body as Node[])
    ) {
      return true;
    }
    at = at.parent;
  }
  return false;
}

function hasUseStrict(body: readonly Node[]): boolean {
  return body.some((each) => each.directive === "use strict");
}
