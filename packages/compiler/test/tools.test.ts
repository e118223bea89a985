/** Every way to use the compiler, with the real tool. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { transform } from "@fibril/compiler";
import esbuildPlugin from "@fibril/compiler/esbuild";
import rolldownPlugin from "@fibril/compiler/rolldown";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { folderWith, PACKAGE, ROOT } from "./support/folder.js";
import { EXPECTED, JS, say, TS } from "./support/programs.js";

function node(folder: string, ...args: string[]): string {
  return say(folder, process.execPath, ...args);
}

const DIRECT = `"use fibers";
import { run, sleep } from "fibril/direct";
const half: (n: number) => number = (n) => (sleep(1), n / 2);
console.log(await run(() => half(42) + half(42)));
`;

test("node --import @fibril/compiler/register", () => {
  const folder = folderWith({
    "a.mjs": JS,
    "b.ts": TS,
    "c.cjs": JS.replace(/import (.*) from "fibril"/, 'const $1 = require("fibril")'),
  });
  for (const file of ["a.mjs", "b.ts", "c.cjs"]) {
    assert.equal(
      node(folder, "--no-warnings", "--import", "@fibril/compiler/register", file),
      EXPECTED,
      file,
    );
  }
});

const REQUIRED = `const { run, sleep } = require("fibril");
if (process.argv.length > 9) return;
run(function* main() {
  yield* sleep(1);
  console.log(new Error("here").stack.split("\\n")[1].replace(/.*[\\\\/]/, ""), "code" in imported.waits);
});
`;
const IMPORTED = `import { sleep } from "fibril";
export function* waits() {
  yield* sleep(1);
}
`;

test("register compiles what require loads: CommonJS that returns, TypeScript, and modules of either kind", () => {
  const typed = (file: string): string => `const imported: any = require("${file}");\n${REQUIRED}`;
  const folder = folderWith({
    "package.json": "{}",
    "a.cjs": `const imported = require("./imported.js");\n${REQUIRED}`,
    "b.cts": typed("./imported.ts"),
    "c.ts": typed("./exports.ts"),
    "imported.js": IMPORTED,
    "imported.ts": IMPORTED.replace("waits()", "waits(): Generator<any, void, any>"),
    "exports.ts": `enum Color { Red }\nexports.waits = function* (): any { "use fiber"; return Color.Red; };\n`,
  });
  for (const file of ["a.cjs", "b.cts", "c.ts"]) {
    const said = node(folder, "--no-warnings", "--import", "@fibril/compiler/register", file);
    assert.equal(said, `${file}:6:15) true\n`);
  }
  node(folder, join(PACKAGE, "dist/cli.js"), "a.cjs", "b.cts", "c.ts", "-d", "out");
  assert.deepEqual(
    ["a.cjs", "b.cjs", "c.js"].filter((file) => !existsSync(join(folder, "out", file))),
    [],
  );
});

test("in a package of ES modules, register takes no TypeScript for CommonJS", () => {
  const folder = folderWith({
    "package.json": `{ "type": "module" }`,
    "src/a.ts": `// Loads the other module.
const text: string = typeof this;
import("./b.ts").then(({ b }: any) => console.log(text, typeof module, b));
`,
    "src/b.ts": `export const b: number = 2;\n`,
  });
  const said = node(folder, "--no-warnings", "--import", "@fibril/compiler/register", "src/a.ts");
  assert.equal(said, "undefined undefined 2\n");
});

test("a program in direct style, loaded by Node and compiled ahead of time", () => {
  const folder = folderWith({ "src/direct.ts": DIRECT });
  const register = ["--no-warnings", "--import", "@fibril/compiler/register"];
  assert.equal(node(folder, ...register, "src/direct.ts"), "42\n");
  node(folder, join(PACKAGE, "dist/cli.js"), "src", "-d", "out");
  assert.equal(node(folder, "out/direct.js"), "42\n");
});

test("the register loader prints no warning of its own, and leaves those of the program", () => {
  const warns = `${JS}process.emitWarning("of the program", "DeprecationWarning");\n`;
  const folder = folderWith({ "quiet.mjs": JS, "warns.mjs": warns });
  const run = (file: string) =>
    spawnSync(process.execPath, ["--import", "@fibril/compiler/register", file], {
      cwd: folder,
      encoding: "utf8",
      timeout: 60_000,
    });
  assert.deepEqual([run("quiet.mjs").stdout, run("quiet.mjs").stderr], [EXPECTED, ""]);
  assert.match(run("warns.mjs").stderr, /DeprecationWarning: of the program/);
});

test("a file in direct style is not compiled again: its directive has been done", () => {
  const { code } = transform(DIRECT, { file: "direct.ts" });
  assert.doesNotMatch(code, /use fibers/);
  assert.equal(transform(code, { file: "direct.js" }).code, code);
});

test("functions in direct style are explained in the order of the source", () => {
  const text = `"use fibers";\nfunction outer() {\n  const inner = () => 1;\n  return inner();\n}\nconst last = () => outer();\n`;
  const { explanations } = transform(text, { file: "a.js" });
  assert.deepEqual(
    explanations.map(({ name, line, compiled }) => [name, line, compiled]),
    [
      ["outer", 2, true],
      ["inner", 3, true],
      ["last", 6, true],
    ],
  );
});

test("fibril-compile writes JavaScript and source maps, and explains", () => {
  const folder = folderWith({
    "src/a.mjs": JS,
    "src/deep/b.mts": TS,
    "src/c.mjs": "export function* list() { yield 1; }\n",
  });
  const cli = join(PACKAGE, "dist/cli.js");
  const told = node(folder, cli, "src", "-d", "out", "--explain");
  assert.match(told, /src\/a\.mjs:3:1: count: compiled/);
  assert.match(told, /src\/deep\/b\.mts:3:1: count: compiled/);
  assert.equal(node(folder, "out/a.mjs"), EXPECTED);
  assert.equal(node(folder, "out/deep/b.mjs"), EXPECTED);
  assert.ok(existsSync(join(folder, "out/a.mjs.map")));
  for (const [output, input] of [
    ["out/a.mjs", "src/a.mjs"],
    ["out/deep/b.mjs", "src/deep/b.mts"],
  ] as const) {
    const { sources } = JSON.parse(readFileSync(join(folder, `${output}.map`), "utf8")) as {
      sources: string[];
    };
    const found = sources.map((each) => join(folder, dirname(output), each));
    assert.deepEqual(found, [join(folder, input)]);
  }
  assert.equal(
    readFileSync(join(folder, "out/c.mjs"), "utf8"),
    "export function* list() { yield 1; }\n",
  );
});

test("the map of what tsc wrote leads back to the TypeScript", () => {
  const folder = folderWith({
    "src/a.ts": `import { run, sleep } from "fibril";
interface Nothing {
  readonly nothing: true;
}
await run(function* (): Generator<any, Nothing, any> {
  yield* sleep(1);
  throw new Error("here");
});
`,
  });
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const flags = ["--module", "nodenext", "--target", "es2022", "--ignoreConfig", "--sourceMap"];
  execFileSync(tsc, [...flags, "--rootDir", "src", "--outDir", "js", "src/a.ts"], { cwd: folder });
  const fails = (...args: string[]): string => {
    const { stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    return stderr;
  };
  assert.match(fails("--import", "@fibril/compiler/register", "js/a.js"), /src\/a\.ts:7:9/);
  node(folder, join(PACKAGE, "dist/cli.js"), "js", "-d", "out");
  assert.match(fails("--enable-source-maps", "out/a.js"), /src\/a\.ts:7:9/);
  node(folder, join(PACKAGE, "dist/cli.js"), "js", "-d", "out", "--no-map");
  assert.doesNotMatch(readFileSync(join(folder, "out/a.js"), "utf8"), /sourceMappingURL/);
});

test("what the user can mend is one line: a file that is not there, an unknown option", () => {
  const folder = folderWith({});
  const told = (...args: string[]): string => {
    const cli = join(PACKAGE, "dist/cli.js");
    const { status, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 2);
    assert.doesNotMatch(stderr, /\n./, "no stack");
    return stderr;
  };
  assert.match(told("nowhere", "-d", "out"), /^fibril-compile: ENOENT.*nowhere/);
  assert.match(told("nowhere", "-d", ""), /^fibril-compile: --out names no folder/);
  assert.match(told("--fast"), /^fibril-compile: Unknown option '--fast'/);
});

test("a file is imported by the name of its output", () => {
  const folder = folderWith({
    "src/a.mts": `import { b } from "./deep/b.ts";
import type { T } from "./types.d.ts";
export * from './c.mts';
export { c as again } from "./c.mts";
import { run, sleep } from "fibril";
const text: T = "./deep/b.ts";
await run(function* () {
  yield* sleep(1);
  const { c } = await_(import("./c.mts"));
  const same = [import.meta.resolve("./c.mts"), new URL(\`./c.mts\`, import.meta.url).href];
  console.log(b, text, typeof c, typeof await_(import(\`./c.mts\`)), same.map((each) => each.slice(-6)));
});
function await_(given: Promise<unknown>): any { return given; }
throw new Error("here");
`,
    "src/deep/b.ts": `export { c as b } from "../c.mts";\n`,
    "src/c.mts": `export const c: number = 3;\n`,
    "src/d.cts": `const { e } = require("./e.cts");\nconsole.log(e, require.resolve("./e.cts").slice(-6));\n`,
    "src/e.cts": `exports.e = 5 as number;\n`,
    "src/types.d.ts": "export type T = string;\n",
    "src/f.mjs": `import { c } from "./c.mts";\nconsole.log(c);\n`,
    "src/no-javascript.js": `<p>"./c.ts"</p> + \n`,
  });
  node(folder, join(PACKAGE, "dist/cli.js"), "src", "-d", "out");
  const args = ["--no-warnings", "--enable-source-maps", "out/a.mjs"];
  const ran = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  assert.equal(ran.stdout, "3 ./deep/b.ts undefined object [ '/c.mjs', '/c.mjs' ]\n", ran.stderr);
  assert.match(ran.stderr, /a\.mts:14:7/);
  assert.equal(node(folder, "out/d.cjs"), "5 /e.cjs\n");
  assert.equal(node(folder, "out/f.mjs"), "3\n");
});

test("two files with the same output are refused before anything is written", () => {
  const folder = folderWith({ "one/a.ts": TS, "two/a.mjs": JS, "two/a.js": "", "two/b.ts": "" });
  const cli = join(PACKAGE, "dist/cli.js");
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [cli, ...args], { cwd: folder, encoding: "utf8" });
  const { status, stderr } = run("one/a.ts", "two", "-d", "out");
  const output = join("out", "a.js");
  assert.equal(
    stderr,
    `fibril-compile: one/a.ts and ${join("two", "a.js")} would both be written to ${output}\n`,
  );
  assert.deepEqual([status, existsSync(join(folder, "out"))], [2, false]);
  // In place, the output of the first time is no second source.
  for (let n = 0; n < 2; n++) assert.equal(run("two", "-d", "two").status, 0);
  assert.equal(run("one/a.ts", "./one/a.ts", "-d", "out").status, 0);
});

test("the name of a source map is a URL", () => {
  const folder = folderWith({
    "src/a 50%.mjs": JS.replace('return "end"', 'throw new Error("here")'),
  });
  node(folder, join(PACKAGE, "dist/cli.js"), "src", "-d", "out");
  const args = ["--enable-source-maps", "out/a 50%.mjs"];
  const { stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
  assert.match(stderr, /src[\\/]a 50%\.mjs:\d+:\d+/);
});

test("a syntax error points at the source", () => {
  const folder = folderWith({
    "a.mjs": 'import "fibril";\nfunction* f() {\n  yield yield\n  = 1;\n}\n',
  });
  assert.throws(
    () =>
      execFileSync(process.execPath, [join(PACKAGE, "dist/cli.js"), "a.mjs", "-d", "out"], {
        cwd: folder,
        stdio: "pipe",
      }),
    /a\.mjs:\d+:\d+: /,
  );
});

for (const [name, text] of [
  ["a.mjs", JS],
  ["b.ts", TS],
] as const) {
  test(`esbuild bundles ${name}`, async () => {
    const folder = folderWith({ [name]: text });
    const outfile = join(folder, "out.mjs");
    await build({
      entryPoints: [join(folder, name)],
      bundle: true,
      format: "esm",
      platform: "node",
      outfile,
      plugins: [esbuildPlugin()],
      logLevel: "error",
    });
    assert.equal(node(folder, outfile), EXPECTED);
  });

  test(`rolldown bundles ${name}`, async () => {
    const folder = folderWith({ [name]: text });
    const bundle = await rolldown({
      input: join(folder, name),
      platform: "node",
      plugins: [rolldownPlugin() as never],
    });
    await bundle.write({ file: join(folder, "out.mjs"), format: "esm" });
    await bundle.close();
    assert.equal(node(folder, join(folder, "out.mjs")), EXPECTED);
  });
}
