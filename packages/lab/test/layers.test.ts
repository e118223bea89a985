/** The rooms of the lab's sources: no cycle, and no import but those that README.md allows. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import {
  cycleIn,
  forbidden,
  importsAmong,
  layersIn,
  roomOf,
  specifiersIn,
} from "./support-imports.js";

const PACKAGE = new URL("../../", import.meta.url);
const README = readFileSync(new URL("README.md", PACKAGE), "utf8");
const SECTION = README.split(/^## /m).find((text) => text.startsWith("The rooms")) ?? "";
const LAYERS = layersIn(SECTION);

function sourcesIn(folder: string): Map<string, string> {
  const url = new URL(`${folder}/`, PACKAGE);
  const names = readdirSync(url, { recursive: true, encoding: "utf8" });
  return new Map(
    names
      .filter((name) => name.endsWith(".ts"))
      .map((name) => [name.replaceAll("\\", "/"), readFileSync(new URL(name, url), "utf8")]),
  );
}

const IMPORTS = importsAmong(sourcesIn("src"));

test("no file imports itself by way of others, type imports counted", () => {
  assert.ok(IMPORTS.size > 100, `only ${IMPORTS.size} files were found`);
  assert.equal(cycleIn(IMPORTS)?.join(" -> "), undefined);
});

test("every import is one that the table of rooms allows", () => {
  assert.deepEqual(forbidden(IMPORTS, LAYERS), []);
});

test("the table of rooms goes from the bottom up: a room imports only rooms above it in the table", () => {
  const rooms = [...LAYERS.keys()];
  for (const [room, allowed] of LAYERS) {
    const known = rooms.slice(0, rooms.indexOf(room));
    for (const other of allowed) assert.ok(known.includes(other), `${room}: ${other}`);
  }
});

test("the table of rooms allows nothing that is not used, and names no room that is gone", () => {
  const used = new Map<string, Set<string>>();
  for (const [file, targets] of IMPORTS) {
    const rooms = used.get(roomOf(file)) ?? new Set();
    for (const other of targets) if (roomOf(other) !== roomOf(file)) rooms.add(roomOf(other));
    used.set(roomOf(file), rooms);
  }
  for (const [room, allowed] of LAYERS) {
    const rooms = used.get(room);
    assert.ok(rooms, `there is no ${room}`);
    for (const other of allowed) assert.ok(rooms.has(other), `${room} does not import ${other}`);
  }
});

test("the page's script imports nothing of the lab but the bug report", () => {
  for (const [file, source] of sourcesIn("page")) {
    for (const specifier of specifiersIn(source)) {
      if (specifier.startsWith("#lab/")) assert.match(specifier, /^#lab\/report\//, file);
    }
  }
});

test("every form of import is seen, over several lines too, and none in a comment", () => {
  const source = `
import "./bare.js";
import { a } from "./values.js";
import type { B } from "./types.js";
import {
  type C,
  d,
} from "./lines.js";
export { e } from "./again.js";
export type { F } from "./type-again.js";
export * from "./all.js";
const late = async () => (await import("./late.js")).g;
type H = import("./in-a-type.js").H;
// import { i } from "./comment.js";
/** import { j } from "./doc.js"; */
const text = "no import";
`;
  assert.deepEqual(specifiersIn(source).toSorted(), [
    "./again.js",
    "./all.js",
    "./bare.js",
    "./in-a-type.js",
    "./late.js",
    "./lines.js",
    "./type-again.js",
    "./types.js",
    "./values.js",
  ]);
});

test("a cycle of type imports is found, with every file that is in it", () => {
  const imports = importsAmong(
    new Map([
      ["start.ts", 'import { a } from "./low/a.js";'],
      ["low/a.ts", 'import type { B } from "./b.js";'],
      ["low/b.ts", 'export type { C } from "../high/c.js";'],
      ["high/c.ts", 'type A = import("../low/a.js").A;'],
    ]),
  );
  assert.deepEqual(cycleIn(imports), ["low/a.ts", "low/b.ts", "high/c.ts", "low/a.ts"]);
});

test("a forbidden import is found, a type import too, and so is a room without a row", () => {
  const layers = layersIn(`
| room   | what lives there | may import |
| ------ | ---------------- | ---------- |
| \`low\`  | the ground       |            |
| \`high\` | what stands on it | \`low\`    |
`);
  const imports = importsAmong(
    new Map([
      ["low/a.ts", 'import type { B } from "../high/b.js";'],
      ["high/b.ts", 'import { a } from "../low/a.js";'],
      ["attic/c.ts", ""],
    ]),
  );
  assert.deepEqual(forbidden(imports, layers), [
    "low/a.ts imports high/b.ts: low may not import high",
    "attic/c.ts: the layers name no room attic",
  ]);
});

test("an import that leads to no source file is an error, not a gap in the graph", () => {
  const sources = new Map([["a.ts", 'import "./gone.js";']]);
  assert.throws(() => importsAmong(sources), /a\.ts imports \.\/gone\.js/);
});
