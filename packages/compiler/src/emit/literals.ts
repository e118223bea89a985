/** Objects, and templates with tags, that suspend. */
import { isFunction, type Node, textOfKey } from "../syntax/ast.js";
import { chainedMethod, isChainedMethod } from "./chains.js";
import type { Context } from "./context.js";
import { type Doc, join } from "./doc.js";
import { anyLater, keep, methodOf, operand } from "./operands.js";
import { isAnonymous } from "./naming.js";
import { keyText, print, withMarks } from "./print.js";
import type { Steps } from "./steps.js";
import { textWith } from "./templates.js";

/** A template with a tag, in a generator: the tag is called by the template, as the language does. */
export function tagged(node: Node, steps: Steps, context: Context): Doc {
  const { tag, quasi } = node;
  const given = quasi.expressions;
  let called: Doc;
  if (tag.type === "MemberExpression" || isChainedMethod(tag)) {
    const { method, receiver } =
      tag.type === "MemberExpression"
        ? methodOf(tag, steps, context)
        : chainedMethod(tag, steps, context);
    called = [`${context.helper("bound")}(${method}, `, receiver, ")"];
  } else {
    called = operand(tag, true, steps, context);
  }
  const docs = given.map((each, index) =>
    operand(each, anyLater(given, index, context), steps, context),
  );
  return [called, "`", textWith(quasi, docs, context), "`"];
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
    const keyLater = anyLater(parts, at++, context);
    const key = each.computed ? computedKey(each, keyLater, steps, context) : null;
    const later = anyLater(parts, at++, context);
    // A function may be made later: nothing can be seen of it before.
    if (isFunction(each.value)) return withFunction(each, key, context);
    const name: Doc = key === null ? keyText(each) : ["[", key, "]"];
    if (!later || !isAnonymous(each.value)) {
      return [name, ": ", operand(each.value, later, steps, context)];
    }
    const doc = context.printers.expression(each.value, steps, context);
    return [name, ": ", keep(namedBy(each, key, doc), steps, context)];
  });
  return withMarks(node, ["{ ", join(docs, ", "), " }"], context);
}

/** The key as an expression, converted where the language converts it. */
function computedKey(property: Node, later: boolean, steps: Steps, context: Context): Doc {
  const doc = operand(property.key, false, steps, context);
  return later ? keep([`${context.helper("keyOf")}(`, doc, ")"], steps, context) : doc;
}

/** A class that is made before its object, under the name that the object would have given it. */
function namedBy(property: Node, key: Doc | null, doc: Doc): Doc {
  if (key !== null) return ["{ [", key, "]: ", doc, " }[", key, "]"];
  const name = textOfKey(property.key);
  if (name === '"__proto__"') return ["(0, ", doc, ")"];
  return [`{ ${name}: `, doc, ` }[${name}]`];
}

/** A method, an accessor, or a property whose value is a function. */
function withFunction(property: Node, key: Doc | null, context: Context): Doc {
  if (key === null) {
    const isPlain = !property.method && property.kind === "init";
    return isPlain
      ? [keyText(property), ": ", print(property.value, context)]
      : print(property, context);
  }
  context.replaced.set(property.key, key);
  const doc = print(property, context);
  context.replaced.delete(property.key);
  return doc;
}
