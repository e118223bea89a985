/** Statements that suspend. Each stays the statement that it was, with guards for re-entry. */
import { declaresResources, isBodyWithResource, isUsing } from "../analysis/resources.js";
import { tailCall } from "../direct/calls.js";
import type { Storage } from "../analysis/storage.js";
import { isPattern, type Node } from "../syntax/ast.js";
import { classText } from "./classes.js";
import { type Context, LeftAlone, type Printers } from "./context.js";
import type { Doc } from "./doc.js";
import { entersFirst, expression } from "./expressions.js";
import { printForIn, printLoop } from "./loops.js";
import { give } from "./patterns.js";
import { addWithResources } from "./resources.js";
import { printReturn } from "./exits.js";
import { isAnonymous, isMoved, named, unnamed } from "./naming.js";
import { declaredBy, print, printAround } from "./print.js";
import { sequence, Steps } from "./steps.js";
import { printSwitch } from "./switches.js";
import { printTry } from "./tries.js";
import { declareVariables } from "./variables.js";

/** Adds a statement to the steps. */
function addStatement(node: Node, steps: Steps, context: Context, labels: Doc = ""): void {
  if (!context.within(node) && node.type !== "VariableDeclaration") {
    if (/^(Class|Function)Declaration$/.test(node.type)) addDeclared(node, steps, context);
    else steps.add(labels, print(node, context));
    return;
  }
  const mark = context.slots.mark();
  const { length } = context.held;
  addSuspending(node, steps, context, labels);
  context.slots.release(mark);
  context.held.length = length;
}

function addSuspending(node: Node, steps: Steps, context: Context, labels: Doc): void {
  const high = context.high(node);
  const whole = (doc: Doc): void => steps.addSuspending(doc, high);
  switch (node.type) {
    case "ExpressionStatement": {
      if (isPatternAssigned(node.expression, context)) {
        const { left, right } = node.expression;
        give(left, right, expression(right, steps, context), steps, context);
        return;
      }
      const doc = expression(node.expression, steps, context);
      if (context.module.isTail(node.expression)) {
        steps.add("return ", doc, ";");
        return;
      }
      // Nobody wants the result of a wait that is a statement.
      if (!context.suspensions.isPoint(node.expression)) steps.add(lone(doc), ";");
      return;
    }
    case "VariableDeclaration":
      addVariables(node, steps, context);
      return;
    case "ReturnStatement": {
      const doc = expression(node.argument, steps, context);
      // Where a `finally` suspends, it is stored in a variable.
      const value = context.exits.length === 0 ? doc : unnamed(node.argument, doc, context);
      steps.add(printReturn(value, context));
      return;
    }
    case "ThrowStatement": {
      const doc = expression(node.argument, steps, context);
      steps.add("throw ", doc, ";");
      return;
    }
    case "BlockStatement":
      whole([labels, printBlock(node, node.body as Node[], context)]);
      return;
    case "IfStatement":
      addIf(node, steps, context, labels);
      return;
    case "LabeledStatement":
      addStatement(node.body as Node, steps, context, [
        labels,
        { start: node.label?.start ?? 0, end: node.label?.end ?? 0 },
        ": ",
      ]);
      return;
    case "ForStatement":
    case "WhileStatement":
    case "DoWhileStatement":
      whole(printLoop(node, labels, context));
      return;
    case "ForOfStatement":
    case "ForInStatement":
      whole(printForIn(node, labels, context));
      return;
    case "TryStatement":
      whole([labels, printTry(node, context)]);
      return;
    case "SwitchStatement":
      whole(printSwitch(node, labels, context));
      return;
    case "ClassDeclaration":
      addDeclared(node, steps, context);
      return;
    default:
      throw new LeftAlone(`a suspension inside ${node.type}`, node);
  }
}

/** Whether it assigns to a pattern that suspends. As a statement, it needs no value. */
function isPatternAssigned(node: Node, context: Context): boolean {
  return node.type === "AssignmentExpression" && isPattern(node.left) && context.within(node.left);
}

/** An expression as a statement must not begin with what would make it another statement. */
function lone(doc: Doc): Doc {
  return ["(", doc, ")"];
}

function addIf(node: Node, steps: Steps, context: Context, labels: Doc): void {
  const yes = node.consequent as Node;
  const no = node.alternate;
  const test = expression(node.test as Node, steps, context);
  if (!context.within(yes) && !context.within(no)) {
    steps.add(
      labels,
      "if (",
      test,
      ") ",
      print(yes, context),
      no === null ? "" : [" else ", print(no, context)],
    );
    return;
  }
  const high = context.high(yes, no);
  steps.addSuspending(
    [
      labels,
      "if (",
      entersFirst(test, yes, no, context),
      ") ",
      printBody(yes, context),
      no === null ? "" : [" else ", printBody(no, context)],
    ],
    high,
  );
}

/** The body of a loop or a branch, as a block. */
function printBody(node: Node, context: Context): Doc {
  if (node.type === "BlockStatement") return printBlock(node, node.body as Node[], context);
  const steps = new Steps();
  addStatement(node, steps, context);
  return ["{\n", sequence(steps, context), "}"];
}

