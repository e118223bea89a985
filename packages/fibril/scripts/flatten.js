/**
 * Makes what is published out of the sources: `dist/fibril.js`, one file for all modules, and an entry
 * beside it for each of the package's exports; in `dist/slim` the same without the texts of errors. The declarations are the compiler's, a file for each module.
 *
 * One file, because V8 folds a module's own constants into optimised code, but loads an imported one
 * from its cell at every use. An exported one too: so nothing that the library itself uses is exported
 * under its own name, except the public functions and classes.
 *
 * The tests look at internals through `#core/…`. What answers there is not packed, but gives out those of
 * the same file, so that what is tested is what is published.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { parseAst } from "rolldown/parseAst";
import { transformSync } from "rolldown/utils";
import { annotated } from "./pure.js";
import { withoutTexts } from "./slim.js";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const SRC = join(ROOT, "src");
const DIST = join(ROOT, "dist");
const SLIM = join(DIST, "slim");
const ENTRIES = ["index", "extend", "frames", "inspect", "testing/index"];
/** Entries that need a peer and no part of the library: each stays a file of its own. */
const APART = ["cron"];
/** Entries that give the exports of the library other types. */
const RETYPED = ["direct"];
/** Where the bundle's entry would be, if it were a file. */
const VIRTUAL = join(SRC, "\0fibril.js");

/** The settings of tsconfig.base.json that say what code becomes. */
const SETTINGS = {
  target: "es2022",
  sourcemap: true,
  typescript: { onlyRemoveTypeImports: true, removeClassFieldsWithoutInitializer: true },
  assumptions: { setPublicClassFields: true },
  tsconfig: false,
};

/** A module without its types: its code and source map. */
function compiled(file) {
  const { code, map, errors } = transformSync(file, readFileSync(file, "utf8"), SETTINGS);
  if (errors.length > 0) throw new AggregateError(errors, `${file} does not compile`);
  return { code, map };
}

/** The names that a module exports at run time. */
function exportsOf(file) {
  const names = [];
  for (const node of parseAst(compiled(file).code).body) {
    if (node.type === "ExportAllDeclaration") {
      const from = join(dirname(file), node.source.value.replace(/\.js$/, ".ts"));
      if (node.exported !== null) names.push(node.exported.name);
      else names.push(...exportsOf(from));
    }
    if (node.type !== "ExportNamedDeclaration") continue;
    for (const { exported } of node.specifiers) names.push(exported.name);
    if (node.declaration?.type === "VariableDeclaration") {
      for (const { id } of node.declaration.declarations) names.push(id.name);
    } else if (node.declaration) names.push(node.declaration.id.name);
  }
  return names;
}

/** Files below a folder that end so, relative to it. */
function below(folder, ending) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => name.replaceAll("\\", "/"));
}

/** `./` and the path from one folder to a file. */
function path(from, to) {
  const way = relative(from, to).replaceAll("\\", "/");
  return way.startsWith(".") ? way : `./${way}`;
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

// What is left of sources that have been moved or taken away would be published.
for (const name of below(DIST, ".js")) rmSync(join(DIST, name));
for (const name of below(DIST, ".js.map")) rmSync(join(DIST, name));
for (const name of below(DIST, ".d.ts")) {
  if (existsSync(join(SRC, name.replace(/\.d\.ts$/, ".ts")))) continue;
  rmSync(join(DIST, name));
  rmSync(join(DIST, `${name}.map`), { force: true });
}
if (process.argv.includes("--clean")) process.exit();

/** What is public. */
let entries = "";
for (const name of ENTRIES) {
  const names = exportsOf(join(SRC, `${name}.ts`));
  entries += `export { ${names.join(", ")} } from "./${name}.ts";\n`;
  for (const dist of [DIST, SLIM]) {
    const file = join(dist, `${name}.js`);
    const from = path(dirname(file), join(dist, "fibril.js"));
    write(file, `export { ${names.join(", ")} } from "${from}";\n`);
  }
}
let entry = entries;
for (const name of below(SRC, ".ts").filter((name) => /^(?:core|host)\//.test(name))) {
  // Under a second name, because V8 loads also a module's own constant from its cell when it is exported.
  const prefix = `${name.replace(/\.ts$/, "").replaceAll(/\W/g, "$")}$`;
  const names = exportsOf(join(SRC, name));
  if (names.length === 0) continue;
  const imported = names.map((each) => `${each} as $${prefix}${each}`).join(", ");
  entry += `import { ${imported} } from "./${name}";\n`;
  for (const each of names) entry += `export const ${prefix}${each} = $${prefix}${each};\n`;
  const file = join(DIST, name.replace(/\.ts$/, ".js"));
  const from = path(dirname(file), join(DIST, "fibril.js"));
  const given = names.map((each) => `${prefix}${each} as ${each}`).join(", ");
  write(file, `export { ${given} } from "${from}";\n`);
}

/** `replaced`: what stands for the code of some modules. */
async function bundle(
  dir,
  replaced = {},
  { code: entryCode = entry, change = (_, code) => code } = {},
) {
  const bundled = await rolldown({
    input: { fibril: VIRTUAL },
    tsconfig: false,
    checks: { pluginTimings: false },
    resolve: { extensionAlias: { ".js": [".ts"] } },
    // A bit of the state word is a number in the code, not the load of a variable.
    optimization: { inlineConst: { mode: "all", pass: 3 } },
    plugins: [
      {
        name: "sources",
        resolveId: (id) => (id === VIRTUAL ? id : undefined),
        load(id) {
          if (id === VIRTUAL) return { code: entryCode, map: { mappings: "" }, moduleType: "js" };
          const instead = replaced[relative(SRC, id)];
          if (instead !== undefined) return { code: instead, moduleType: "js" };
          const { code, map } = compiled(id);
          return { code: annotated(change(id, code)), map, moduleType: "js" };
        },
      },
    ],
    onLog(level, log, handle) {
      handle(level === "warn" ? "error" : level, log);
    },
  });
  await bundled.write({
    dir,
    format: "esm",
    entryFileNames: "[name].js",
    sourcemap: true,
    sourcemapExcludeSources: true,
  });
  await bundled.close();
}

/** Of an entry with other types, one file that imports the entries whose values it gives out. */
async function retype(name, dir) {
  const bundled = await rolldown({
    input: { [name]: join(SRC, `${name}.ts`) },
    tsconfig: false,
    resolve: { extensionAlias: { ".js": [".ts"] } },
    plugins: [
      {
        name: "entries",
        resolveId(id) {
          const entry = ENTRIES.find((each) => id.endsWith(`./${each}.js`));
          return entry === undefined ? undefined : { id: `./${entry}.js`, external: true };
        },
        load(id) {
          const { code, map } = compiled(id);
          return { code: annotated(code), map, moduleType: "js" };
        },
      },
    ],
  });
  await bundled.write({ dir, format: "esm", entryFileNames: "[name].js" });
  await bundled.close();
}

for (const name of APART) write(join(DIST, `${name}.js`), compiled(join(SRC, `${name}.ts`)).code);
for (const name of RETYPED) for (const dist of [DIST, SLIM]) await retype(name, dist);
await bundle(DIST);
await bundle(
  SLIM,
  { "core/kernel/full-texts.ts": "export const FULL_TEXTS = false;" },
  { code: entries, change: withoutTexts },
);
// For `npm run test:slow-paths`, whose loader puts this file in the place of the other.
if (process.argv.includes("--slow-paths")) {
  await bundle(join(ROOT, "build/slow-paths"), {
    "core/kernel/fast-paths.ts": "export const FAST_PATHS = false;",
  });
}
