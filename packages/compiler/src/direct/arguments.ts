/**
 * `arguments` in direct style. A function that is entered again has no arguments, so it keeps the object in a variable.
 */
import type { Scopes } from "../analysis/scopes.js";
import { isFunction, type Node } from "../syntax/ast.js";
import type { Points } from "./points.js";

export interface Renamed {
  readonly functions: ReadonlySet<Node>;
  /** The places where their `arguments` is written. */
  readonly names: ReadonlySet<Node>;
}

export function argumentsIn(direct: ReadonlySet<Node>, scopes: Scopes, points: Points): Renamed {
  const functions = new Set<Node>();
  for (const fn of direct) {
    if (fn.type === "ArrowFunctionExpression" || scopes.uses.get(fn)?.arguments !== true) continue;
    if (points.of(fn).size > 0) functions.add(fn);
  }
  const names = new Set<Node>();
  if (functions.size === 0) return { functions, names };
  for (const { node, variable } of scopes.references.values()) {
    if (node.name !== "arguments" || variable !== null) continue;
    const owner = ownerOf(node);
    if (owner !== null && functions.has(owner)) names.add(node);
  }
  return { functions, names };
}

/** The function whose `arguments` it is. */
function ownerOf(name: Node): Node | null {
  for (let at = name.parent; at !== null; at = at.parent) {
    if (at.type === "PropertyDefinition" || at.type === "StaticBlock") return null;
    if (isFunction(at) && at.type !== "ArrowFunctionExpression") return at;
  }
  return null;
}
