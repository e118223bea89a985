/** What a call calls: how it is evaluated, and how it is named once it has been. */
import { libraryName } from "../analysis/choose.js";
import { decoratorsOf } from "../analysis/class-heads.js";
import type { Context } from "../emit/context.js";
import type { Doc } from "../emit/doc.js";
import {
  isNamespace,
  isStable,
  keep,
  key,
  methodOf,
  operand,
  reference,
} from "../emit/operands.js";
import { print } from "../emit/print.js";
import type { Steps } from "../emit/steps.js";
import { contains, isFunction, type Node } from "../syntax/ast.js";
import { knownFunction } from "./known.js";
import { calledBy, givenBy } from "./call-parts.js";

/** What has been called. */
export interface Called {
  readonly fn: Doc;
  /** Undefined for a call without a receiver. */
  readonly receiver?: Doc;
  /** A function in direct style of this file, whatever happens, or one of the library's, which never is. */
  readonly known?: "direct" | "library";
}

/** What is about to be called. `fn` names it after it has been evaluated. */
export interface Callee extends Called {
  /** Evaluates it, with its receiver. */
  readonly first: Doc;
  /** How the word names it, if not by `fn`. It is what gives `fn` its value. */
  readonly word?: Doc;
  /** How it is called, if not by its name. */
  readonly through?: "call";
  /** What it is called in an error, if the engine would find no name. */
  readonly text?: string;
}

export function calleeOf(node: Node, steps: Steps, context: Context): Callee {
  const callee = calledBy(node);
  const given = givenBy(node);
  if (node.type === "CallExpression" && isLibrary(callee, context)) {
    const doc = print(callee, context);
    return { first: doc, fn: doc, known: "library" };
  }
  if (isKnown(callee, context)) {
    const doc = print(callee, context);
    return { first: doc, fn: doc, known: "direct" };
  }
  const suspends = given.some((each) => context.within(each));
  if (callee.type === "MemberExpression" && !callee.optional) {
    return methodOfCall(callee, given, suspends, steps, context);
  }
  const isName = callee.type === "Identifier" && !isBoxed(callee, context);
  if (isName && isSteady(callee, given, suspends, context)) {
    const doc = print(callee, context);
    return { first: doc, fn: doc };
  }
  // A global variable may have a getter.
  const isDeclared = isName && context.module.scopes.references.get(callee)?.variable != null;
  if (isDeclared && given.every((each) => isPure(each, context))) {
    return readTwice(print(callee, context), context);
  }
  const text = textOf(callee);
  const { length } = context.held;
  const mark = context.slots.mark();
  const doc = context.printers.expression(callee, steps, context);
  context.held.length = length;
  context.slots.release(mark);
  if (suspends) {
    const fn = keep(doc, steps, context);
    return { first: fn, fn, text };
  }
  const fn = context.shared("callee");
  return { first: [`(${fn} = `, doc, ")"], fn, text };
}

/**
 * A name or an export that may mean another function later, but not before the call: nothing runs until then. So it is read
 * twice, and the call is as it was written.
 */
function readTwice(doc: Doc, context: Context): Callee {
  const fn = context.shared("callee");
  return { first: doc, fn, word: [`${fn} = `, doc] };
}

function methodOfCall(
  callee: Node,
  given: readonly Node[],
  suspends: boolean,
  steps: Steps,
  context: Context,
): Callee {
  const { object } = callee;
  const text = textOf(callee);
  const through = "call";
  const inKey = callee.computed && context.within(callee.property);
  if (suspends && !isOwnMethod(callee, context)) {
    const { method, receiver } = methodOf(callee, steps, context);
    return { first: method, fn: method, receiver, through, text };
  }
  if (isOwnMethod(callee, context)) return ownMethod(callee, given, suspends, steps, context);
  const fn = context.shared("callee");
  if (isExport(callee, context) && given.every((each) => isPure(each, context))) {
    return { ...readTwice(print(callee, context), context), receiver: print(object, context) };
  }
  if (object.type === "Super") {
    const method = reference(callee, false, steps, context);
    return { first: [`${fn} = `, method], fn, receiver: "this", through, text };
  }
  const isNamed = isSteady(object, [callee.property, ...given], false, context);
  if (inKey || isNamed) {
    const receiver = inKey ? operand(object, true, steps, context) : print(object, context);
    const method = key(callee, false, steps, context);
    return { first: [`${fn} = `, receiver, method], fn, receiver, through, text };
  }
  const doc = operand(object, false, steps, context);
  const receiver = context.shared("receiver");
  const method = key(callee, false, steps, context);
  return { first: [`${fn} = (${receiver} = `, doc, ")", method], fn, receiver, through, text };
}

