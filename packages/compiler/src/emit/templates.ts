/** Templates that suspend, and the objects that tags are given. */
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { anyLater, keep } from "./operands.js";
import type { Steps } from "./steps.js";

export function template(node: Node, steps: Steps, context: Context): Doc {
  const docs = node.expressions.map((each, index): Doc => {
    const later = anyLater(node.expressions, index, context);
    const doc = context.printers.expression(each, steps, context);
    return later ? keep(["`${", doc, "}`"], steps, context) : doc;
  });
  return ["`", textWith(node, docs, context), "`"];
}

/** The inside of a template, with these in the places of its expressions. */
export function textWith(template: Node, docs: readonly Doc[], context: Context): Doc {
  return template.quasis.map((quasi, index): Doc => {
    const doc = docs[index];
    return [index === 0 ? "" : "}", textOf(quasi, context), doc === undefined ? "" : ["${", doc]];
  });
}

/**
 * What the tag of a template is given as its first argument. Each place in the text has one object, whatever the tag does with
 * it, so the object comes from a template in the output.
 */
export function templateObject({ quasi }: Node, context: Context): Doc {
  const none = quasi.expressions.map(() => "0");
  return [context.helper("strings"), "`", textWith(quasi, none, context), "`"];
}

/** The text of a piece of a template, whose node may or may not include its delimiters. */
function textOf(quasi: Node, context: Context): Doc {
  const { source } = context.module;
  let { start, end } = quasi;
  if (source[start] === "`" || source[start] === "}") start++;
  if (source[end - 1] === "`" && end > start && !endsInText(quasi)) end--;
  else if (source.slice(end - 2, end) === "${" && !endsInText(quasi)) end -= 2;
  return { start, end };
}

function endsInText(quasi: Node): boolean {
  const { raw } = quasi.value as unknown as { raw: string };
  return quasi.end - quasi.start === raw.length;
}
