/** `fibril/direct` has what `fibril` has, and each of its functions does in direct style what its types say. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fibril from "fibril";
import * as direct from "fibril/direct";
import type { Use } from "./support/direct-uses/use.js";
import { load } from "./support/load-direct.js";

/** What is only for code with `yield*`. */
const NOT_THERE: Readonly<Record<string, string>> = {
  call: "is called `called`, because a call in direct style needs nothing before it",
  routine:
    "wraps a generator function, so that a call of it has a frame: a call in direct style has one",
};
/** What is only for direct style. */
const ONLY_THERE = ["called", "wait"];

test("everything that fibril exports has a counterpart in fibril/direct, or a reason", () => {
  const missing = Object.keys(fibril).filter((name) => !(name in direct) && !(name in NOT_THERE));
  assert.deepEqual(missing, []);
  const more = Object.keys(direct).filter((name) => !(name in fibril));
  assert.deepEqual(more, ONLY_THERE);
  for (const name of Object.keys(direct)) {
    if (ONLY_THERE.includes(name)) continue;
    const [one, other] = [Reflect.get(direct, name), Reflect.get(fibril, name)] as unknown[];
    assert.equal(one, other, name);
  }
});

const used: string[] = [];
for (const file of ["waiting", "structure", "between", "policies"]) {
  test(`the programs of ${file}`, async (context) => {
    const url = new URL(`./support/direct-uses/${file}.js`, import.meta.url);
    const text = readFileSync(url, "utf8");
    const { uses } = await load<{ uses: Readonly<Record<string, Use>> }>(text, true);
    for (const [name, { by, gives }] of Object.entries(uses)) {
      used.push(name);
      await context.test(name, async () => {
        assert.deepEqual(await fibril.run(() => fibril.failAfter(10_000, by as never)), gives);
      });
    }
  });
}

test("each export of fibril/direct is used", () => {
  assert.deepEqual(used.toSorted(), Object.keys(direct).toSorted());
});
