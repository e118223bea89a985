/** Jumps out of a `try` whose `finally` suspends: they are stored, and done after it. */
import { contains, type Node } from "../syntax/ast.js";
import { type Context, type Exit, ownerOf, targetOf } from "./context.js";
import type { Doc } from "./doc.js";

/** Whether a jump of the function itself leaves a `try` whose `finally` suspends. */
export function leavesExit(node: Node, context: Context): boolean {
  const exit = context.exits.at(-1);
  if (exit === undefined || ownerOf(node) !== context.fn) return false;
  return node.type === "ReturnStatement" || !contains(exit.statement, targetOf(node));
}

const RETURNS = 1;
export const THROWS = 2;
const FIRST_JUMP = 3;

/** `return value`, from where the printer stands. */
export function printReturn(value: Doc, context: Context): Doc {
  const exit = context.exits.at(-1);
  if (exit === undefined) return ["return ", value, ";"];
  return [`{ ${exit.value} = `, value, `; ${exit.kind} = ${RETURNS}; break ${exit.label}; }`];
}

export function printJump(node: Node, context: Context): Doc {
  const exit = context.exits.at(-1);
  if (exit === undefined || contains(exit.statement, targetOf(node))) {
    return { start: node.start, end: node.end };
  }
  let number = exit.jumps.findIndex((each) => isSameJump(each, node));
  if (number === -1) number = exit.jumps.push(node) - 1;
  return `{ ${exit.kind} = ${FIRST_JUMP + number}; break ${exit.label}; }`;
}

function isSameJump(a: Node, b: Node): boolean {
  return a.type === b.type && targetOf(a) === targetOf(b);
}

/** What was stored before the `finally`, done after it. The exit itself is no longer in the context. */
export function printStored(exit: Exit, context: Context): Doc {
  const out: Doc[] = [
    `if (${exit.kind} === ${THROWS}) throw ${exit.value};\n`,
    `if (${exit.kind} === ${RETURNS}) `,
    printReturn(exit.value, context),
    "\n",
  ];
  exit.jumps.forEach((jump, index) => {
    out.push(`if (${exit.kind} === ${FIRST_JUMP + index}) `, printJump(jump, context), "\n");
  });
  return out;
}
