/** Steps under a condition. */
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { sequence, Steps } from "./steps.js";

/** Steps that run only if a condition holds; the condition is not evaluated again on re-entry. */
export function branch(
  condition: Doc,
  node: Node,
  body: (inner: Steps) => void,
  steps: Steps,
  context: Context,
): void {
  const inner = new Steps();
  body(inner);
  const high = context.high(node);
  const doc: Doc = [
    "if (",
    high === 0 ? condition : [`${context.returns} || `, condition],
    ") {\n",
    sequence(inner, context),
    "}",
  ];
  if (high === 0) steps.add(doc);
  else steps.addSuspending(doc, high);
}
