/**
 * Steps: a list of statements in which some suspend. Re-entry skips what lies before the point of re-entry.
 *
 *     if ($pc === 0) { … }              statements before a suspension
 *     if ($pc <= 3) { … }               a statement with the points up to 3
 *     …                                 what follows the last suspension needs no guard
 */
import type { Storage } from "../analysis/storage.js";
import type { Node } from "../syntax/ast.js";
import type { Context } from "./context.js";
import type { Doc } from "./doc.js";
import { printReturn } from "./exits.js";

export interface Step {
  readonly doc: Doc;
  /** The last suspension point inside; 0 if there is none. */
  readonly high: number;
  /** For a bare suspension point: what is printed where it suspends, and where it is entered again. */
  readonly point?: { readonly leave: Doc; readonly enter: Doc };
  readonly call?: Call;
}

/** In direct style, a point is a call. Its result is in `$value`, also when it is entered again. */
interface Call {
  /** Where the call stands in the source. */
  readonly place: number;
  readonly call: Doc;
  /** What is restored before the result is taken. */
  readonly restores: readonly Doc[];
  /** What is done with a call that has suspended, and with what is entered again. */
  readonly asked: Doc;
  readonly back: Doc;
  /** What is done with both. */
  readonly after: Doc;
}

export class Steps {
  readonly list: Step[] = [];

  add(...doc: Doc[]): void {
    this.list.push({ doc, high: 0 });
  }

  addSuspending(doc: Doc, high: number): void {
    this.list.push({ doc, high });
  }

  addPoint(leave: Doc, enter: Doc, high: number): void {
    this.list.push({ doc: "", high, point: { leave, enter } });
  }

  addCall(call: Call, high: number): void {
    this.list.push({ doc: "", high, call });
  }
}

/** Prints steps with their guards. */
export function sequence(steps: Steps, context: Context): Doc {
  const { pc } = context;
  const { list } = steps;
  const last = list.findLastIndex((step) => step.high > 0);
  const out: Doc[] = [];
  let group: Doc[] = [];
  list.forEach((step, index) => {
    if (step.high === 0) {
      if (index > last) out.push(step.doc, "\n");
      else group.push(step.doc, "\n");
      return;
    }
    let { doc } = step;
    if (step.call !== undefined) doc = printCall(step.call, group, context);
    else if (step.point !== undefined) {
      doc = [
        `if (${context.starts}) {\n`,
        group,
        step.point.leave,
        "\n} else {\n",
        step.point.enter,
        "\n}",
      ];
    } else if (group.length > 0) {
      out.push(`if (${context.starts}) {\n`, group, "}\n");
    }
    group = [];
    out.push(index === last ? doc : [`if (${pc} <= ${step.high}) {\n`, doc, "\n}"], "\n");
  });
  return out;
}

function printCall(
  { place, call, restores, asked, back, after }: Call,
  group: readonly Doc[],
  context: Context,
): Doc {
  const { pc, starts, value } = context;
  const result = `${context.helper("back")}(${pc} = 0)`;
  if (group.length + restores.length === 0 && asked === "") {
    return [{ place }, `${value} = ${starts} ? `, call, ` : ${result};`, after];
  }
  return [
    `if (${starts}) {\n`,
    group,
    { place },
    `${value} = `,
    call,
    ";",
    asked,
    { place: null },
    "\n} else {\n",
    restores,
    `${value} = ${result};`,
    back,
    "\n}",
    after,
  ];
}

/**
 * A suspension at a point. `leave` starts the op, and then saves the variables: the code is not entered before it has
 * returned.
 */
export function suspend(
  node: Node,
  steps: Steps,
  context: Context,
  leave: (saves: Doc, leaving: Doc) => Doc,
): void {
  const number = context.high(node);
  const { pc, how, value, frame } = context;
  const saves: Doc[] = [`${frame}.pc = ${number};`];
  for (const place of context.inScope(node)) {
    const slot = context.slot(place.slot as number);
    if (place.live.has(node)) {
      const name = place.box === null ? place.name : context.module.names.box(place.name);
      saves.push(" ", slot, ` = ${name};`);
    } else if (holdsSomething(place)) saves.push(" ", slot, " = undefined;");
  }
  const restores: Doc[] = [`${pc} = 0;`];
  for (const { name, slot } of context.kept) saves.push(" ", context.slot(slot), ` = ${name};`);
  for (const { name, slot } of context.held) {
    saves.push(" ", context.slot(slot), ` = ${name};`);
    restores.push(` ${name} = `, context.slot(slot), ";");
  }
  saves.push(() => (context.slots.overflows ? ` ${frame}.d = ${context.more};` : ""));
  const leaving = context.guards.map((guard) => `${guard} `);
  steps.addPoint(
    leave(saves, leaving),
    [
      restores,
      `\nif (${how} === 2) throw ${value};\nif (${how} === 3) `,
      printReturn(value, context),
    ],
    number,
  );
}

/** Whether a slot may hold something that is no longer needed. */
function holdsSomething({ live, variable }: Storage): boolean {
  return live.size > 0 || variable.kind === "param";
}
