/**
 * Patterns that suspend: `const { x = yield a, ...rest } = b`. Their parts become steps in the order of the language: the key,
 * the object that is assigned to, the value, and its default.
 *
 * An array pattern closes its iterator, whichever way it is left. So it becomes the body of a loop, which runs once and which
 * the language leaves in the same ways:
 *
 *     for (const _ of $elements = new Elements(b)) { x = $elements.take(); …; break; }
 */
import { type Node, textOfKey } from "../syntax/ast.js";
import { branch } from "./branch.js";
import type { Context } from "./context.js";
import { type Doc, join } from "./doc.js";
import { keep, operand, reference } from "./operands.js";
import { isAnonymous, named, unnamed } from "./naming.js";
import { assignTo, print } from "./print.js";
import { sequence, Steps } from "./steps.js";

/** Gives a value to what is declared or assigned to. `init` is where the value was written. */
export function give(target: Node, init: Node, value: Doc, steps: Steps, context: Context): void {
  if (!context.within(target)) {
    steps.add(assignTo(target, init, value, context), ";");
    return;
  }
  const mark = context.slots.mark();
  const { length } = context.held;
  if (target.type === "ArrayPattern") ofArray(target, value, steps, context);
  else {
    const source = keep(value, steps, context);
    if (target.type === "ObjectPattern") ofObject(target, source, steps, context);
    else steps.add(reference(target, false, steps, context), ` = ${source};`);
  }
  context.slots.release(mark);
  context.held.length = length;
}

/** `pattern = value` as an expression: its value is what is taken apart. */
export function takeApart(pattern: Node, value: Doc, steps: Steps, context: Context): string {
  const source = keep(value, steps, context);
  give(pattern, pattern, source, steps, context);
  return source;
}

function ofObject(pattern: Node, source: string, steps: Steps, context: Context): void {
  // Nothing can be taken out of undefined and null, and that comes first.
  steps.add(`({} = ${source});`);
  const hasRest = pattern.properties.at(-1)?.type === "RestElement";
  const taken: Doc[] = [];
  for (const each of pattern.properties) {
    const mark = context.slots.mark();
    const { length } = context.held;
    if (each.type === "RestElement") {
      const rest = [`${context.helper("restOf")}(${source}, [`, join(taken, ", "), "])"];
      giveElement(each.argument, rest, steps, context);
    } else if (context.within(each) || (hasRest && each.computed)) {
      const name = nameOf(each, steps, context);
      giveElement(each.value, [source, "[", name, "]"], steps, context);
      taken.push(name);
    } else {
      steps.add("({ ", print(each, context), ` } = ${source});`);
      if (!each.computed) taken.push(textOfKey(each.key));
    }
    if (hasRest) continue;
    context.slots.release(mark);
    context.held.length = length;
  }
}

/** The name of a property, as an expression that may be evaluated again. */
function nameOf({ computed, key }: Node, steps: Steps, context: Context): Doc {
  if (!computed) return textOfKey(key);
  const doc = operand(key, false, steps, context);
  return keep([`${context.helper("keyOf")}(`, doc, ")"], steps, context);
}

function ofArray(pattern: Node, value: Doc, steps: Steps, context: Context): void {
  const name = context.fresh();
  const taken = context.slots.take();
  const Elements = context.helper(context.direct ? "DirectElements" : "Elements");
  const outer = new Steps();
  outer.add(`${name} = new ${Elements}(`, value, ");");
  const inner = new Steps();
  if (!context.direct) context.guards.push(`${name}.kept = true;`);
  context.kept.push({ name, slot: taken });
  for (const each of pattern.elements) {
    if (each === null) inner.add(`${name}.take();`);
    else if (each.type === "RestElement") {
      giveElement(each.argument, `${name}.rest()`, inner, context);
    } else giveElement(each, `${name}.take()`, inner, context);
  }
  inner.add("break;");
  context.kept.pop();
  if (!context.direct) context.guards.pop();
  outer.addSuspending(
    [`for (const ${context.fresh()} of ${name}) {\n`, sequence(inner, context), "}"],
    context.high(pattern),
  );
  steps.addSuspending(
    [`{\nlet ${name} = `, context.restored(taken), ";\n", sequence(outer, context), "}"],
    context.high(pattern),
  );
}

/** Gives a part of a pattern what is read for it. The object that is assigned to is evaluated before, the default after. */
export function giveElement(element: Node, read: Doc, steps: Steps, context: Context): void {
  const [target, fallback] =
    element.type === "AssignmentPattern" ? [element.left, element.right] : [element, null];
  const mark = context.slots.mark();
  const { length } = context.held;
  if (fallback === null && target.type !== "MemberExpression") {
    give(target, target, read, steps, context);
  } else {
    const place =
      target.type === "MemberExpression" ? reference(target, true, steps, context) : null;
    const value = keep(read, steps, context);
    if (fallback !== null) fallBack(value, target, fallback, steps, context);
    if (place === null) give(target, target, value, steps, context);
    else steps.add(place, ` = ${value};`);
  }
  context.slots.release(mark);
  context.held.length = length;
}

function fallBack(
  value: string,
  target: Node,
  fallback: Node,
  steps: Steps,
  context: Context,
): void {
  const body = (inner: Steps): void => {
    const doc = context.printers.expression(fallback, inner, context);
    const isNamed = target.type === "Identifier" && isAnonymous(fallback);
    const given = isNamed ? named(target.name, doc) : unnamed(fallback, doc, context);
    inner.add(`${value} = `, given, ";");
  };
  branch(`${value} === undefined`, fallback, body, steps, context);
}
