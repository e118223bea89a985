/** Loops whose head or body suspends. They stay loops, and are entered in the middle. */
import { isBodyWithResource } from "../analysis/resources.js";
import type { Node } from "../syntax/ast.js";
import { contains, isFunction } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import { type Doc, join } from "./doc.js";
import { expression } from "./expressions.js";
import { give } from "./patterns.js";
import { print } from "./print.js";
import { addWithResources } from "./resources.js";
import { sequence, Steps } from "./steps.js";
import { declareVariables, type Renewal, renewals } from "./variables.js";

/** `for (;;)`, `while` and `do`. */
export function printLoop(node: Node, labels: Doc, context: Context): Doc {
  if (node.type !== "ForStatement") return loop(node, labels, [], context);
  const steps = new Steps();
  const declarations = declareVariables(node, steps, context);
  const renewed = renewals(node, context);
  if (node.init !== null) {
    addInit(node.init, steps, context);
    if (renewed.length > 0 && capturedIn(node.init))
      steps.add(
        join(
          renewed.map((each) => each.first),
          ", ",
        ),
        ";",
      );
  }
  const before = renewed.map((each) => each.before);
  steps.addSuspending([before, loop(node, labels, renewed, context)], context.high(node));
  return ["{\n", declarations, sequence(steps, context), "}"];
}

function addInit(init: Node, steps: Steps, context: Context): void {
  if (init.type === "VariableDeclaration") context.printers.addStatement(init, steps, context);
  else steps.add("(", expression(init, steps, context), ");");
}

function capturedIn(node: Node): boolean {
  const visit = (each: Node): boolean => isFunction(each) || children(each).some(visit);
  return visit(node);
}

function children(node: Node): Node[] {
  return node.type === "VariableDeclaration"
    ? node.declarations.flatMap((each) => (each.init === null ? [] : [each.init]))
    : [
        node.left,
        node.right,
        node.argument,
        ...(node.expressions ?? []),
        ...(node.arguments ?? []),
      ].filter((each): each is Node => each !== undefined && each !== null);
}

function loop(node: Node, labels: Doc, renewed: readonly Renewal[], context: Context): Doc {
  const test = node.test;
  const update = node.type === "ForStatement" ? node.update : null;
  if (!context.within(test) && !context.within(update)) {
    const body = context.printers.printBody(node.body as Node, context);
    const again: Doc =
      test === null ? "" : [`${context.returns} || `, ["(", print(test, context), ")"]];
    if (node.type === "WhileStatement") return [labels, "while (", again, ") ", body];
    if (node.type === "DoWhileStatement") {
      return [labels, "do ", body, " while (", print(test as Node, context), ");"];
    }
    const updates = [
      ...renewed.map((each) => each.next),
      ...(update === null ? [] : [print(update, context)]),
    ];
    return [labels, "for (", heads(renewed), "; ", again, "; ", join(updates, ", "), ") ", body];
  }
  return general(node, labels, renewed, context);
}

function heads(renewed: readonly Renewal[], more = ""): Doc {
  const declarations = renewed.map((each) => each.declaration);
  if (more !== "") declarations.push(more);
  return declarations.length === 0 ? "" : ["let ", join(declarations, ", ")];
}

/** The loop whose head suspends: what comes between two iterations is skipped the first time. */
function general(node: Node, labels: Doc, renewed: readonly Renewal[], context: Context): Doc {
  const { pc } = context;
  const { test } = node;
  const update = node.type === "ForStatement" ? node.update : null;
  const between = new Steps();
  const body = new Steps();
  const mark = context.slots.mark();
  const { length } = context.held;
  for (const each of renewed) between.add(each.next, ";");
  if (update !== null) between.add("(", expression(update, between, context), ");");
  const tests = node.type === "DoWhileStatement" ? between : body;
  if (test !== null) {
    const doc = expression(test, tests, context);
    tests.add("if (!(", doc, ")) break;");
  }
  const suspends = node.type === "DoWhileStatement" ? test : update;
  const high = context.high(suspends);
  const first = context.fresh();
  const skips =
    between.list.length === 0
      ? ""
      : [`if (${first}) ${first} = false;\nelse {\n`, sequence(between, context), "}\n"];
  context.slots.release(mark);
  context.held.length = length;
  context.printers.addStatement(node.body as Node, body, context);
  const skipping = skips === "" ? "" : `${first} = ${context.starts} || ${pc} > ${high}`;
  const head: Doc = ["for (", heads(renewed, skipping), "; ; ) {\n"];
  return [labels, head, skips, sequence(body, context), "}"];
}

/** `for-of` and `for-in`. */
export function printForIn(node: Node, labels: Doc, context: Context): Doc {
  const { left, right } = node;
  if (left.type === "VariableDeclaration" && left.declarations[0]?.init != null) {
    throw new LeftAlone("a value in the head of a for-in", node);
  }
  const scope = context.module.scopes.scopeOf.get(node);
  for (const variable of scope?.variables.values() ?? []) {
    if (variable.references.some((each) => contains(right, each.node))) {
      throw new LeftAlone("a loop over its own variable", node);
    }
  }
  const iteration = context.fresh();
  const element = context.fresh();
  const taken = context.slots.take();
  const steps = new Steps();
  const iterable = expression(right, steps, context);
  const source: Doc =
    node.type === "ForOfStatement" ? iterable : [`${context.helper("keysOf")}(`, iterable, ")"];
  const Iteration = context.helper(context.direct ? "DirectIteration" : "Iteration");
  steps.add(`${iteration} = new ${Iteration}(`, source, ");");
  const inner = new Steps();
  const declarations = declareVariables(node, inner, context);
  if (!context.direct) context.guards.push(`${iteration}.kept = true;`);
  context.kept.push({ name: iteration, slot: taken });
  const body = node.body as Node;
  if (isBodyWithResource(body)) {
    addWithResources(
      body,
      (resources, list) => {
        bind(left, `${resources}.add(${element})`, list, context);
        context.printers.addStatement(body, list, context);
      },
      inner,
      context,
    );
  } else {
    bind(left, element, inner, context);
    context.printers.addStatement(body, inner, context);
  }
  context.kept.pop();
  if (!context.direct) context.guards.pop();
  const doc: Doc = [
    labels,
    `for (const ${element} of ${iteration}) {\n`,
    declarations,
    sequence(inner, context),
    "}",
  ];
  if (context.high(left, body) > 0) steps.addSuspending(doc, context.high(node));
  else steps.add(doc);
  return [
    "{\n",
    `let ${iteration} = `,
    context.restored(taken),
    ";\n",
    sequence(steps, context),
    "}",
  ];
}

/** Gives the variable of a loop its next value. */
function bind(left: Node, value: string, steps: Steps, context: Context): void {
  const target = left.type === "VariableDeclaration" ? (left.declarations[0]?.id as Node) : left;
  const mark = context.slots.mark();
  const { length } = context.held;
  give(target, target, value, steps, context);
  context.slots.release(mark);
  context.held.length = length;
}
