/**
 * The snippets of the rules' pages and of the README. They compile; each line that says `// wrong` is reported by
 * the rule of its page, no other line is, and no rule reports one that says `// right`.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as parser from "@typescript-eslint/parser";
import { ESLint, type Linter } from "eslint";
import fibril, { type RuleName } from "eslint-plugin-fibril";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
mkdirSync(join(PACKAGE, "build"), { recursive: true });
// In the package, so that fibril and the plugin are found by their names.
const FOLDER = mkdtempSync(join(PACKAGE, "build/documents-"));
after(() => rmSync(FOLDER, { recursive: true, force: true }));

/** What the reader of a page takes for granted. */
const GIVEN: Readonly<Record<RuleName, string>> = {
  "no-await-op": `
import { createScope, type Routine, run, sleep } from "fibril";
function* load(id: number): Routine<void> { yield* sleep(id); }`,
  "no-bare-yield": `
import { sleep, until } from "fibril";
const url = "data:,";`,
  "no-generator-closure-in-loop": `
import { sleep, spawn } from "fibril";`,
  "no-swallowed-cancelled": `
import { Cancelled, type Routine, sleep } from "fibril";
function* fetchOnce(): Routine<void> { yield* sleep(1); }`,
  "no-wait-in-finally": `
import { defer, type Op, type Routine, shield, sleep } from "fibril";
interface Socket { close(): Op<void> }
function* serve(_: Socket): Routine<void> { yield* sleep(1); }
function* close(socket: Socket): Routine<void> { yield* socket.close(); }`,
  "require-yield-star": `
import { type Routine, sleep } from "fibril";
function* load(id: number): Routine<number> { yield* sleep(id); return id; }
function* connected(): Routine<boolean> { yield* sleep(1); return true; }`,
  "use-fibers": `
import { sleep } from "fibril/direct";`,
};

const fenced = (path: string, language: string): string[] =>
  [
    ...readFileSync(join(PACKAGE, path), "utf8").matchAll(
      new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"),
    ),
  ].map(([, code]) => code as string);

const NAMES = Object.keys(fibril.rules) as RuleName[];
for (const name of NAMES) {
  // In one line, so that the lines of a report are those of the page's snippet, and one more.
  const given = GIVEN[name].trim().replaceAll("\n", " ");
  const code = fenced(`docs/rules/${name}.md`, "ts").join("");
  // A directive stays the first of the file.
  const [, directive = "", rest = ""] = /^("use fibers";)?([^]*)$/.exec(code) ?? [];
  writeFileSync(join(FOLDER, `${name}.ts`), `${directive}${given}\n${rest}export {};\n`);
}
writeFileSync(
  join(FOLDER, "tsconfig.json"),
  JSON.stringify({
    compilerOptions: {
      target: "es2022",
      lib: ["es2023", "esnext.disposable", "dom"],
      module: "nodenext",
      moduleDetection: "force",
      types: [],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    },
    include: ["*.ts"],
  }),
);

const typed: Linter.Config = {
  files: ["**/*.ts"],
  languageOptions: {
    parser,
    parserOptions: { project: "./tsconfig.json", tsconfigRootDir: FOLDER },
  },
};
const untyped: Linter.Config = { files: ["**/*.ts"], languageOptions: { parser } };

async function lint(file: string, ...config: Linter.Config[]): Promise<Linter.LintMessage[]> {
  const overrideConfig = [fibril.configs.recommended, ...config];
  const eslint = new ESLint({ cwd: FOLDER, overrideConfigFile: true, overrideConfig });
  const results = await eslint.lintFiles([file]);
  return results.flatMap(({ messages }) => messages);
}

const covers = ({ endLine, line }: Linter.LintMessage, marked: number): boolean =>
  line <= marked && marked <= (endLine ?? line);

test("the snippets of the rules' pages compile", () => {
  const tsc = join(PACKAGE, "node_modules/typescript/bin/tsc");
  try {
    execFileSync(process.execPath, [tsc, "-p", FOLDER], { encoding: "utf8" });
  } catch (error) {
    assert.fail((error as { stdout: string }).stdout);
  }
});

for (const name of NAMES) {
  for (const [how, config] of [
    ["with types", typed],
    ["without types", untyped],
  ] as const) {
    test(`${name}: what its page calls wrong is reported, ${how}`, async () => {
      const lines = readFileSync(join(FOLDER, `${name}.ts`), "utf8").split("\n");
      const marked = (mark: string): number[] =>
        lines.flatMap((text, index) => {
          if (!text.includes(`// ${mark}`)) return [];
          if (config === untyped && text.endsWith("(seen with types)")) return [];
          // Alone in its line, it stands for the line that opens its block.
          return [text.trim().startsWith("//") ? index : index + 1];
        });
      const found = await lint(`${name}.ts`, config);
      const byIt = found.filter(({ ruleId }) => ruleId === `fibril/${name}`);
      const wrong = marked("wrong");
      assert.ok(wrong.length > 0 && marked("right").length > 0);
      for (const line of wrong) {
        assert.ok(
          byIt.some((each) => covers(each, line)),
          lines[line - 1],
        );
      }
      for (const each of byIt) {
        assert.ok(
          wrong.some((line) => covers(each, line)),
          `${each.message}: ${lines[each.line - 1]}`,
        );
      }
      for (const line of marked("right")) {
        assert.deepEqual(
          found.filter((each) => covers(each, line)),
          [],
        );
      }
    });
  }
}

test("ESLint takes the README's configuration, with types", async () => {
  const [code = ""] = fenced("README.md", "js");
  // It needs the parser alone of typescript-eslint, which is no dependency here.
  const stand = code.replace(
    'import tseslint from "typescript-eslint";',
    'import * as parser from "@typescript-eslint/parser";\nconst tseslint = { parser };',
  );
  assert.notEqual(stand, code);
  const file = join(FOLDER, "eslint.config.js");
  writeFileSync(file, stand);
  const { default: config } = (await import(pathToFileURL(file).href)) as {
    default: Linter.Config[];
  };
  writeFileSync(
    join(FOLDER, "method.ts"),
    'import { Channel } from "fibril";\nexport function* work(jobs: Channel<string>) {\n  jobs.receive();\n}\n',
  );
  const eslint = new ESLint({ cwd: FOLDER, overrideConfigFile: true, overrideConfig: config });
  const results = await eslint.lintFiles(["method.ts"]);
  assert.deepEqual(
    results.flatMap(({ messages }) => messages.map(({ line, ruleId }) => `${ruleId}:${line}`)),
    ["fibril/require-yield-star:3"],
  );
});

test("the README's configuration of oxlint has the recommended rules", () => {
  const [code = ""] = fenced("README.md", "json");
  const { jsPlugins, rules } = JSON.parse(code) as { jsPlugins: string[]; rules: object };
  assert.deepEqual(jsPlugins, ["eslint-plugin-fibril"]);
  assert.deepEqual(rules, fibril.configs.recommended.rules);
});
