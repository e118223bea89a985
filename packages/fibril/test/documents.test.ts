/** Every link from one document of the repository to another leads to a file, and to a heading of it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const LINK = /\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g;

function markdownIn(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: folder === "docs", encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
}

const documents = [
  ".",
  ".changeset",
  ".github",
  "docs",
  "packages/fibril",
  "packages/fibril/test",
  "packages/lab",
  "packages/node",
  "packages/compiler",
  "packages/eslint-plugin",
  "packages/eslint-plugin/docs/rules",
  "examples",
].flatMap(markdownIn);

/** A document without its code, in which brackets are no links and a # is no heading. */
function prose(path: string): string {
  return readFileSync(path, "utf8").replace(/^```[^]*?^```/gm, "");
}

/** The anchors of a document, as GitHub makes them of its headings: it numbers those that are alike. */
function anchors(path: string): Set<string> {
  const found = new Set<string>();
  const times = new Map<string, number>();
  for (const [, heading = ""] of prose(path).matchAll(/^#+ (.+)$/gm)) {
    const bare = heading.toLowerCase().replace(/[^\p{Letter}\p{Number}_ -]/gu, "");
    const anchor = bare.replaceAll(" ", "-");
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    found.add(before === 0 ? anchor : `${anchor}-${before}`);
  }
  return found;
}

test("the documents are found", () => {
  for (const name of ["README.md", "CONTRIBUTING.md", "docs/scheduling.md"]) {
    assert.ok(documents.includes(name), `${name} is missing`);
  }
});

for (const document of documents) {
  test(`the links of ${document} lead somewhere`, () => {
    const path = join(ROOT, document);
    for (const [link, target = "", anchor] of prose(path).matchAll(LINK)) {
      const file = target === "" ? path : resolve(dirname(path), target);
      assert.ok(existsSync(file), `${link}: there is no such file`);
      if (anchor === undefined || !file.endsWith(".md")) continue;
      assert.ok(anchors(file).has(anchor), `${link}: there is no such heading`);
    }
  });
}

for (const table of ["scenarios.md", "scenarios-kit.md"]) {
  test(`the tests that ${table} names are there`, () => {
    const named = prose(`packages/fibril/test/${table}`).matchAll(/`([\w-]+\.test\.ts)`/g);
    const missing = [...named].filter(
      ([, name = ""]) => !existsSync(join(ROOT, "packages/fibril/test", name)),
    );
    assert.deepEqual(missing, []);
  });
}

test("CONTRIBUTING.md names each test that can run a larger number of cases", () => {
  const commands = readFileSync(join(ROOT, "CONTRIBUTING.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("FIBRIL_"))
    .map((line) => {
      const [, list, suffix = ""] = /\/test\/(?:\{(.*?)\}(.*?)|.*?)\.test\.js/.exec(line) ?? [];
      const [, one] = /\/test\/([\w-]+)\.test\.js/.exec(line) ?? [];
      const names = list?.split(",").map((name) => name + suffix) ?? [String(one)];
      return { variable: /^\w+/.exec(line)?.[0], names };
    });
  const folder = join(ROOT, "packages/fibril/test");
  const tests = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  let found = 0;
  for (const file of tests) {
    const text = readFileSync(join(folder, file), "utf8");
    const reads = text.matchAll(/env\["(FIBRIL_\w+_(?:PROGRAMS|ROUNDS|RUNS|SECONDS))"\]/g);
    for (const [, name] of reads) {
      found++;
      const named = commands.some(
        ({ names, variable }) => variable === name && names.includes(file.slice(0, -8)),
      );
      assert.ok(named, `${name} of ${file}`);
    }
  }
  assert.ok(found >= 10);
});

/** What a reader follows through the code, and in how many files at most. */
const JOURNEYS: Readonly<Record<string, number>> = {
  "A value's journey: spawn, turn, sleep, wake, join": 10,
  "A coroutine's journey: resume, yield, return": 5,
  "A request's journey: cancel, thrown, deferred, closed": 10,
};

const FUNCTION = /\[`(\w+)`\]\(([^)]*\.ts)\)/g;

for (const [title, most] of Object.entries(JOURNEYS)) {
  test(`${title}: the functions are where the document says, in ${most} files at most`, () => {
    const path = join(ROOT, "docs/design.md");
    const [, after = ""] = readFileSync(path, "utf8").split(`### ${title}\n`);
    const [journey = ""] = after.split(/^##/m);
    const files = new Set<string>();
    for (const [link, name = "", target = ""] of journey.matchAll(FUNCTION)) {
      const file = resolve(dirname(path), target);
      const text = readFileSync(file, "utf8");
      const declared = new RegExp(
        `^(export )?function ${name}\\b|^  (private |override )?${name}\\(|^export const ${name}\\b`,
        "m",
      );
      assert.match(text, declared, link);
      files.add(file);
    }
    assert.ok(files.size > 3 && files.size <= most, `${files.size} files`);
  });
}
