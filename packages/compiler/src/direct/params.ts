/**
 * The parameters of a function in direct style. Its first act is to read its caller's word, before any code of a
 * default or a pattern runs. So parameters that are more than a name become statements of the body:
 *
 *     function f(a, { b }, c = g()) {…}    ⇒    function f(a, $p1, $p2 = undefined) { …; ({ b } = $p1); … }
 *
 * The first is also what a function that is entered again gets what it has saved in.
 */
import type { Node } from "../syntax/ast.js";

export interface Parameters {
  /** How many of them, from the first on, are only names. */
  readonly plain: number;
  /** The list as it is printed. */
  readonly printed: readonly string[];
  /** What `name(…)` has to be called with again, if it has not run yet. */
  readonly given: readonly string[];
  /** Where a function that is entered again finds what it has saved: it is the first argument. */
  readonly list: string;
}

export function parametersOf(fn: Node, nameOf: (index: number) => string): Parameters {
  const first = fn.params.findIndex((each) => each.type !== "Identifier");
  const plain = first === -1 ? fn.params.length : first;
  // The length of a function is the number of its parameters before the first with a default.
  const defaults = fn.params.findIndex(
    (each) => each.type === "AssignmentPattern" || each.type === "RestElement",
  );
  const printed: string[] = [];
  const given: string[] = [];
  fn.params.forEach((param, index) => {
    const name = index < plain ? param.name : nameOf(index);
    if (param.type === "RestElement") {
      printed.push(`...${name}`);
      given.push(`...${name}`);
    } else {
      printed.push(defaults !== -1 && index >= defaults ? `${name} = undefined` : name);
      given.push(name);
    }
  });
  if (fn.params.length > 0) {
    const [param] = fn.params;
    const name = plain > 0 ? (param?.name ?? "") : nameOf(0);
    return { plain, printed, given, list: param?.type === "RestElement" ? `${name}[0]` : name };
  }
  // Its length stays 0, unless it has a directive of its own, which a default forbids.
  const list = nameOf(0);
  return { plain, printed: [hasDirective(fn) ? list : `${list} = undefined`], given, list };
}

function hasDirective(fn: Node): boolean {
  const { body } = fn.body as Node;
  return Array.isArray(body) && body.some((each: Node) => each.directive === "use strict");
}
