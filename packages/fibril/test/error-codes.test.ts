/** The guide to errors has each code once, and no other. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { FiberErrorCode } from "fibril";

const ROOT = new URL("../../../../", import.meta.url);
const GUIDE = readFileSync(new URL("docs/guides/errors.md", ROOT), "utf8");
const SOURCE = readFileSync(new URL("packages/fibril/src/core/kernel/errors.ts", ROOT), "utf8");

function declared(): string[] {
  const [, union = ""] = /export type FiberErrorCode =([^;]*);/.exec(SOURCE) ?? [];
  return [...union.matchAll(/"([\w-]+)"/g)].map(([, code = ""]) => code);
}

/** The rows of the tables under "All codes": a code first, then what to do about it. */
function explained(): [code: string, text: string][] {
  const [, tables = ""] = GUIDE.split("## All codes");
  return [...tables.matchAll(/^\| `([\w-]+)` *\|(.*)\|$/gm)].map(([, code = "", text = ""]) => [
    code,
    text,
  ]);
}

test("the union of the codes is found", () => {
  const known: FiberErrorCode = "op-not-run";
  assert.ok(declared().includes(known));
});

test("every code is explained, once", () => {
  const codes = explained().map(([code]) => code);
  assert.deepEqual(codes.toSorted(), declared().toSorted());
});

for (const [code, text] of explained()) {
  test(`${code}: the guide says more than a word`, () => {
    assert.match(text, /\w+ \w+ \w+ .*\./);
  });
}
