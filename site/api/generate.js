/**
 * Writes the reference, docs/api, with TypeDoc. TypeDoc sees one module for each page, which exports what the page is
 * about; so its links go from page to page.
 *
 *     node site/api/generate.js [folder]
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { format } from "oxfmt";
import { Application } from "typedoc";
import ts from "typescript";
import { paths, readExports, ROOT } from "./exports.js";
import { GROUPS, pagesOf } from "./pages.js";
import { defineTheme, MEMBER, summaryOf } from "./theme.js";

const CACHE = join(ROOT, "site/.cache/api");

function entryOf(folder, { page, exports }) {
  const file = join(folder, `${page}.ts`);
  const lines = exports.map(({ name, symbol, file: declared, source }) => {
    // Programs see the core's class `Fiber` under another type of its constructor. The reference describes the class.
    const ofCore = declared === "fiber.ts" && name === "Fiber";
    const from = ofCore ? join(dirname(source), "core/fiber/fiber.ts") : source;
    const path = relative(dirname(file), from);
    return `export { ${symbol.name === name ? name : `${symbol.name} as ${name}`} } from "${path}";`;
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `/**\n * @module ${page}\n */\n${lines.join("\n")}\n`);
  return file;
}

const exports = readExports();
const pages = pagesOf(exports);
const out = process.argv[2] ?? join(ROOT, "docs/api");
const project = await written(pages, ["node"]);
// The core's types for what hosts have, such as AnyAbortSignal, stand for what they find. They find no host here.
const ofCore = pages.filter(({ exports }) => !exports[0].specifier.startsWith("@"));
await written(ofCore, []);

/** Writes pages as a program with these types sees them. */
async function written(some, types) {
  // A folder for each program, because TypeDoc remembers what it has read.
  const folder = join(CACHE, types.join() || "bare");
  rmSync(folder, { recursive: true, force: true });
  const entryPoints = some.map((page) => entryOf(folder, page));
  const tsconfig = join(folder, "tsconfig.json");
  const compilerOptions = {
    composite: false,
    isolatedModules: false,
    noEmit: true,
    paths,
    skipLibCheck: true,
    types,
    verbatimModuleSyntax: false,
  };
  const base = relative(folder, join(ROOT, "tsconfig.base.json"));
  writeFileSync(tsconfig, JSON.stringify({ extends: base, compilerOptions, files: entryPoints }));
  const app = await Application.bootstrapWithPlugins({
    entryPoints,
    tsconfig,
    plugin: ["typedoc-plugin-markdown"],
    router: "module",
    readme: "none",
    disableSources: true,
    excludeInternal: true,
    excludePrivate: true,
    excludeProtected: true,
    excludeExternals: true,
    sort: ["source-order"],
    useCodeBlocks: true,
    expandObjects: true,
    expandParameters: true,
    theme: "reference",
    logLevel: "Warn",
    cleanOutputDir: some === pages,
    out,
  });
  defineTheme(app, describe);
  const found = await app.convert();
  if (found === undefined || app.logger.hasErrors()) process.exit(1);
  await app.generateOutputs(found);
  if (app.logger.hasErrors()) process.exit(1);
  return found;
}

/** What a page is about, for the theme. */
function describe(name) {
  const page = pages.find((one) => one.page === name);
  // TypeDoc's text of a type leaves out what a type alias needs to be read: its source is better.
  const sources = page.exports
    .map(({ name, symbol }) => [name, symbol.declarations.find(ts.isTypeAliasDeclaration)])
    .filter(([name, node]) => node && name !== "Fiber")
    .map(([name, node]) => [name, node.getText().replace(/^export /, "")]);
  return { ...page, specifier: page.exports[0].specifier, sources: new Map(sources) };
}

/** Formats the declarations of a page. Those of members are formatted as the body of a class. */
async function tidied(text) {
  const blocks = [...text.matchAll(/^```ts (declaration|member)\n([^]*?)\n```$/gm)];
  for (const [block, mark, code] of blocks) {
    const member = mark === MEMBER;
    const source = member
      ? `declare class A {\n${code}\n}`
      : code.replace(/^(?=\w+: )/, "const ").replace(/^(function|class|const)/gm, "declare $1");
    const { code: result, errors } = await format("a.ts", source, { printWidth: 84 });
    if (errors.length > 0) throw new Error(`${errors[0].message} in\n${source}`);
    const lines = result.trimEnd().split("\n");
    const tidy = member
      ? lines
          .slice(1, -1)
          .map((line) => line.replace(/^ {2}/, ""))
          .join("\n")
      : lines
          .join("\n")
          .replace(/^declare /gm, "")
          .replace(/ \{\}$/, "");
    text = text.replace(block, () => `\`\`\`ts\n${tidy}\n\`\`\``);
  }
  return text;
}

for (const { page } of pages) {
  const file = join(out, `${page}.md`);
  writeFileSync(file, await tidied(readFileSync(file, "utf8")));
}

/** The first page: each group with its pages, and the first sentence of what they are about. */
const modules = new Map(project.children.map((module) => [module.name, module]));
const filled = GROUPS.filter(({ id }) => pages.some(({ group }) => group.id === id));
const lines = filled.flatMap(({ id, title, about }) => [
  `\n## ${title}\n\n${about}\n`,
  ...pages.filter(({ group }) => group.id === id).map((page) => indexLine(page)),
]);

function indexLine({ page, title, exports }) {
  const values = exports.filter(({ isType }) => !isType);
  const { children } = modules.get(page);
  const named = (values.length > 0 ? values : exports).map(({ name }) => `\`${name}\``);
  const first = children.find(({ name }) => name === title);
  if (first === undefined) return `- [${title}](${page}.md): ${named.join(", ")}.`;
  const [sentence = ""] = /^[^]*?[.:](?=\s[A-Z\n]|\s*$)/.exec(summaryOf(first)) ?? [];
  const others = named.filter((name) => name !== `\`${title}\``);
  const also = others.length > 0 ? ` Also: ${others.join(", ")}.` : "";
  return `- [${title}](${page}.md): ${sentence.replace(/:$/, ".").replaceAll(/\s+/g, " ")}${also}`;
}

writeFileSync(
  join(out, "README.md"),
  `# API reference

Every name that programs can import, by subject. \`npm run api\` writes these pages from the comments in the sources.
An **op** is what \`yield*\` waits for in a fiber. Everything else is a plain call and never waits. Times are in
milliseconds.
${lines.join("\n")}
`,
);
