/** A program that TypeScript has checked against `fibril/direct` does what its types say. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { run } from "fibril";
import type * as program from "./support/direct-program.js";
import { load } from "./support/load-direct.js";

const file = new URL("./support/direct-program.js", import.meta.url);

test("a typed program: items, locks, messages, limits, coroutines", async () => {
  const { bank, counter, limits, messages, total, woken } = await load<typeof program>(
    readFileSync(file, "utf8"),
    true,
  );
  assert.equal(await run(total as never, [1, 2, 3]), 60);
  assert.equal(await run(bank as never), 6);
  assert.deepEqual(await run(messages as never), ["one", 3, "number", 2]);
  assert.deepEqual(await run(woken as never), ["good morning", false]);
  assert.deepEqual(await run(limits as never), ["routine 1", "in time", 5]);
  const fiber = counter();
  assert.deepEqual([fiber.resume(1), fiber.resume(5)], [1, 6]);
});
