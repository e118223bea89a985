/** Calls of the library. */
import { libraryName } from "../analysis/choose.js";
import type { Scopes } from "../analysis/scopes.js";
import type { Node } from "../syntax/ast.js";

/** Whether it stands in `wait(…)`: an op that it results in is for that call. */
export function isWaitedFor(node: Node, scopes: Scopes): boolean {
  const { parent } = node;
  return (
    parent?.type === "CallExpression" &&
    parent.arguments.length === 1 &&
    parent.arguments[0] === node &&
    parent.callee.type === "Identifier" &&
    libraryName(parent.callee, scopes) === "wait"
  );
}
