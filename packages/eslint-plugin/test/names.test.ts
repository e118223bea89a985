/** The list of names, for rules without types, against the library's own types. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { OP_FUNCTIONS } from "#plugin/names";

/** The exported functions that give an op or a generator of ops. */
function opFunctions(): string[] {
  const file = fileURLToPath(import.meta.resolve("fibril")).replace(/\.js$/, ".d.ts");
  const program = ts.createProgram([file], {
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    types: [],
  });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  assert.ok(module, `no module in ${dirname(file)}`);
  return checker
    .getExportsOfModule(module)
    .filter((exported) => {
      const symbol =
        (exported.flags & ts.SymbolFlags.Alias) === 0
          ? exported
          : checker.getAliasedSymbol(exported);
      const signatures = checker.getTypeOfSymbol(symbol).getCallSignatures();
      return signatures.some((signature) => {
        const result = checker.typeToString(signature.getReturnType());
        return /^(Op|Waitable|Routine|Generator)</.test(result);
      });
    })
    .map((exported) => exported.name);
}

test("every exported function that gives an op is listed", () => {
  const found = opFunctions();
  assert.ok(found.includes("sleep"), found.join());
  assert.deepEqual(
    found.filter((name) => !OP_FUNCTIONS.has(name)),
    [],
  );
});
