/** `@fibril/node/direct` has what `@fibril/node` has, and each function does in direct style what its types say. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { call, Channel, failAfter, type Routine, run, spawn } from "fibril";
import * as node from "@fibril/node";
import * as direct from "@fibril/node/direct";
import * as ws from "@fibril/node/ws";
import * as wsDirect from "@fibril/node/ws/direct";

/** Compiled here, because the compiler is built after this package, which does not depend on it. */
async function loadCompiled(...names: string[]): Promise<Readonly<Record<string, any>>> {
  const compiler = "@fibril/compiler";
  const { transform } = (await import(compiler)) as {
    transform: (text: string, options: { file: string }) => { code: string };
  };
  const folder = mkdtempSync(fileURLToPath(new URL("../direct-", import.meta.url)));
  after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of names) {
    const text = readFileSync(new URL(`./support/${name}`, import.meta.url), "utf8");
    writeFileSync(join(folder, name), transform(text, { file: name }).code);
  }
  return import(pathToFileURL(join(folder, names[0] as string)).href);
}

/** What a function results in. Then its servers are closed. */
function* resultOf(by: () => never): Routine<unknown, never> {
  const results = new Channel<unknown>(1);
  const program = spawn("program", function* () {
    yield* results.send(yield* call(by));
  });
  const result = yield* failAfter(20_000, () => results.receive());
  yield* program.cancel("it has ended", { grace: 2_000 });
  return result;
}

test("each export has a counterpart in direct style, which is the same value", () => {
  assert.deepEqual({ ...direct }, { ...node });
  assert.deepEqual({ ...wsDirect }, { ...ws });
});

test("each is used", async (context) => {
  const { uses } = await loadCompiled("direct-uses.js", "direct-job.js");
  const names = [...Object.keys(direct), ...Object.keys(wsDirect)];
  assert.deepEqual(Object.keys(uses).toSorted(), names.toSorted());
  for (const [name, { by, gives }] of Object.entries<{ by: never; gives: unknown }>(uses)) {
    await context.test(name, async () => {
      assert.deepEqual(await run(resultOf, by), gives);
    });
  }
});
