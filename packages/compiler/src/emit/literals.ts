/** Objects and templates that suspend. */
import { isFunction, type Node } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import { type Doc, join } from "./doc.js";
import { anyLater, keep, methodOf, operand } from "./operands.js";
import { isAnonymous, isNamedByKey, print } from "./print.js";
import type { Steps } from "./steps.js";

export function template(node: Node, steps: Steps, context: Context): Doc {
  const out: Doc[] = [];
  node.quasis.forEach((quasi, index) => {
    out.push(index === 0 ? "`" : "}", textOf(quasi, context));
    const each = node.expressions[index];
    if (each === undefined) return;
    const later = anyLater(node.expressions, index, context);
    const doc = context.printers.expression(each, steps, context);
    out.push("${", later ? keep(["`${", doc, "}`"], steps, context) : doc);
  });
  return [out, "`"];
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

export function tagged(node: Node, steps: Steps, context: Context): Doc {
  if (node.tag.type === "ChainExpression")
    throw new LeftAlone("a suspension in a template whose tag is a chain in parentheses", node);
  let tag: Doc;
  if (node.tag.type === "MemberExpression") {
    const { receiver, method } = methodOf(node.tag, steps, context);
    tag = [`${context.helper("bound")}(${method}, `, receiver, ")"];
  } else {
    tag = operand(node.tag, true, steps, context);
  }
  const docs = node.quasi.expressions.map((each, index) => {
    const later = anyLater(node.quasi.expressions, index, context);
    return operand(each, later, steps, context);
  });
  const out: Doc[] = [];
  node.quasi.quasis.forEach((quasi, index) => {
    out.push(index === 0 ? "`" : "}", textOf(quasi, context));
    const each = docs[index];
    if (each !== undefined) out.push("${", each);
  });
  return [tag, out, "`"];
}

export function object(node: Node, steps: Steps, context: Context): Doc {
  const parts = node.properties.flatMap((each) =>
    each.type === "SpreadElement" ? [each.argument] : [each.computed ? each.key : null, each.value],
  );
  let at = 0;
  const docs = node.properties.map((each): Doc => {
    if (each.type === "SpreadElement") {
      const later = anyLater(parts, at++, context);
      const doc = operand(each.argument, false, steps, context);
      return ["...", later ? keep(["{ ...", doc, " }"], steps, context) : doc];
    }
    const keyLater = each.computed && anyLater(parts, at, context);
    if (each.method || each.kind !== "init") {
      if (each.computed && (context.within(each.key) || keyLater)) {
        throw new LeftAlone("a suspension beside a method with a computed name", each);
      }
      at += 2;
      return print(each, context);
    }
    const name = keyOf(each, keyLater, steps, context);
    at++;
    const later = anyLater(parts, at++, context);
    if (isAnonymous(each.value) && (each.value.type === "ClassExpression" || keyLater)) {
      if (later || keyLater) throw new LeftAlone("a suspension beside an anonymous function", each);
    }
    // A function may be made later: nothing can be seen of it before.
    const stays = isFunction(each.value);
    const value = stays
      ? printFunction(each.value, context)
      : operand(each.value, later, steps, context);
    return [name, ": ", value];
  });
  return ["{ ", join(docs, ", "), " }"];
}

function printFunction(fn: Node, context: Context): Doc {
  const doc = print(fn, context);
  // It is marked here, because its key has been evaluated apart from it.
  const marks = context.module.formOf(fn) === "direct" && isNamedByKey(fn);
  return marks ? [context.helper("direct"), "(", doc, ")"] : doc;
}

function keyOf(property: Node, later: boolean, steps: Steps, context: Context): Doc {
  if (!property.computed) return { start: property.key.start, end: property.key.end };
  const doc = operand(property.key, false, steps, context);
  if (!later) return ["[", doc, "]"];
  return ["[", keep([`${context.helper("keyOf")}(`, doc, ")"], steps, context), "]"];
}
