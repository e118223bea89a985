/**
 * `using` in a block that suspends. In direct style, the block is a suspension point itself, because the disposal at its end
 * may wait:
 *
 *     try { x = $resources.add(f()); … } catch (error) { … }      what ends the block is stored, as for a `finally`
 *     while ($resources.next()) try { a call } catch (error) { … }
 */
import { point } from "../direct/leave.js";
import type { Node } from "../syntax/ast.js";
import type { Context, Exit } from "./context.js";
import type { Doc } from "./doc.js";
import { printStored, THROWS } from "./exits.js";
import { sequence, Steps } from "./steps.js";

/** Adds the steps of a block, or of the body of a loop whose head has a resource, with the disposal at its end. */
export function addWithResources(
  node: Node,
  addBody: (resources: string, steps: Steps) => void,
  steps: Steps,
  context: Context,
): void {
  const { kept, slots, exits } = context;
  const mark = slots.mark();
  const keeps = (): { name: string; slot: number } => ({
    name: context.fresh(),
    slot: slots.take(),
  });
  const [resources, kind, value] = [keeps(), keeps(), keeps()] as const;
  const exit: Exit = {
    statement: node,
    label: context.fresh(),
    kind: kind.name,
    value: value.name,
    jumps: [],
  };
  const high = context.high(node);
  const own = new Steps();
  own.add(`${resources.name} = new (${context.helper("Resources")})();`);
  const body = new Steps();
  kept.push(resources);
  exits.push(exit);
  addBody(resources.name, body);
  exits.pop();
  const attempt: Doc = [
    `${kind.name} = 0;\n${exit.label}: try {\n`,
    sequence(body, context),
    // A `finally` inside may have taken back what was stored.
    `${kind.name} = 0;\n`,
    caught(context, `${value.name} = ${context.module.names.of("error")};`, kind.name),
  ];
  addUpTo(lastInside(node, context), attempt, own);
  kept.push(kind, value);
  addUpTo(context.direct ? high : 0, disposal(node, resources.name, exit, context), own);
  kept.length -= 3;
  own.add(printStored(exit, context));
  const declared = [resources, kind, value].map((each, index): Doc => [
    index === 0 ? "let " : ", ",
    `${each.name} = `,
    context.restored(each.slot),
  ]);
  addUpTo(high, ["{\n", declared, ";\n", sequence(own, context), "}"], steps);
  slots.release(mark);
}

/** The last point of a block, without its own. */
function lastInside(node: Node, context: Context): number {
  if (!context.direct) return context.high(node);
  const { low, high } = context.range(node);
  return low < high ? high - 1 : 0;
}

function addUpTo(high: number, doc: Doc, steps: Steps): void {
  if (high > 0) steps.addSuspending(doc, high);
  else steps.add(doc);
}

function disposal(node: Node, resources: string, { kind, value }: Exit, context: Context): Doc {
  const error = context.module.names.of("error");
  const both = `${context.helper("suppressed")}(${error}, ${value})`;
  const end = caught(context, `${value} = ${kind} === ${THROWS} ? ${both} : ${error};`, kind);
  const fn = `${resources}.method`;
  const receiver = `${resources}.receiver`;
  if (!context.direct) {
    const call = `${context.helper("invoke")}(${fn}, ${receiver});\n`;
    return [`while (${resources}.next()) try {\n${call}`, end];
  }
  const word = `${context.helper("into")}(${receiver}, ${fn}, ${context.depth}, "[Symbol.dispose]")`;
  const call = `${context.helper("call")}(${fn}, ${word})`;
  // A kill does not keep the others from being disposed of.
  const exit: Exit = { statement: node, label: context.fresh(), kind, value, jumps: [] };
  const steps = new Steps();
  context.exits.push(exit);
  point(node, call, { fn, receiver }, steps, context);
  context.exits.pop();
  const head = `while (${context.returns} || ${resources}.next()) ${exit.label}: try {\n`;
  return [head, sequence(steps, context), end];
}

/** The end of a `try`, which stores the error. */
function caught(context: Context, stores: string, kind: string): string {
  const { names } = context.module;
  const forgets = context.direct ? `${context.registers}.depth = 0;\n` : "";
  return `} catch (${names.of("error")}) {\n${forgets}${stores}\n${kind} = ${THROWS};\n}`;
}
