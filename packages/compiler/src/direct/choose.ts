/**
 * Which functions are in direct style: every function of a module, or of a function, that begins with the directive
 * `"use fibers"`, except for those that cannot suspend as a call: generators, async functions, constructors and
 * accessors. They stay as they are.
 */
import { childrenOf, isFunction, type Node } from "../syntax/ast.js";

export const DIRECTIVE = "use fibers";

export function chooseDirect(program: Node): Set<Node> {
  const chosen = new Set<Node>();
  const visit = (node: Node, around: boolean): void => {
    let isDirect = around;
    if (isFunction(node) && node.body !== null) {
      isDirect ||= hasDirective(node.body as Node);
      if (isDirect && mayBeCalled(node)) chosen.add(node);
    }
    for (const child of childrenOf(node)) visit(child, isDirect);
  };
  visit(program, hasDirective(program));
  return chosen;
}

function hasDirective({ body }: Node): boolean {
  return Array.isArray(body) && (body as Node[]).some((each) => each.directive === DIRECTIVE);
}

/** Whether a call expression can call it. */
function mayBeCalled(fn: Node): boolean {
  if (fn.generator || fn.async) return false;
  const { parent } = fn;
  return parent?.value !== fn || !/^(constructor|get|set)$/.test(parent.kind ?? "");
}
