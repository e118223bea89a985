/**
 * Runs tests of this repository compiled: by default a part of the library's, which takes half a minute; with `--all`
 * those of the library, of @fibril/node and of the examples.
 *
 *     node packages/compiler/scripts/suites.js [--all]
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { all: { type: "boolean", default: false } } });
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDERS = ["packages/fibril/build/test", "packages/node/build/test", "examples/build/test"];
const PART =
  /^(contract-.*|depth|frames|channel|select|mutex|combine|resource|values|task-(scope|park|suspend|spawn-join|errors|strand|grace))\.test\.js$/;
/** Tests that start other programs of this repository, or look at its files, and not at the running of fibers. */
const OTHER = /^(copies|documents|layers|package|snippets|exports|once|structure-order)\.test\.js$/;

const folders = values.all ? FOLDERS : FOLDERS.slice(0, 1);
const files = folders.flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".test.js") && !OTHER.test(name))
    .filter((name) => values.all || PART.test(name))
    .map((name) => join(ROOT, folder, name)),
);
const { status } = spawnSync(
  process.execPath,
  [
    "--import",
    import.meta.resolve("@fibril/compiler/register"),
    "--enable-source-maps",
    "--expose-gc",
    "--no-warnings",
    "--test",
    "--test-timeout=600000",
    "--test-concurrency=2",
    ...files,
  ],
  { cwd: ROOT, stdio: "inherit" },
);
process.exitCode = status ?? 1;
