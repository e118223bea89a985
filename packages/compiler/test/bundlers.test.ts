/**
 * The tools that are too large to be installed with the workspace: `.ci/run` installs them elsewhere.
 * `FIBRIL_COMPILER_TOOLS` names the folder whose `node_modules` has vite, rollup, webpack, rspack, Deno and Bun.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import bunPlugin from "@fibril/compiler/bun";
import rollupPlugin from "@fibril/compiler/rollup";
import rspackPlugin from "@fibril/compiler/rspack";
import vitePlugin from "@fibril/compiler/vite";
import webpackPlugin from "@fibril/compiler/webpack";
import { folderWith, PACKAGE } from "./support/folder.js";
import { EXPECTED, JS, say, TS } from "./support/programs.js";

const TOOLS = process.env["FIBRIL_COMPILER_TOOLS"];

function has(path: string): { skip: string | false } {
  if (TOOLS === undefined) return { skip: "FIBRIL_COMPILER_TOOLS names no folder" };
  return { skip: existsSync(join(TOOLS, "node_modules", path)) ? false : `no ${path} in ${TOOLS}` };
}

async function load(name: string): Promise<any> {
  const require = createRequire(join(TOOLS as string, "package.json"));
  return await import(pathToFileURL(require.resolve(name)).href);
}

function said(folder: string, file: string): string {
  return say(folder, process.execPath, file);
}

test("vite builds", has("vite"), async () => {
  const folder = folderWith({ "b.ts": TS });
  const { build } = await load("vite");
  await build({
    root: folder,
    logLevel: "error",
    configFile: false,
    plugins: [vitePlugin()],
    build: { ssr: "b.ts", outDir: "out", rollupOptions: { output: { entryFileNames: "b.mjs" } } },
    ssr: { noExternal: true },
  });
  assert.equal(said(folder, "out/b.mjs"), EXPECTED);
});

test("rollup bundles, with the packages left outside", has("rollup"), async () => {
  const folder = folderWith({ "a.mjs": JS });
  const { rollup } = await load("rollup");
  const bundle = await rollup({
    input: join(folder, "a.mjs"),
    plugins: [rollupPlugin()],
    external: [/fibril/],
  });
  try {
    await bundle.write({ file: join(folder, "out.mjs"), format: "esm" });
  } finally {
    await bundle.close();
  }
  assert.equal(said(folder, "out.mjs"), EXPECTED);
});

/** webpack and rspack have the same interface. */
for (const [name, packageName, plugin] of [
  ["webpack", "webpack", webpackPlugin],
  ["rspack", "@rspack/core", rspackPlugin],
] as const) {
  test(`${name} bundles`, has(packageName), async () => {
    const folder = folderWith({ "a.mjs": JS });
    const tool = await load(packageName);
    const compiler = (tool.rspack ?? tool.default)({
      context: folder,
      mode: "none",
      target: "node",
      entry: "./a.mjs",
      output: { path: join(folder, "out"), filename: "a.cjs" },
      plugins: [plugin()],
    });
    const stats: any = await new Promise((resolve, reject) => {
      compiler.run((error: Error | null, done: unknown) => {
        compiler.close(() => {
          if (error === null) resolve(done);
          else reject(error);
        });
      });
    });
    assert.deepEqual(stats.toJson({ all: false, errors: true }).errors, []);
    assert.equal(said(folder, "out/a.cjs"), EXPECTED);
  });
}

test("Bun bundles, and compiles what it loads", has(".bin/bun"), () => {
  assert.equal(typeof bunPlugin, "function");
  const plugin = 'import fibril from "@fibril/compiler/bun";\n';
  const folder = folderWith({
    "b.ts": TS,
    "build.mjs": `${plugin}await Bun.build({ entrypoints: ["b.ts"], outdir: "out", target: "bun", plugins: [fibril()] });`,
    "preload.mjs": `${plugin}Bun.plugin(fibril());`,
  });
  const bun = join(TOOLS as string, "node_modules/.bin/bun");
  say(folder, bun, "build.mjs");
  assert.equal(say(folder, bun, "out/b.js"), EXPECTED);
  assert.equal(say(folder, bun, "--preload", "./preload.mjs", "b.ts"), EXPECTED);
});

test("Deno runs what fibril-compile writes", has(".bin/deno"), () => {
  const folder = folderWith({ "src/b.mts": TS });
  say(folder, process.execPath, join(PACKAGE, "dist/cli.js"), "src", "-d", "out");
  const deno = join(TOOLS as string, "node_modules/.bin/deno");
  const args = ["run", "--allow-all", "--no-check", "--node-modules-dir=manual", "out/b.mjs"];
  assert.equal(say(folder, deno, ...args), EXPECTED);
});
