/**
 * Tells a program's bundler which statements it may leave out.
 *
 * Bundlers leave out a whole module that is not used, by `sideEffects` in package.json. In a library that
 * is one file they decide for each statement, and keep every call that they meet at the top of it, as
 * well as every class with a static block. In this library a constant's initialiser does nothing but
 * make the constant, and a static block nothing but complete its class: here both are marked so.
 *
 * A class becomes a constant too: with the name inside, because the bundler renames what is declared twice.
 */
import { parseAst } from "rolldown/parseAst";

/** Expressions that may run anything, as far as a bundler knows. */
const RUNS = new Set([
  "CallExpression",
  "ChainExpression",
  "MemberExpression",
  "NewExpression",
  "SpreadElement",
  "TaggedTemplateExpression",
]);
/** What is inside them does not run where they stand. */
const LATER = new Set(["ArrowFunctionExpression", "ClassBody", "FunctionExpression"]);

function children(node) {
  return Object.values(node)
    .flat()
    .filter((child) => typeof child?.type === "string");
}

function runs(node) {
  if (LATER.has(node.type)) return false;
  return RUNS.has(node.type) || children(node).some(runs);
}

function staticBlocks(node) {
  return node.type === "StaticBlock" ? [node] : children(node).flatMap(staticBlocks);
}

/** The code with the marks. It keeps its lines, so that its source map stays true. */
export function annotated(code) {
  const edits = [];
  const insert = (at, text, skipped = 0) => edits.push({ at, text, skipped });
  for (const statement of parseAst(code).body) {
    const declared = statement.declaration ?? statement;
    if (declared.type === "VariableDeclaration" && declared.kind === "const") {
      for (const { id, init } of declared.declarations) {
        if (id.type !== "Identifier" || !runs(init)) continue;
        insert(init.start, "/* @__PURE__ */ (() => (");
        insert(init.end, "))()");
      }
    }
    if (declared.type === "ClassDeclaration")
      insert(declared.start, `const ${declared.id.name} = `);
    for (const block of staticBlocks(declared)) {
      insert(block.start, "static #made = /* @__PURE__ */ (() => ", "static ".length);
      insert(block.end, ")();");
    }
  }
  let marked = code;
  for (const { at, text, skipped } of edits.toSorted((a, b) => b.at - a.at)) {
    marked = marked.slice(0, at) + text + marked.slice(at + skipped);
  }
  return marked;
}
