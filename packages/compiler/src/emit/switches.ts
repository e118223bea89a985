/** `switch`: one `switch` finds the case, a second one, over its number, is entered again. */
import { contains, type Node } from "../syntax/ast.js";
import { type Context, LeftAlone } from "./context.js";
import type { Doc } from "./doc.js";
import { expression } from "./expressions.js";
import { print } from "./print.js";
import { sequence, Steps } from "./steps.js";
import { declareVariables } from "./variables.js";

export function printSwitch(node: Node, labels: Doc, context: Context): Doc {
  const { pc } = context;
  checkNames(node, context);
  const chosen = context.fresh();
  const mark = context.slots.mark();
  const { length } = context.held;
  const steps = new Steps();
  const value = expression(node.discriminant, steps, context);
  const declarations = declareVariables(node, steps, context);
  if (node.cases.some((each) => context.within(each.test))) {
    choose(node, chosen, value, steps, context);
  } else {
    const cases = node.cases.map((each, index): Doc => [
      each.test === null ? "default" : ["case ", print(each.test, context)],
      `: ${chosen} = ${index}; break;\n`,
    ]);
    const others = node.cases.some((each) => each.test === null)
      ? ""
      : `default: ${chosen} = -1;\n`;
    steps.add("switch (", value, ") {\n", cases, others, "}");
  }
  context.printers.hoistFunctions(
    node.cases.flatMap((each) => each.consequent as Node[]),
    steps,
    context,
  );
  const entry: Doc[] = [];
  const bodies = node.cases.map((each, index): Doc => {
    const body = new Steps();
    const high = context.high(...(each.consequent as Node[]));
    if (high > 0) entry.push(`${pc} <= ${high} ? ${index} : `);
    for (const inner of each.consequent as Node[])
      context.printers.addStatement(inner, body, context);
    return [`case ${index}:\n`, sequence(body, context)];
  });
  const doc: Doc = [labels, `switch (${chosen}) {\n`, bodies, "}"];
  if (entry.length > 0) steps.addSuspending(doc, context.high(node));
  else steps.add(doc);
  context.slots.release(mark);
  context.held.length = length;
  return ["{\n", `let ${chosen} = `, entry, "-1;\n", declarations, sequence(steps, context), "}"];
}

/** The variables of the cases are declared around the subject, which must not mean others of the same names. */
function checkNames(node: Node, context: Context): void {
  const { scopes } = context.module;
  const names = scopes.scopeOf.get(node)?.variables;
  if (names === undefined || names.size === 0) return;
  for (const { node: name, scope } of scopes.references.values()) {
    if (names.has(name.name) && contains(node.discriminant, name) && scope.node !== node) {
      throw new LeftAlone("a switch whose cases declare a name of its subject", node);
    }
  }
  for (const variable of names.values()) {
    if (variable.references.some((each) => contains(node.discriminant, each.node))) {
      throw new LeftAlone("a switch whose cases declare a name of its subject", node);
    }
  }
}

/** Where the test of a case suspends, the tests run one after the other. */
function choose(node: Node, chosen: string, value: Doc, steps: Steps, context: Context): void {
  const subject = context.hold();
  const label = context.fresh();
  steps.add(`${subject} = `, value, ";");
  const inner = new Steps();
  let high = 0;
  node.cases.forEach((each, index) => {
    if (each.test === null) return;
    high = Math.max(high, context.high(each.test));
    const test = expression(each.test, inner, context);
    inner.add(`if (${subject} === (`, test, `)) {\n${chosen} = ${index};\nbreak ${label};\n}`);
  });
  const other = node.cases.findIndex((each) => each.test === null);
  inner.add(`${chosen} = ${other};`);
  steps.addSuspending([`${label}: {\n`, sequence(inner, context), "}"], high);
}
