/**
 * What is produced for small functions: `fixtures/golden/<name>.js` gives `<name>.out.js`. A reader sees there what the
 * compiler does. `FIBRIL_WRITE_GOLDEN=1` writes the outputs anew.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { transform } from "@fibril/compiler";
import { PACKAGE } from "./support/folder.js";

const FOLDER = join(PACKAGE, "test/fixtures/golden");

for (const name of readdirSync(FOLDER).filter((each) => !each.endsWith(".out.js"))) {
  test(`the output for ${name}`, () => {
    const source = readFileSync(join(FOLDER, name), "utf8");
    const { code } = transform(source, { file: name, all: name.startsWith("generator-") });
    const expected = join(FOLDER, name.replace(/\.js$/, ".out.js"));
    if (process.env["FIBRIL_WRITE_GOLDEN"] !== undefined) writeFileSync(expected, code);
    assert.equal(code, readFileSync(expected, "utf8"));
  });
}
