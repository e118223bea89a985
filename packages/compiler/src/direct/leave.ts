/** The check of a call's answer, and what is saved if the call has suspended. */
import type { Storage } from "../analysis/storage.js";
import type { Context } from "../emit/context.js";
import { type Doc, join } from "../emit/doc.js";
import { printReturn } from "../emit/print.js";
import type { Steps } from "../emit/steps.js";
import { ancestor, contains, isLoop, type Node } from "../syntax/ast.js";
import type { Called } from "./callee.js";
import { isLast } from "./tails.js";
import { isWaitedFor } from "./waits.js";

/** A call that has been printed: the check of its answer, and where it is entered again. */
export function point(node: Node, call: Doc, callee: Called, steps: Steps, context: Context): void {
  const { value, depth, registers } = context;
  const number = context.range(node).high;
  const asks = context.helper(
    isLast(node, context.fn)
      ? "answerLast"
      : isWaitedFor(node, context.module.scopes)
        ? "answerHeld"
        : "answer",
  );
  const isSuspended = `=== ${context.helper("SUSPENDED")}) `;
  const leaving: Doc = ["return ", leave(node, number, callee, context), ";"];
  const restores = context.held.map(({ name, slot }): Doc => [
    `${name} = `,
    context.slot(slot),
    "; ",
  ]);
  // A debugger is not to stop at what comes after the call, but an error of the answer has the place of the call.
  const place = node.start;
  const leaves: Doc = [
    { unmapped: `\nif (${registers}.phase && (${value} = ` },
    { place },
    `${asks}(${depth}, ${value})`,
    { unmapped: [`) ${isSuspended}`, leaving] },
  ];
  if (context.exits.length === 0) {
    steps.addCall({ place, call, restores, asked: "", back: "", after: leaves }, number);
    return;
  }
  // A killed fiber runs the `finally` around before it ends.
  const end = printReturn(`${context.helper("leave")}()`, context);
  const back: Doc = [`\nif (${value} ${isSuspended}`, end];
  steps.addCall({ place, call, restores, asked: leaves, back, after: "" }, number);
}

/** Saves what is needed when the function is entered again. */
function leave(node: Node, number: number, { fn, receiver, known }: Called, context: Context): Doc {
  const { slotsName: slots } = context;
  const saved = savedAt(node, context);
  const callee = known === "library" ? "0" : fn;
  const start = (helper: string): string => `${context.helper(helper)}(${slots}, `;
  if (saved.length > 3) {
    const all = join(saved, ", ");
    const more: Doc =
      known === "library" ? "" : [", ", callee, receiver === undefined ? "" : [", ", receiver]];
    return [start("leaveMany"), `[${number}, `, all, "]", more, ")"];
  }
  const rest: Doc[] = saved.map((name) => [", ", name]);
  if (receiver !== undefined && known !== "library") {
    return [start("leaveMethod"), `${number}, `, callee, ", ", receiver, rest, ")"];
  }
  return [start("leave"), `${number}, `, callee, rest, ")"];
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
