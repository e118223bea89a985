/** The plugin as users have it: its configuration in ESLint, its documents, and oxlint. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { ESLint, type Linter } from "eslint";
import fibril from "eslint-plugin-fibril";

const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const MISTAKES = `import { sleep, spawn } from "fibril";
function* nap() {
  yield* sleep(1);
}
export async function plain() {
  await nap();
}
export function* work() {
  sleep(1);
  yield sleep(2);
  nap();
  try {
    yield* nap();
  } catch {
  } finally {
    yield* nap();
  }
  for (const ms of [1, 2]) spawn(function* () { yield* sleep(ms); });
}
`;
const FOUND = [
  "no-await-op:6",
  "no-bare-yield:10",
  "no-generator-closure-in-loop:18",
  "no-swallowed-cancelled:14",
  "no-wait-in-finally:16",
  "require-yield-star:11",
  "require-yield-star:9",
];

test("the recommended configuration has every rule, and ESLint takes it in one line", async () => {
  const config: Linter.Config[] = [fibril.configs.recommended];
  const eslint = new ESLint({ overrideConfigFile: true, overrideConfig: config });
  const [result] = await eslint.lintText(MISTAKES, { filePath: "work.js" });
  const found = result?.messages.map(({ line, ruleId }) => `${ruleId?.slice(7)}:${line}`);
  assert.deepEqual(found?.toSorted(), FOUND);
  assert.deepEqual(
    Object.keys(fibril.configs.recommended.rules),
    Object.keys(fibril.rules).map((name) => `fibril/${name}`),
  );
});

test("every rule has its page, and the README names it", () => {
  const pages = readdirSync(join(PACKAGE, "docs/rules"));
  assert.deepEqual(
    pages.toSorted(),
    Object.keys(fibril.rules)
      .map((name) => `${name}.md`)
      .toSorted(),
  );
  const readme = readFileSync(join(PACKAGE, "README.md"), "utf8");
  for (const [name, { meta }] of Object.entries(fibril.rules)) {
    assert.ok(readme.includes(`](docs/rules/${name}.md)`), name);
    assert.ok(meta.docs.url.endsWith(`/docs/rules/${name}.md`));
    const page = readFileSync(join(PACKAGE, "docs/rules", `${name}.md`), "utf8");
    assert.ok(page.startsWith(`# fibril/${name}\n\n${meta.docs.description}`), `${name}.md`);
  }
});

test("the version is that of the package", () => {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8"));
  assert.equal(fibril.meta.version, version);
});

const OXLINT = fileURLToPath(new URL("../../node_modules/.bin/oxlint", `file://${PACKAGE}`));

test("oxlint loads it and finds by names what ESLint finds", { skip: !existsSync(OXLINT) }, () => {
  // In the package, so that the plugin is found by its name.
  const folder = mkdtempSync(join(PACKAGE, "build/oxlint-"));
  try {
    const rules = fibril.configs.recommended.rules;
    const config = {
      jsPlugins: ["eslint-plugin-fibril"],
      categories: { correctness: "off" },
      rules,
    };
    writeFileSync(join(folder, ".oxlintrc.json"), JSON.stringify(config));
    writeFileSync(join(folder, "work.ts"), MISTAKES);
    const found = oxlint(folder, "--format=json");
    const codes = JSON.parse(found).diagnostics.map(
      (each: { code: string; labels: { span: { line: number } }[] }) =>
        `${/\((.*)\)/.exec(each.code)?.[1]}:${each.labels[0]?.span.line}`,
    );
    assert.deepEqual(codes.toSorted(), FOUND, found);
    oxlint(folder, "--fix");
    assert.match(
      readFileSync(join(folder, "work.ts"), "utf8"),
      /^ {2}yield\* sleep\(1\);\n {2}yield\* sleep\(2\);$/m,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function oxlint(folder: string, option: string): string {
  try {
    const args = [OXLINT, "-c", ".oxlintrc.json", "--no-ignore", option, "work.ts"];
    return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  } catch (error) {
    // It ends with 1 when it has found something.
    return (error as { stdout: string }).stdout;
  }
}
