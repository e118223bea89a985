/**
 * JSX that suspends. It stays JSX, whatever it is compiled to afterwards. What it evaluates before a suspension (the tag,
 * attributes, children, and whole elements among them) is kept in temporaries, which stand in its place.
 */
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { anyLater, isStable, keep } from "./operands.js";
import { unnamed } from "./naming.js";
import { print, printAround } from "./print.js";
import type { Steps } from "./steps.js";

export function jsx(node: Node, steps: Steps, context: Context): Doc {
  const { replaced } = context;
  const element = node as unknown as Element;
  const attributes = element.openingElement?.attributes ?? [];
  const parts = [...attributes, ...element.children];
  const changed: Node[] = [];
  const replace = (part: Node, doc: Doc): void => {
    replaced.set(part, doc);
    changed.push(part);
  };
  const name = element.openingElement?.name;
  if (name !== undefined && anyLater(parts, -1, context) && !isStableTag(name, context)) {
    const kept = keep(print(name, context), steps, context);
    replace(name, kept);
    if (element.closingElement != null) replace(element.closingElement.name, kept);
  }
  parts.forEach((part, index) => {
    const later = anyLater(parts, index, context);
    if (later || context.within(part)) addPart(part, later, replace, steps, context);
  });
  const doc = printAround(node, context);
  for (const each of changed) replaced.delete(each);
  return doc;
}

/** An element, or a fragment, which has no opening and closing element. */
interface Element {
  readonly openingElement?: { readonly name: Node; readonly attributes: readonly Node[] };
  readonly children: readonly Node[];
  readonly closingElement?: { readonly name: Node } | null;
}

type Replace = (part: Node, doc: Doc) => void;

function addPart(part: Node, later: boolean, replace: Replace, steps: Steps, context: Context) {
  const value = (node: Node): Doc => {
    const { length } = context.held;
    const mark = context.slots.mark();
    const doc = context.printers.expression(node, steps, context);
    if (!later || isStable(node, context)) return doc;
    context.held.length = length;
    context.slots.release(mark);
    return keep(unnamed(node, doc, context), steps, context);
  };
  switch (part.type) {
    case "JSXAttribute":
      if (isEvaluated(part.value)) addPart(part.value, later, replace, steps, context);
      return;
    case "JSXExpressionContainer":
      if (part.expression.type !== "JSXEmptyExpression") {
        replace(part, ["{", value(part.expression), "}"]);
      }
      return;
    case "JSXElement":
    case "JSXFragment": {
      const doc = value(part);
      replace(part, later ? ["{", doc, "}"] : doc);
      return;
    }
    case "JSXSpreadAttribute": {
      // Its properties are read where it stands.
      const doc = context.printers.expression(part.argument, steps, context);
      replace(part, ["{...", later ? keep(["{ ...", doc, " }"], steps, context) : doc, "}"]);
      return;
    }
    case "JSXSpreadChild": {
      const doc = context.printers.expression(part.expression, steps, context);
      replace(part, ["{...", later ? keep(["[...", doc, "]"], steps, context) : doc, "}"]);
    }
  }
}

/** An attribute may have no value, and text is never evaluated. */
function isEvaluated(value: Node | null): value is Node {
  return value !== null && value.type !== "Literal";
}

/** Whether the tag means the same after a suspension: an intrinsic element, or a variable that never changes. */
function isStableTag(tag: Node, context: Context): boolean {
  if (tag.type === "JSXNamespacedName") return true;
  if (tag.type !== "JSXIdentifier") return false;
  return /^[a-z]|-/.test(tag.name) || isStable(tag, context);
}