/** Whether a name means the same before a call, with its key and its arguments, and after it. */
function isSteady(
  node: Node,
  evaluated: readonly Node[],
  suspends: boolean,
  context: Context,
): boolean {
  if (isStable(node, context)) return true;
  if (node.type !== "Identifier" || suspends) return false;
  const { references, uses } = context.module.scopes;
  const variable = references.get(node)?.variable;
  if (variable == null || variable.kind === "import") return false;
  // It has been read without an error, so it has its only value.
  if (/^(const|class|function)$/.test(variable.kind) && !variable.changes && !variable.redeclared) {
    return context.placeOf(variable)?.box !== "checked";
  }
  const { owner } = variable.scope;
  // In sloppy code, `arguments` may change a parameter.
  if (owner.node !== context.fn || uses.get(context.fn)?.arguments === true) return false;
  return variable.references.every(
    ({ node: at, scope, write }) =>
      !write || (scope.owner === owner && !evaluated.some((each) => contains(each, at))),
  );
}

/** `namespace.name`, where all names of a module were imported. Reading it runs nothing. */
function isExport({ computed, object }: Node, { module }: Context): boolean {
  const variable = module.scopes.references.get(object)?.variable;
  return !computed && variable?.kind === "import" && isNamespace(variable);
}

/** Whether evaluating it runs no code of the program. */
function isPure(node: Node | null, context: Context): boolean {
  if (node === null || isFunction(node)) return true;
  const all = (...nodes: readonly (Node | null)[]): boolean =>
    nodes.every((each) => isPure(each, context));
  switch (node.type) {
    case "Literal":
    case "ThisExpression":
      return true;
    case "Identifier": {
      const variable = context.module.scopes.references.get(node)?.variable;
      if (variable == null) return node.name === "undefined";
      return context.placeOf(variable)?.box !== "checked";
    }
    case "ArrayExpression":
      return all(...node.elements);
    case "ObjectExpression":
      return node.properties.every(
        (each) => each.type === "Property" && !each.computed && all(each.value),
      );
    case "ConditionalExpression":
      return all(node.test, node.consequent as Node, node.alternate);
    case "LogicalExpression":
      return all(node.left, node.right);
    case "BinaryExpression":
      return /^[!=]==$/.test(node.operator) && all(node.left, node.right);
    case "UnaryExpression":
      return /^(!|typeof|void)$/.test(node.operator) && all(node.argument);
    case "MemberExpression":
      return isExport(node, context);
    default:
      return false;
  }
}

/** `this.#method(…)` */
function ownMethod(
  callee: Node,
  given: readonly Node[],
  suspends: boolean,
  steps: Steps,
  context: Context,
): Callee {
  const { object } = callee;
  const known = "direct";
  const name = key(callee, false, steps, context);
  if (suspends || isSteady(object, given, false, context)) {
    const receiver = suspends ? operand(object, true, steps, context) : print(object, context);
    const fn: Doc = [receiver, name];
    // An object without the method is an error before the arguments.
    if (suspends) steps.add(fn, ";");
    return { first: fn, fn, receiver, known };
  }
  const doc = operand(object, false, steps, context);
  const receiver = context.shared("receiver");
  return { first: [`(${receiver} = `, doc, ")", name], fn: [receiver, name], receiver, known };
}

/** What the library exports is no function in direct style. */
function isLibrary(callee: Node, { module }: Context): boolean {
  if (callee.type === "Identifier") return libraryName(callee, module.scopes) !== null;
  if (callee.type !== "MemberExpression" || callee.optional || callee.computed) return false;
  return callee.object.type === "Identifier" && libraryName(callee.object, module.scopes) !== null;
}

function isBoxed(node: Node, context: Context): boolean {
  const variable = context.module.scopes.references.get(node)?.variable ?? null;
  return context.placeOf(variable)?.box != null;
}

/** Whether a name always means one function in direct style of this file. */
function isKnown(callee: Node, context: Context): boolean {
  const fn = knownFunction(callee, context.module.scopes);
  return fn !== null && isDirect(fn, context) && !isBoxed(callee, context);
}

function isDirect(fn: Node, context: Context): boolean {
  return context.module.formOf(fn) === "direct";
}

/** `this.#method(…)`: a private method cannot be replaced. */
export function isOwnMethod(callee: Node, context: Context): boolean {
  const { property } = callee;
  if (property.type !== "PrivateIdentifier") return false;
  for (let at = callee.parent; at !== null; at = at.parent) {
    if (at.type !== "ClassBody") continue;
    const found = (at.body as Node[]).filter(
      (each) => each.key?.type === "PrivateIdentifier" && each.key.name === property.name,
    );
    if (found.length === 0) continue;
    return found.every(
      (each) =>
        each.kind === "method" && decoratorsOf(each).length === 0 && isDirect(each.value, context),
    );
  }
  return false;
}

/** What stands in the parentheses of `(a?.b)(…)`. */
export function linkOf(callee: Node): Node {
  return callee.type === "ChainExpression" ? callee.expression : callee;
}

/** What is called, for the message if it is no function. */
export function textOf(callee: Node): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type !== "MemberExpression" || callee.computed) return "what is called";
  const { object, property } = callee;
  const name = property.type === "PrivateIdentifier" ? `#${property.name}` : property.name;
  if (object.type === "ThisExpression") return `this.${name}`;
  return object.type === "Identifier" ? `${object.name}.${name}` : `.${name}`;
}
