/**
 * A library that knows nothing of fibers, in direct style: acorn, a parser of 6,000 lines with classes, closures and deep
 * recursion. It parses its own text, and a callback that it calls for each token waits.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { Fiber } from "fibril";
import { load, loadDirect } from "./support/load-direct.js";

type Parse = (text: string, options: object) => unknown;

// It comes with the linter. Its CommonJS file is the one that is found; the module stands beside it.
const folder = dirname(createRequire(import.meta.url).resolve("acorn"));
const text = readFileSync(join(folder, "acorn.mjs"), "utf8");
const OPTIONS = { ecmaVersion: 2022, sourceType: "module" };

function jsonOf(tree: unknown): string {
  return JSON.stringify(tree, (_key, value: unknown) =>
    typeof value === "bigint" || value instanceof RegExp ? String(value) : value,
  );
}

test("a parser gives the same tree, outside of a fiber and in one that is suspended at every fortieth token", async () => {
  const plain = await load<{ parse: Parse }>(text, false);
  const direct = await load<{ parse: Parse }>(`"use fibers";\n${text}`, true);
  const expected = jsonOf(plain.parse(text, OPTIONS));
  assert.equal(jsonOf(direct.parse(text, OPTIONS)), expected);

  const { make } = await loadDirect<{ make: (...given: unknown[]) => Fiber }>(`
    export const make = (parse, text, options) => new Fiber(() => {
      let tokens = 0;
      const onToken = () => { if (++tokens % 40 === 0) Fiber.yield(tokens); };
      return parse(text, { ...options, onToken });
    });
  `);
  const fiber = make(direct.parse, text, OPTIONS);
  let suspended = 0;
  let tree: unknown = fiber.resume();
  for (; fiber.alive; suspended++) tree = fiber.resume();
  assert.ok(suspended > 500, `${suspended}`);
  assert.equal(jsonOf(tree), expected);
});
