/** Prints a file: what is compiled in its new form, and everything else as it was. */
import { analyseScopes } from "../analysis/scopes.js";
import type { StorageMap } from "../analysis/storage.js";
import { Suspensions } from "../analysis/suspensions.js";
import { childrenOf, isGenerator, type Node } from "../syntax/ast.js";
import { Context, LeftAlone, type ModuleContext } from "./context.js";
import type { Doc } from "./doc.js";
import { printGenerator } from "./function.js";
import { Names } from "./names.js";
import { printStatements } from "./print.js";
import { PRINTERS } from "./statements.js";

export interface PrintedModule {
  readonly doc: Doc;
  /** Every generator function: undefined if it was compiled, otherwise why it was not. */
  readonly outcomes: ReadonlyMap<Node, string | undefined>;
}

/** `prologue` imports the helpers. It stands after the directives, on the line of the first statement. */
export function printModule(
  program: Node,
  source: string,
  prologue: (helpers: ReadonlySet<string>, names: Names) => string,
): PrintedModule {
  const scopes = analyseScopes(program);
  const generators = new Set<Node>();
  const visit = (node: Node): void => {
    if (isGenerator(node)) generators.add(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program);
  const starts = [...generators].map((each) => each.start).sort((a, b) => a - b);
  const places: StorageMap = new Map();
  const outcomes = new Map<Node, string | undefined>();

  const module: ModuleContext = {
    source,
    scopes,
    names: new Names(source),
    places,
    helpers: new Set(),
    compiled(node) {
      if (!generators.has(node) || outcomes.get(node) !== undefined) return null;
      const before = new Set(places.keys());
      try {
        const doc = printGenerator(node, outer);
        outcomes.set(node, undefined);
        return doc;
      } catch (error) {
        if (!(error instanceof LeftAlone)) throw error;
        for (const variable of places.keys()) if (!before.has(variable)) places.delete(variable);
        outcomes.set(node, error.message);
        return null;
      }
    },
    changesIn(start, end) {
      if (starts.some((each) => each >= start && each < end)) return true;
      for (const { variable, box, name } of places.values()) {
        if (box === null && name === variable.name) continue;
        if (variable.references.some(({ node }) => node.start >= start && node.end <= end)) return true;
      }
      return false;
    },
  };
  const outer = new Context(module, PRINTERS, program, new Suspensions(null), 0, false);
  const lead = (): Doc => prologue(module.helpers, module.names);
  return { doc: printStatements(program, outer, lead) as Doc, outcomes };
}