/** A block: its variables are declared at its start, with what their slots hold. */
function printBlock(node: Node, statements: readonly Node[], context: Context): Doc {
  const mark = context.slots.mark();
  const steps = new Steps();
  const declarations = declareVariables(node, steps, context);
  addStatements(node, statements, steps, context);
  const doc = sequence(steps, context);
  context.slots.release(mark);
  return ["{\n", declarations, doc, "}"];
}

/** The statements of a block. */
function addStatements(
  block: Node,
  statements: readonly Node[],
  steps: Steps,
  context: Context,
): void {
  hoistFunctions(statements, steps, context);
  const addTo = (list: Steps): void => {
    for (const each of statements) addStatement(each, list, context);
  };
  if (!context.within(block) || !declaresResources(block)) {
    addTo(steps);
    return;
  }
  if (isBodyWithResource(block)) {
    throw new LeftAlone("using in the head of a loop and in its body", block);
  }
  addWithResources(
    block,
    (resources, list) => {
      context.resources.set(block, resources);
      addTo(list);
    },
    steps,
    context,
  );
}

function hoistFunctions(statements: readonly Node[], steps: Steps, context: Context): void {
  for (const fn of statements) {
    if (fn.type !== "FunctionDeclaration" || !isOurs(fn, context)) continue;
    const id = fn.id as Node;
    const variable = context.module.scopes.references.get(id)?.variable ?? null;
    const compiled = context.module.compiled(fn, true);
    if (compiled !== null) {
      steps.add(print(id, context), " = ", compiled, ";");
      continue;
    }
    const place = context.placeOf(variable) as Storage;
    const keepsName = place.constant && !isMoved(variable, context);
    steps.add(
      print(id, context),
      " = ",
      keepsName
        ? functionText(fn, context, true)
        : named(id.name, functionText(fn, context, false)),
      ";",
    );
  }
}

/** Whether a declared function or class lives at the start of its block. */
function isOurs(node: Node, context: Context): boolean {
  const reference = context.module.scopes.references.get(node.id as Node);
  return context.placeOf(reference?.variable ?? null) !== undefined;
}

function functionText(fn: Node, context: Context, withName: boolean): Doc {
  const id = fn.id as Node;
  const whole = printAround(fn, context) as Doc[];
  if (withName) return whole;
  // The name of the declaration is not printed, so that it is not a second variable inside.
  return whole.filter((_part, index) => index !== whole.indexOf(nameIn(whole, id)));
}

function nameIn(parts: readonly Doc[], id: Node): Doc {
  return parts.find((part) => {
    if (typeof part !== "object" || Array.isArray(part)) return false;
    const slice = part as { start: number; end: number };
    return slice.start === id.start && slice.end === id.end;
  }) as Doc;
}

function addDeclared(node: Node, steps: Steps, context: Context): void {
  if (!isOurs(node, context)) {
    steps.add(print(node, context));
    return;
  }
  if (node.type === "FunctionDeclaration") return;
  const id = node.id as Node;
  const parts = context.within(node)
    ? classText(node, steps, context)
    : (printAround(node, context) as Doc[]);
  const name = nameIn(parts, id);
  const doc = parts.map((part) => (part === name ? { start: id.start, end: id.end } : part));
  steps.add(print(id, context), " = ", doc, ";");
}

function addVariables(node: Node, steps: Steps, context: Context): void {
  const variables = declaredBy(node, context);
  const isPlaced = variables.some((each) => context.placeOf(each) !== undefined);
  if (isUsing(node)) {
    const resources = context.resources.get(node.parent as Node);
    if (resources !== undefined) {
      for (const each of node.declarations) addResource(each, resources, isPlaced, steps, context);
      return;
    }
    if (context.within(node.parent)) throw new LeftAlone("using beside a suspension", node);
  }
  if ((node.kind === "var" || !isPlaced) && !context.within(node)) {
    steps.add(print(node, context));
    return;
  }
  for (const each of node.declarations) addVariable(node, each, steps, context);
}

function addResource(
  { id, init }: Node,
  resources: string,
  isPlaced: boolean,
  steps: Steps,
  context: Context,
): void {
  const name = id as Node;
  const doc = expression(init as Node, steps, context);
  const resource = isAnonymous(init) ? named(name.name, doc) : doc;
  steps.add(isPlaced ? "" : "const ", print(name, context), ` = ${resources}.add(`, resource, ");");
}

function addVariable(node: Node, each: Node, steps: Steps, context: Context): void {
  const target = each.id as Node;
  const isVar = node.kind === "var";
  if (each.init === null) {
    // A `var` without a value is declared at the start of the function, and keeps what it has.
    if (!isVar) steps.add(print(target, context), " = undefined;");
    return;
  }
  const init = expression(each.init, steps, context);
  give(target, each.init, init, steps, context);
}

/** A call that is the end of its function, where nothing suspends before it. */
function printTail(call: Node, context: Context): Doc {
  return tailCall(call, new Steps(), context);
}

export const PRINTERS: Printers = {
  expression,
  printTail,
  addStatement,
  printBody,
  printBlock,
  hoistFunctions,
  addStatements,
};
