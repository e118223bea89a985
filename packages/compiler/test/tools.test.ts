/** Every way to use the compiler, with the real tool. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import esbuildPlugin from "@fibril/compiler/esbuild";
import rolldownPlugin from "@fibril/compiler/rolldown";
import { build } from "esbuild";
import { rolldown } from "rolldown";
import { folderWith, PACKAGE } from "./support/folder.js";

const JS = `
import { Fiber } from "fibril";
function* count(n) {
  for (let i = 0; i < n; i++) yield* Fiber.yield(i);
  return "end";
}
const f = new Fiber(count);
console.log(f.resume(2), f.resume(), f.resume(), count.code !== undefined);
`;
const TS = JS.replace("count(n)", "count(n: number): Generator<any, string, any>").replace(
  "count.code",
  "(count as any).code",
);
const EXPECTED = "0 1 end true\n";

function node(folder: string, ...args: string[]): string {
  return execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
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

test("a program in direct style, loaded by Node and compiled ahead of time", () => {
  const folder = folderWith({ "src/direct.ts": DIRECT });
  const register = ["--no-warnings", "--import", "@fibril/compiler/register"];
  assert.equal(node(folder, ...register, "src/direct.ts"), "42\n");
  node(folder, join(PACKAGE, "dist/cli.js"), "src", "-d", "out");
  assert.equal(node(folder, "out/direct.js"), "42\n");
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
