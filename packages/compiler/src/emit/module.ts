/** Prints a file: what is compiled in its new form, and everything else as it was. */
import { chooseRoutines } from "../analysis/choose.js";
import { analyseScopes } from "../analysis/scopes.js";
import { Places } from "../analysis/places.js";
import { Suspensions } from "../analysis/suspensions.js";
import { chooseDirect } from "../direct/choose.js";
import { printDirect } from "../direct/function.js";
import { argumentsIn } from "../direct/arguments.js";
import { Points } from "../direct/points.js";
import type { Node } from "../syntax/ast.js";
import { Context, type Form, LeftAlone, type ModuleContext } from "./context.js";
import type { Doc } from "./doc.js";
import { printClosure, printRoutine, standsAlone } from "./function.js";
import { Names } from "./names.js";
import { printStatements } from "./print.js";
import { PRINTERS } from "./statements.js";

export interface PrintedModule {
  readonly doc: Doc;
  /** Every generator function: undefined if it was compiled, otherwise why it was not. */
  readonly outcomes: ReadonlyMap<Node, string | undefined>;
  /** The first place in direct style that cannot be compiled. */
  readonly refused: LeftAlone | null;
}

/** What the file needs before its first statement. */
export interface Needs {
  readonly helpers: ReadonlySet<string>;
  readonly names: Names;
  readonly hasRoutines: boolean;
}

/** `prologue` imports the helpers. It stands after the directives, on the line of the first statement. */
export function printModule(
  program: Node,
  source: string,
  all: boolean,
  prologue: (needs: Needs) => string,
): PrintedModule {
  const scopes = analyseScopes(program);
  const chosen = chooseRoutines(program, scopes);
  const places = new Places(source.length);
  const outcomes = new Map<Node, string | undefined>();
  const forms = new Map<Node, Form>();
  const direct = chooseDirect(program);
  const points = new Points(scopes, direct);
  const renamed = argumentsIn(direct, scopes, points);
  let refused: LeftAlone | null = null;
  let hasRoutines = false;

  const module: ModuleContext = {
    source,
    scopes,
    names: new Names(source),
    places,
    slots: new Map(),
    helpers: new Set(),
    formOf: (node) => forms.get(node),
    pointsOf: (fn) => points.of(fn),
    isTail: (call) => points.tails.has(call),
    isQuiet: (fn) => points.isQuiet(fn),
    renamesArguments: (fn) => renamed.functions.has(fn),
    isRenamed: (node) => renamed.names.has(node),
    compiled(node, asExpression = false) {
      const form = forms.get(node);
      if (form === undefined || outcomes.get(node) !== undefined) return null;
      const mark = places.mark();
      try {
        const doc =
          form === "routine"
            ? printRoutine(node, outer, asExpression)
            : form === "direct"
              ? printDirect(node, outer, asExpression)
              : printClosure(node, outer, asExpression, form === "closure");
        if (form === "routine" || form === "closure") hasRoutines = true;
        outcomes.set(node, undefined);
        return doc;
      } catch (error) {
        if (!(error instanceof LeftAlone)) throw error;
        places.release(mark);
        if (form === "direct") refused ??= error;
        if ((form === "routine" || form === "closure") && all) {
          forms.set(node, "generator");
          return module.compiled(node, asExpression);
        }
        outcomes.set(node, error.message);
        return null;
      }
    },
    changesIn: (start, end) => places.changesIn(start, end),
  };
  for (const [node, reason] of chosen) {
    if (reason === undefined) forms.set(node, standsAlone(node, module) ? "routine" : "closure");
    else if (all) forms.set(node, "generator");
    else outcomes.set(node, reason);
  }
  for (const fn of direct) forms.set(fn, "direct");
  for (const { start } of [...forms.keys(), ...renamed.names, ...points.tails])
    places.change(start);
  const outer = new Context(module, PRINTERS, program, new Suspensions([]), 0, false);
  const lead = (): Doc => prologue({ helpers: module.helpers, names: module.names, hasRoutines });
  const doc = printStatements(program, outer, lead) as Doc;
  return { doc, outcomes, refused };
}
