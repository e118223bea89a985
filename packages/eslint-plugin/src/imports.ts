/** Edits that need a name of Fibril's in scope. */
import { AST_NODE_TYPES } from "@typescript-eslint/types";
import type { TSESLint, TSESTree } from "@typescript-eslint/utils";
import type { Context, Node } from "./rule.js";

interface Imported {
  /** What the name is called in this file. */
  readonly local: string;
  /** What brings it in, if it is not there yet. */
  readonly edits: (fixer: TSESLint.RuleFixer) => TSESLint.RuleFix[];
}

/** A name of Fibril's at a place; null where the place knows that name for something else. */
export function importing(context: Context, name: string, at: Node): Imported | null {
  const declarations = context.sourceCode.ast.body.filter(isImportOfValues);
  for (const each of declarations.flatMap((declaration) => declaration.specifiers)) {
    if (each.type !== AST_NODE_TYPES.ImportSpecifier || each.importKind === "type") continue;
    const { imported, local } = each;
    if (imported.type === AST_NODE_TYPES.Identifier && imported.name === name) {
      return isFree(context, local.name, at, each) ? { local: local.name, edits: () => [] } : null;
    }
  }
  if (!isFree(context, name, at, null)) return null;
  const named = declarations
    .flatMap((declaration) => declaration.specifiers)
    .findLast((each) => each.type === AST_NODE_TYPES.ImportSpecifier);
  const [first] = context.sourceCode.ast.body;
  return {
    local: name,
    edits: (fixer) => {
      if (named !== undefined) return [fixer.insertTextAfter(named, `, ${name}`)];
      const line = `import { ${name} } from "fibril";\n`;
      return [
        first === undefined
          ? fixer.insertTextBeforeRange([0, 0], line)
          : fixer.insertTextBefore(first, line),
      ];
    },
  };
}

function isImportOfValues(node: Node): node is TSESTree.ImportDeclaration {
  return (
    node.type === AST_NODE_TYPES.ImportDeclaration &&
    node.source.value === "fibril" &&
    node.importKind !== "type"
  );
}

/** Whether a name means at a place what the specifier declares, or nothing yet. */
export function isFree(context: Context, name: string, at: Node, meant: Node | null): boolean {
  let scope: TSESLint.Scope.Scope | null = context.sourceCode.getScope(at);
  for (; scope !== null; scope = scope.upper) {
    const definition = scope.set.get(name)?.defs[0];
    if (definition !== undefined) return definition.node === meant;
  }
  return meant === null;
}
