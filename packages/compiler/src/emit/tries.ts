/**
 * `try`. The block is entered again as the block of a `try`. A handler that suspends is moved behind the `try`, and so is
 * a `finally` that suspends: what it has to do at its end (throw, return, jump) is stored before it.
 */
import { SUSPENDS } from "../runtime/depths.js";
import { childrenOf, isFunction, type Node } from "../syntax/ast.js";
import type { Context, Exit } from "./context.js";
import type { Doc } from "./doc.js";
import { give } from "./patterns.js";
import { printStored, THROWS } from "./exits.js";
import { print } from "./print.js";
import { sequence, Steps } from "./steps.js";
import { declareVariables } from "./variables.js";

export function printTry(node: Node, context: Context): Doc {
  const { finalizer } = node;
  if (finalizer === null) return tryCatch(node, context);
  if (context.within(finalizer)) return suspendingFinally(node, finalizer, context);
  if (!context.direct) context.guards.push(`${context.pc} = -1;`);
  const body = tryCatch(node, context);
  if (!context.direct) context.guards.pop();
  const ends = context.direct
    ? `(${context.registers}.phase & ${SUSPENDS}) === 0`
    : `${context.pc} >= 0`;
  const whole: Doc =
    node.handler === null || context.within(node.handler) ? ["try {\n", body, "\n}"] : body;
  return [whole, ` finally {\n${forgets(context)}if (${ends}) `, print(finalizer, context), "\n}"];
}

/** In direct style, a call that could not be made has left its word behind: whoever sees the error takes it back. */
function forgets(context: Context): string {
  return context.direct ? `${context.registers}.depth = 0;\n` : "";
}

/** A `catch` as it was written. */
function printHandler(handler: Node, context: Context): Doc {
  if (!context.direct) return print(handler, context);
  const { param } = handler;
  const body = print(handler.body as Node, context);
  if (param === null || param.type === "Identifier") {
    const given: Doc = param === null ? "" : ["(", print(param, context), ") "];
    return ["catch ", given, "{\n", forgets(context), body, "\n}"];
  }
  // A pattern runs code, so it comes after that.
  const error = context.module.names.of("error");
  const declared: Doc = ["let ", print(param, context), ` = ${error};\n`];
  return [`catch (${error}) {\n`, forgets(context), declared, body, "\n}"];
}

/** The block and the handler without the `finally`. Without a handler, only the block. */
function tryCatch(node: Node, context: Context): Doc {
  const { block, handler } = node;
  const body = blockOf(block, context);
  if (handler === null) return body;
  if (!context.within(handler)) return ["try ", body, " ", printHandler(handler, context)];
  const { pc } = context;
  const caught = context.fresh();
  const error = context.fresh();
  const mark = context.slots.mark();
  const steps = new Steps();
  const declarations = declareVariables(handler, steps, context);
  if (handler.param !== null) {
    const { length } = context.held;
    give(handler.param, handler.param, error, steps, context);
    context.held.length = length;
  }
  context.printers.addStatement(handler.body as Node, steps, context);
  const { low } = context.range(handler);
  const doc: Doc = [
    `{\nlet ${caught} = ${pc} >= ${low}, ${error};\n`,
    `if (!${caught}) try `,
    body,
    ` catch ($error) {\n${forgets(context)}${caught} = true;\n${error} = $error;\n}\n`.replaceAll(
      "$error",
      context.module.names.of("error"),
    ),
    `if (${caught}) {\n`,
    declarations,
    sequence(steps, context),
    "}\n}",
  ];
  context.slots.release(mark);
  return doc;
}

function blockOf(block: Node, context: Context): Doc {
  if (!context.within(block)) return print(block, context);
  return context.printers.printBlock(block, block.body as Node[], context);
}

function suspendingFinally(node: Node, finalizer: Node, context: Context): Doc {
  const kind = context.fresh();
  const value = context.fresh();
  const mark = context.slots.mark();
  const kindTaken = context.slots.take();
  const valueTaken = context.slots.take();
  const exit: Exit = { statement: node, label: context.fresh(), kind, value, jumps: [] };
  context.exits.push(exit);
  const body = tryCatch(node, context);
  context.exits.pop();
  const error = context.module.names.of("error");
  const attempt: Doc = [
    `${kind} = 0;\n${exit.label}: try {\n`,
    body,
    mayTakeBack(node) ? `\n${kind} = 0;` : "",
    `\n} catch (${error}) {\n${forgets(context)}${value} = ${error};\n${kind} = ${THROWS};\n}`,
  ];
  const steps = new Steps();
  const high = context.high(node.block, node.handler);
  if (high > 0) steps.addSuspending(attempt, high);
  else steps.add(attempt);
  context.kept.push({ name: kind, slot: kindTaken }, { name: value, slot: valueTaken });
  context.printers.addStatement(finalizer, steps, context);
  context.kept.length -= 2;
  steps.add(printStored(exit, context));
  const doc: Doc = [
    `{\nlet ${kind} = `,
    context.restored(kindTaken),
    `, ${value} = `,
    context.restored(valueTaken),
    ";\n",
    sequence(steps, context),
    "}",
  ];
  context.slots.release(mark);
  return doc;
}

/** Whether a `finally` inside may jump, so that what was stored for the end of the outer one (a `return`) no longer happens. */
function mayTakeBack(node: Node): boolean {
  const inside = node.handler === null ? [node.block] : [node.block, node.handler];
  return inside.some((each) =>
    find(each, (at) => at.finalizer != null && find(at.finalizer, jumps)),
  );
}

function jumps({ type }: Node): boolean {
  return type === "BreakStatement" || type === "ContinueStatement";
}

function find(node: Node, test: (node: Node) => boolean): boolean {
  if (isFunction(node)) return false;
  return test(node) || childrenOf(node).some((each) => find(each, test));
}
