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
import { readExports, ROOT, SRC } from "./exports.js";
import { GROUPS, pagesOf } from "./pages.js";
import { defineTheme, MEMBER, summaryOf } from "./theme.js";

const CACHE = join(ROOT, "site/.cache/api");

function entryOf({ page, exports }) {
  const file = join(CACHE, `${page}.ts`);
  const lines = exports.map(({ name, symbol, file: declared }) => {
    // Programs see the core's class `Fiber` under another type of its constructor. The reference describes the class.
    const from = declared === "fiber.ts" && name === "Fiber" ? "core/fiber/fiber.ts" : declared;
    const path = relative(dirname(file), join(SRC, from));
    return `export { ${symbol.name === name ? name : `${symbol.name} as ${name}`} } from "${path}";`;
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `/**\n * @module ${page}\n */\n${lines.join("\n")}\n`);
  return file;
}

const { exports } = readExports();
const pages = pagesOf(exports);
rmSync(CACHE, { recursive: true, force: true });
const entryPoints = pages.map(entryOf);
const out = process.argv[2] ?? join(ROOT, "docs/api");
writeFileSync(
  join(CACHE, "tsconfig.json"),
  JSON.stringify({
    extends: relative(CACHE, join(ROOT, "tsconfig.base.json")),
    compilerOptions: {
      composite: false,
      isolatedModules: false,
      noEmit: true,
      verbatimModuleSyntax: false,
    },
    files: entryPoints,
  }),
);

const app = await Application.bootstrapWithPlugins({
  entryPoints,
  tsconfig: join(CACHE, "tsconfig.json"),
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
  out,
});
defineTheme(app, (name) => {
  const page = pages.find((one) => one.page === name);
  // TypeDoc's text of a type leaves out what a type alias needs to be read: its source is better.
  const sources = page.exports
    .map(({ name, symbol }) => [name, symbol.declarations.find(ts.isTypeAliasDeclaration)])
    .filter(([name, node]) => node && name !== "Fiber")
    .map(([name, node]) => [name, node.getText().replace(/^export /, "")]);
  return { ...page, specifier: page.exports[0].specifier, sources: new Map(sources) };
});
const project = await app.convert();
if (project === undefined || app.logger.hasErrors()) process.exit(1);
await app.generateOutputs(project);
if (app.logger.hasErrors()) process.exit(1);

/** Formats the declarations of a page. Those of members are formatted as the body of a class. */
async function tidied(text) {
  const blocks = [...text.matchAll(/^```ts (declaration|member)\n([^]*?)\n```$/gm)];
  for (const [block, mark, code] of blocks) {
    const member = mark === MEMBER;
    const source = member
      ? `declare class A {\n${code}\n}`
      : code.replace(/^(function|class|const)/gm, "declare $1");
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
const lines = GROUPS.flatMap(({ id, title, about }) => [
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
