/** What the second run of the tests leans on: every fast path asks, and says what it copies. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { FAST_PATHS } from "#core/kernel/fast-paths";

const slow = /without-fast-paths/.test(process.env["NODE_OPTIONS"] ?? "");

test("the loader switches the fast paths off, and nothing else does", () => {
  assert.equal(FAST_PATHS, !slow);
});

const COPIES: Readonly<Record<string, number>> = {
  "fiber/join.ts": 1,
  "fiber/machine-ops.ts": 3,
  "kernel/pass-on.ts": 1,
  "kernel/switch.ts": 4,
  "kernel/perform.ts": 3,
  "kernel/wait.ts": 1,
  "schedule/scheduler.ts": 1,
  "schedule/sweep-machines.ts": 1,
  "schedule/turn.ts": 4,
};

test("each fast path names what it copies", async () => {
  for (const [file, count] of Object.entries(COPIES)) {
    const source = new URL(`../../src/core/${file}`, import.meta.url);
    const text = await readFile(source, "utf8");
    assert.equal([...text.matchAll(/^ +\* Copies: /gm)].length, count, file);
  }
});
