/** The declarations of variables that live at the start of their block. */
import type { Variable } from "../analysis/scopes.js";
import type { Storage } from "../analysis/storage.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import type { Steps } from "./steps.js";

/** Declares the variables of a scope that live at its start, and makes their boxes. */
export function declareVariables(node: Node, steps: Steps, context: Context): Doc {
  const scope = context.module.scopes.scopeOf.get(node);
  if (scope === undefined || scope.node !== node) return "";
  const out: Doc[] = [];
  for (const variable of scope.variables.values()) {
    const place = context.placeOf(variable);
    if (place === undefined || variable.kind === "param") continue;
    out.push(declare(variable, place, steps, context));
  }
  return out;
}

function declare(variable: Variable, place: Storage, steps: Steps, context: Context): Doc {
  const isVar = variable.kind === "var";
  const inHead = place.box !== null && variable.scope.node.type === "ForStatement";
  const slot = place.live.size > 0 || inHead ? (place.slot ??= context.slots.take()) : null;
  const held = slot === null ? "" : restoring(slot, place, context);
  if (place.box === null) {
    // A fiber may be given more arguments than there are parameters; a `var` can be read before anything assigns it.
    if (isVar && slot !== null && context.kernel) steps.add(`${place.name} = undefined;`);
    return [isVar ? "var " : "let ", place.name, held, ";\n"];
  }
  const box = context.module.names.box(place.name);
  steps.add(`${box} = `, newBox(variable, place, context), ";");
  return ["let ", box, held, ";\n"];
}

/** In direct style, the variables of the function itself are restored where it is entered again. */
export function restoring(slot: number, { box, name }: Storage, context: Context): Doc {
  if (context.restores === null) return [" = ", context.restored(slot)];
  const given = box === null ? name : context.module.names.box(name);
  context.restores.push(`${given} = `, context.slot(slot), ";\n");
  return "";
}

function newBox(variable: Variable, place: Storage, context: Context): Doc {
  if (place.box === "plain") return "{ v: undefined }";
  const constant = variable.kind === "const";
  return `new (${context.helper("Checked")})(${JSON.stringify(variable.name)}, ${constant})`;
}

/** How the boxes of a loop's head go from one iteration to the next. */
export interface Renewal {
  /** Before the loop, whenever it is entered. */
  readonly before: Doc;
  /** In the head of the loop, so that the language makes a variable for each iteration. */
  readonly declaration: Doc;
  /** Before the update: the next iteration gets a box of its own. */
  readonly next: Doc;
  /** Before the first iteration, if a closure in the initialiser has seen the box. */
  readonly first: Doc;
}

export function renewals(node: Node, context: Context): Renewal[] {
  const scope = context.module.scopes.scopeOf.get(node);
  const found: Renewal[] = [];
  for (const variable of scope?.variables.values() ?? []) {
    const place = context.placeOf(variable);
    if (place === undefined || place.box === null || place.slot === null) continue;
    const box = context.module.names.box(place.name);
    const copy = place.box === "plain" ? `{ v: ${box}.v }` : `${box}.next()`;
    // The variable of the loop's head cannot be initialised with the one around it, which it hides.
    const before = context.fresh();
    context.temporaries.push(before);
    found.push({
      before: `${before} = ${box};\n`,
      declaration: `${box} = ${before}`,
      next: `${box} = ${copy}`,
      first: `${box} = ${copy}`,
    });
  }
  return found;
}
