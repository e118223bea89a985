/** Claims about the types of direct style are checked by the build: here, that wrong ones do not pass. */
import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { test } from "node:test";
import { noTsc, programFolder, typeErrorsIn } from "./support/type-check.ts";

const CLAIMS = new URL("../../test/support/direct-claims.ts", import.meta.url);

const WRONG = [
  // Both find an op where there is one.
  "exactly<OpsIn<{ readonly acquire: () => Op<void>; readonly locked: boolean }>, never>();",
  "exactly<OpsIn<typeof import('fibril')>, never>();",
  "exactly<OpsIn<direct.Channel<number>>, 'receive'>();",
  "exactly<ReturnType<direct.Channel<number>['receive']>, string>();",
  "exactly<ReturnType<direct.Channel<number>['receive']>, any>();",
  "exactly<ReturnType<typeof node.connect>, Op<node.Connection>>();",
];

test("what is claimed holds, and each wrong claim is an error", { skip: noTsc }, async (t) => {
  const claims = await readFile(CLAIMS, "utf8");
  const folder = await programFolder(claims + WRONG.join("\n"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const lines = [...(await typeErrorsIn(folder)).matchAll(/app\.ts\((\d+),/g)];
  const first = claims.split("\n").length;
  assert.deepEqual(
    lines.map(([, line]) => Number(line)),
    WRONG.map((_wrong, index) => first + index),
  );
});
