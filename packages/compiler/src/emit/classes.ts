/** Classes whose heads suspend: the superclass and the computed names are evaluated before the class. */
import { headsMayMove, headsOf } from "../analysis/class-heads.js";
import type { Node } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import type { Doc } from "./doc.js";
import { keep, operand } from "./operands.js";
import { printAround } from "./print.js";
import type { Steps } from "./steps.js";

/** The parts of the text of a class, as `printAround` has them. */
export function classText(node: Node, steps: Steps, context: Context): Doc[] {
  if (!headsMayMove(node, context.module.scopes)) {
    throw new LeftAlone("a suspension in the head of a class that cannot come before it", node);
  }
  const heads = headsOf(node);
  const last = heads.findLastIndex((each) => context.within(each));
  // The names after the last suspension are evaluated by the class itself.
  const moved = heads.slice(0, last + 1);
  moved.forEach((head, index) => {
    context.replaced.set(head, headOf(head, node, index < last, steps, context));
  });
  const text = printAround(node, context) as Doc[];
  for (const head of moved) context.replaced.delete(head);
  return text;
}

function headOf(head: Node, node: Node, later: boolean, steps: Steps, context: Context): Doc {
  const doc = operand(head, head === node.superClass && later, steps, context);
  if (!later || head === node.superClass) return doc;
  return keep([`${context.helper("keyOf")}(`, doc, ")"], steps, context);
}
