/** The package's types in a program that says nothing of Node's types to its compiler, which takes none by itself. */
import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { test } from "node:test";
import { noTsc, programFolder, typeErrorsIn } from "./support/type-check.ts";

const PROGRAM = `
import { run } from "fibril";
import { connect, readText, reply, serve } from "@fibril/node";

await run(function* () {
  const server = yield* serve({ port: 0 }, function* (request) {
    return reply(yield* readText(request));
  });
  using _nothing = { [Symbol.dispose]() {} };
  const connection = yield* connect({ port: server.port });
  const size: number | undefined = (yield* connection.read())?.byteLength;
  return size;
});
`;

test("a strict program compiles without a list of types", { skip: noTsc }, async (t) => {
  const folder = await programFolder(PROGRAM);
  t.after(() => rm(folder, { recursive: true, force: true }));
  assert.equal(await typeErrorsIn(folder, { skipLibCheck: false }), "");
});
