/** Which function a name always means. */
import type { Scopes } from "../analysis/scopes.js";
import { isFunction, type Node } from "../syntax/ast.js";

/** The function of this file that a name means, whatever happens; null if there is none. */
export function knownFunction(name: Node, { program, references, uses }: Scopes): Node | null {
  // An `eval` may assign to any name around it.
  if (name.type !== "Identifier" || uses.get(program.node)?.eval === true) return null;
  const variable = references.get(name)?.variable;
  if (variable == null || variable.redeclared || variable.changes) return null;
  const { declared } = variable;
  const parent = declared?.parent ?? null;
  if (parent === null || parent.id !== declared) return null;
  if (parent.type === "VariableDeclarator") {
    return parent.init !== null && isFunction(parent.init) ? parent.init : null;
  }
  return isFunction(parent) ? parent : null;
}
