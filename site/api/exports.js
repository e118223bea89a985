/** What programs can import: every export of every entry point of the packages, and where it is declared. */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The packages that the reference is about. A later one may import an earlier one. */
const PACKAGES = ["packages/fibril", "packages/node"].map((path) => join(ROOT, path));

/** A package's entry points, each with its source: `fibril/testing` is `src/testing/index.ts`. */
function entryPoints(folder) {
  const { exports, name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return Object.entries(exports)
    .filter(([, target]) => typeof target === "object")
    .map(([path, { types }]) => ({
      specifier: name + path.slice(1),
      file: join(folder, "src", relative("dist", types).replace(/\.d\.ts$/, ".ts")),
    }));
}

/** Where the packages find each other's sources, so that what one declares is the same in all. */
export const paths = Object.fromEntries(
  PACKAGES.flatMap(entryPoints).map(({ specifier, file }) => [specifier, [file]]),
);

function compilerOptions(folder) {
  const { config } = ts.readConfigFile(join(folder, "tsconfig.json"), (file) =>
    ts.sys.readFile(file),
  );
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, folder);
  return { ...options, paths, noEmit: true, emitDeclarationOnly: false, composite: false };
}

/** The exports of all packages: `{ name, specifier, symbol, checker, source, file, isType }`. */
export function readExports() {
  return PACKAGES.flatMap(exportsOf);
}

function exportsOf(folder) {
  const src = join(folder, "src");
  const entries = entryPoints(folder);
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    compilerOptions(folder),
  );
  const checker = program.getTypeChecker();
  const seen = new Set();
  const all = entries.flatMap(({ specifier, file }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file));
    return checker.getExportsOfModule(module).map((exported) => {
      const symbol =
        exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const source = symbol.declarations[0].getSourceFile().fileName;
      const isType = (symbol.flags & ts.SymbolFlags.Value) === 0;
      return {
        name: exported.name,
        specifier,
        symbol,
        checker,
        source,
        file: relative(src, source),
        isType,
      };
    });
  }); // What several entries have is documented with the first of them.
  return all.filter(({ symbol }) => !seen.has(symbol) && seen.add(symbol));
}
