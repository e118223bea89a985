/** The list of names, for rules without types, against the library's own types. */
import assert from "node:assert/strict";
import { dirname, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { NODE_OP_FUNCTIONS, OP_FUNCTIONS } from "#plugin/names";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** The exported functions that give an op or a generator of ops. */
function opFunctions(module: string): string[] {
  const file = fileURLToPath(module).replace(/\.js$/, ".d.ts");
  const program = ts.createProgram([file], {
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    types: ["node"],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const exported = source && checker.getSymbolAtLocation(source);
  assert.ok(exported, `no module in ${dirname(file)}`);
  return checker
    .getExportsOfModule(exported)
    .filter((one) => {
      const symbol = (one.flags & ts.SymbolFlags.Alias) === 0 ? one : checker.getAliasedSymbol(one);
      const signatures = checker.getTypeOfSymbol(symbol).getCallSignatures();
      return signatures.some((signature) => {
        const result = checker.typeToString(signature.getReturnType());
        return /^(Op|Waitable|Routine|Generator)</.test(result);
      });
    })
    .map((one) => one.name);
}

for (const [module, listed, known] of [
  [import.meta.resolve("fibril"), OP_FUNCTIONS, "sleep"],
  [import.meta.resolve("@fibril/node"), NODE_OP_FUNCTIONS, "exec"],
  [import.meta.resolve("@fibril/node/ws"), NODE_OP_FUNCTIONS, "openWebSocket"],
] as const) {
  test(`every exported function of ${relative(ROOT, fileURLToPath(module))} that gives an op is listed`, () => {
    const found = opFunctions(module);
    assert.ok(found.includes(known), found.join());
    assert.deepEqual(
      found.filter((name) => !listed.has(name)),
      [],
    );
  });
}
