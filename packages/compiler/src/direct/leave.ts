/** The check of a call's answer, and what is saved if the call has suspended. */
import type { Storage } from "../analysis/storage.js";
import type { Context } from "../emit/context.js";
import { type Doc, join } from "../emit/doc.js";
import { printReturn } from "../emit/exits.js";
import type { Steps } from "../emit/steps.js";
import { ancestor, contains, isLoop, type Node } from "../syntax/ast.js";
import type { Called } from "./callee.js";
import { isLast } from "./tails.js";
import { isWaitedFor } from "./waits.js";

/** A call that has been printed: the check of its answer, and where it is entered again. */
export function point(node: Node, call: Doc, callee: Called, steps: Steps, context: Context): void {
  const { value } = context;
  const number = context.range(node).high;
  const restores = context.held.map(({ name, slot }): Doc => [
    `${name} = `,
    context.slot(slot),
    "; ",
  ]);
  const place = node.start;
  const leaves = checkOf(node, number, callee, context);
  if (context.exits.length === 0) {
    steps.addCall({ place, call, restores, asked: "", back: "", after: leaves }, number);
    return;
  }
  // A killed fiber runs the `finally` around before it ends.
  const end = printReturn(`${context.helper("ended")}()`, context);
  const back: Doc = [`\nif (${value} === ${context.helper("SUSPENDED")}) `, end];
  steps.addCall({ place, call, restores, asked: leaves, back, after: "" }, number);
}

/** A debugger is not to stop at what comes after the call, but an error of the answer has the place of the call. */
function checkOf(node: Node, number: number, callee: Called, context: Context): Doc {
  const { depth, registers, value } = context;
  const check = { unmapped: `\nif (${registers}.phase && (${value} = ` };
  const place = { place: node.start };
  const leaves = leave(node, number, callee, context);
  const asks = opIsKeptAt(node, context);
  if (asks === null) {
    return [check, place, leaves, { unmapped: `, ${registers}.leaves)) return ${value};` }];
  }
  const isSuspended = `) === ${context.helper("SUSPENDED")}) return `;
  const asked = `${context.helper(asks)}(${depth}, ${value})`;
  return [check, place, asked, { unmapped: [isSuspended, leaves, ";"] }];
}

/** The helper that answers a call whose op may be for somebody else. */
function opIsKeptAt(node: Node, context: Context): "answerLast" | "answerHeld" | null {
  if (isLast(node, context.fn)) return "answerLast";
  return isWaitedFor(node, context.module.scopes) ? "answerHeld" : null;
}

/** Saves what is needed when the function is entered again: three values as they are, more of them as a list. */
function leave(node: Node, number: number, { fn, receiver, known }: Called, context: Context): Doc {
  const { depth, slots, slotsName, value } = context;
  const { names } = context.module;
  const saved = savedAt(node, context);
  const callee: Doc[] = known === "library" ? [] : receiver === undefined ? [fn] : [fn, receiver];
  const first = `(${depth}, ${value}, ${slotsName}, `;
  const few: Doc[] = [String(number), ...callee];
  // Without variables to save, what is left out is undefined.
  while (saved.length > 0 && few.length < 3) few.push("undefined");
  return () => {
    if (slots.threeAtMost) return [names.of("leave"), first, join([...few, ...saved], ", "), ")"];
    const list: Doc = ["[", join([String(number), ...saved], ", "), "]"];
    return [names.of("leaveMany"), first, join([list, ...callee], ", "), ")"];
  };
}

/** The variables that are needed after a call, each at the index that is its slot. */
function savedAt(node: Node, context: Context): string[] {
  const saved: string[] = [];
  const unset: string[] = [];
  for (const place of context.inScope(node)) {
    if (!place.live.has(node)) continue;
    const { name } = place;
    const list = mayBeSet(place, node) ? saved : unset;
    list[place.slot as number] = place.box === null ? name : context.module.names.box(name);
  }
  for (const { name, slot } of [...context.held, ...context.kept]) saved[slot] = name;
  // What is undefined as yet is undefined as well if it lies beyond the end of the list.
  return Array.from(saved, (name, slot) => name ?? unset[slot] ?? "0");
}

/** Whether a variable may have a value, or its box, when a call is made. */
function mayBeSet({ box, variable }: Storage, call: Node): boolean {
  if (box !== null || variable.kind === "param" || variable.kind === "function") return true;
  const { node } = variable.scope;
  return variable.references.some((each) => {
    if (!each.write) return false;
    if (each.node.start < call.end || each.scope.owner !== variable.scope.owner) return true;
    const loop = ancestor(call, (at) => at === node || (isLoop(at) && contains(at, each.node)));
    return loop !== null && isLoop(loop);
  });
}
