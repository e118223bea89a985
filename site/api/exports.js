/** What programs can import: every export of every entry point of the package, and where it is declared. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PACKAGE = join(ROOT, "packages/fibril");
export const SRC = join(PACKAGE, "src");

/** The package's entry points, each with its source: `fibril/testing` is `src/testing/index.ts`. */
function entryPoints() {
  const { exports, name } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path, { types }]) => ({
      specifier: name + path.slice(1),
      file: join(SRC, relative("dist", types).replace(/\.d\.ts$/, ".ts")),
    }));
}

function compilerOptions() {
  const { config } = ts.readConfigFile(join(PACKAGE, "tsconfig.json"), (file) =>
    ts.sys.readFile(file),
  );
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, PACKAGE);
  return { ...options, noEmit: true, emitDeclarationOnly: false };
}

/** A program over the sources, and its exports: `{ name, specifier, symbol, file }`. */
export function readExports() {
  const entries = entryPoints();
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    compilerOptions(),
  );
  const checker = program.getTypeChecker();
  const found = [];
  for (const { specifier, file } of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    for (const exported of checker.getExportsOfModule(module)) {
      const symbol =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declared = symbol.declarations[0].getSourceFile().fileName;
      found.push({
        name: exported.name,
        specifier,
        symbol,
        file: relative(SRC, declared),
        isType: (symbol.flags & ts.SymbolFlags.Value) === 0,
      });
    }
  }
  return { checker, exports: found };
}
