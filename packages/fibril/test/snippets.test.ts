/**
 * Every TypeScript snippet of the documents and of the doc comments compiles, and runs. A call with a
 * literal in a comment behind it, as in `counter.resume(5); // 6`, is a claim, and is checked.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as fibril from "fibril";
import * as testing from "fibril/testing";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const OUT = join(ROOT, "packages/fibril/build/snippets");
const TYPES = "Op, type Routine, type Scope";
// `Event` is the host's, in a snippet that does not say otherwise.
const NAMES = Object.keys(fibril).filter((name) => name !== "Scope" && name !== "Event");
const IMPORTS = `import { ${NAMES.join(", ")}, type ${TYPES} } from "fibril";
import { checkScheduled, gatherer, type Listener, NOT_YET, putBack, readerOn } from "fibril/extend";
import { frames, KILL, perform, performCall, performPark, performTransfer, performYieldNow, RAISE, RETURN, START, SUSPEND } from "fibril/frames";
import { sourcePositions } from "fibril/inspect";
import { ${Object.keys(testing).join(", ")} } from "fibril/testing";
`;
/** The name of the file that a snippet is, for snippets that import each other: `// prices.ts`. */
const FILE = /^\/\/ ([\w-]+(?:\.test)?)\.ts\n/;
const CLAIM = /^(?!\s*(?:const|let|return|throw|yield|\/\/))(\s*)(\S.*);\s+\/\/ (\S.*)$/;

function sources(): string[] {
  const all = (folder: string, ending: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      // The reference is made from the doc comments, whose snippets run where they are written.
      .filter((name) => name.endsWith(ending) && !name.startsWith("api/"))
      .map((name) => join(folder, name));
  return [
    "README.md",
    "packages/fibril/README.md",
    "packages/lab/README.md",
    "CONTRIBUTING.md",
    ...all("docs", ".md"),
    ...all("packages/fibril/src", ".ts"),
    ...all("packages/node/src", ".ts"),
  ];
}

/** The snippets of a file, each with its line. */
function snippets(path: string): { line: number; code: string }[] {
  const found: { line: number; code: string }[] = [];
  let open: { line: number; code: string } | undefined;
  for (const [index, text] of readFileSync(join(ROOT, path), "utf8").split("\n").entries()) {
    const bare = path.endsWith(".ts") ? text.replace(/^\s*\* ?/, "") : text;
    if (open === undefined && bare.trim() === "```ts") open = { line: index + 1, code: "" };
    else if (open !== undefined && bare.trim() === "```") {
      found.push(open);
      open = undefined;
    } else if (open !== undefined) open.code += `${bare}\n`;
  }
  return found;
}

function literal(text: string): boolean {
  return /^(-?[\d_.]+|"[^"]*"|true|false|undefined|\[[^\]]*\])$/.test(text);
}

/** What begins a snippet in direct style, which is compiled before it runs. */
const DIRECTIVE = '"use fibers";\n';

/** A module: its imports, and its claims as assertions. */
function moduleOf(code: string): string {
  // The directive of a module stays the first.
  if (code.startsWith(DIRECTIVE)) return DIRECTIVE + moduleOf(code.slice(DIRECTIVE.length));
  const lines = code.split("\n").map((line) => {
    const claim = CLAIM.exec(line);
    if (claim === null || !literal(claim[3] as string)) return line;
    return `${claim[1]}assert.deepEqual(${claim[2]}, ${claim[3]});`;
  });
  const claims = lines.join("\n");
  // A line of a routine, shown without the routine around it.
  const body = /^\S.*\byield\*|^yield\*/m.test(claims)
    ? `await run(function* () {\n${claims}\n});`
    : claims;
  const imports = /^import /m.test(body) ? "" : IMPORTS;
  const asserts = /^import assert /m.test(body) ? "" : 'import assert from "node:assert/strict";\n';
  // The last line claims nothing: it uses the import of `assert`, which is an error where no claim of the
  // snippet does. A snippet fails by not compiling, by throwing, or by a claim of its own.
  return `${asserts}${imports}${body}\nassert.ok(true);\n`;
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
const modules: { title: string; file: string }[] = [];
for (const path of sources()) {
  for (const { line, code } of snippets(path)) {
    const name = FILE.exec(code)?.[1] ?? `${basename(path).replace(/\W/g, "-")}-${line}`;
    writeFileSync(join(OUT, `${name}.ts`), moduleOf(code));
    modules.push({ title: `${path}:${line}`, file: join(OUT, `${name}.js`) });
  }
}
writeFileSync(
  join(OUT, "tsconfig.json"),
  JSON.stringify({
    extends: "../../../../tsconfig.base.json",
    compilerOptions: {
      composite: false,
      declaration: false,
      declarationMap: false,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      types: ["node"],
      skipLibCheck: true,
    },
    include: ["*.ts"],
  }),
);

test(`${modules.length} snippets compile`, () => {
  assert.ok(modules.length > 10);
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  try {
    execFileSync(tsc, ["-p", OUT], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    assert.fail((error as { stdout: string }).stdout);
  }
});

test("the snippets in direct style are compiled", async () => {
  // The compiler is built after this package, which does not depend on it.
  const name = "@fibril/compiler";
  const { transform } = (await import(name)) as {
    transform: (text: string, options: { file: string }) => { code: string };
  };
  let count = 0;
  for (const { file } of modules) {
    const text = readFileSync(file, "utf8");
    if (!text.startsWith(DIRECTIVE)) continue;
    writeFileSync(file, transform(text, { file }).code);
    count++;
  }
  assert.ok(count > 5);
});

for (const { title, file } of modules) {
  test(`${title} runs`, async () => {
    await import(pathToFileURL(file).href);
  });
}
