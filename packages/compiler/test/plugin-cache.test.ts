/** A plugin that is asked again for a text, as bundlers do in watch mode, gives what it has. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import esbuildPlugin from "@fibril/compiler/esbuild";
import rollupPlugin from "@fibril/compiler/rollup";
import { context } from "esbuild";
import { folderWith } from "./support/folder.js";
import { EXPECTED, JS, say, TS } from "./support/programs.js";

interface Output {
  readonly code: string;
  readonly map: object;
}

/** The function by which a bundler asks a new plugin. */
function asks(): (text: string, id: string) => Output {
  const plugin = rollupPlugin() as unknown as {
    transform: { handler: (text: string, id: string) => Output };
  };
  // It uses nothing of the bundler.
  return (text, id) => plugin.transform.handler.call({} as never, text, id);
}

test("the same text of a file is not compiled again, a changed one is", () => {
  const ask = asks();
  const first = ask(JS, "/a.mjs");
  // A text that is compiled again has a source map of its own.
  assert.equal(ask(JS, "/a.mjs").map, first.map);
  const changed = ask(`${JS}// more\n`, "/a.mjs");
  assert.match(changed.code, /\/\/ more\n/);
  assert.notEqual(changed.map, first.map);
  assert.equal(ask(`${JS}// more\n`, "/a.mjs").map, changed.map);
  assert.doesNotMatch(ask(JS, "/a.mjs").code, /\/\/ more\n/);
});

test("files and plugins with the same text are apart", () => {
  const ask = asks();
  const first = ask(JS, "/a.mjs");
  assert.notEqual(ask(JS, "/b.mjs").map, first.map);
  assert.notEqual(asks()(JS, "/a.mjs").map, first.map);
});

test("a rebuild has the changed text", async () => {
  const folder = folderWith({ "a.mjs": JS });
  const outfile = join(folder, "out.mjs");
  const building = await context({
    entryPoints: [join(folder, "a.mjs")],
    bundle: true,
    format: "esm",
    platform: "node",
    outfile,
    plugins: [esbuildPlugin()],
    logLevel: "error",
  });
  try {
    await building.rebuild();
    assert.equal(say(folder, process.execPath, outfile), EXPECTED);
    writeFileSync(join(folder, "a.mjs"), JS.replace('"end"', '"changed"'));
    await building.rebuild();
    assert.equal(say(folder, process.execPath, outfile), EXPECTED.replace("end", "changed"));
  } finally {
    await building.dispose();
  }
});

test("a file is compiled under a name with a query, as Vite gives to the script of a worker", () => {
  const { transform } = rollupPlugin() as unknown as {
    transform: { filter: { id: { include: RegExp } } };
  };
  const { include } = transform.filter.id;
  const ids = ["/a.ts", "/a.ts?worker_file&type=module", "/a.mjs?v=1"];
  assert.deepEqual(
    ids.filter((id) => !include.test(id)),
    [],
  );
  assert.equal(include.test("/a.css?inline"), false);
  assert.equal(asks()(TS, "/a.ts?worker_file&type=module").code, asks()(TS, "/a.ts").code);
});
