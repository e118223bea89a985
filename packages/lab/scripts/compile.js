// Compiles the lab's own routines: dist/compiled gets what these programs import, with their routines as state machines. So
// `fibril-compiled` measures the same sources as `fibril`. The programs of `fibril-direct` run only as compiled here.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "@fibril/compiler";

const DIST = new URL("../dist/", import.meta.url);
const COMPILED = new URL("compiled/", DIST);

const waiting = ["fibril", "fibril-direct"].flatMap((program) =>
  ["runtimes", "runtimes/counters", "tasks"].map(
    (folder) => new URL(`${folder}/${program}.js`, DIST).href,
  ),
);
const seen = new Set(waiting);
for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
  const file = fileURLToPath(url);
  const text = readFileSync(file, "utf8");
  for (const [, specifier] of text.matchAll(/^(?:import|export|\}) .*from "(\.[^"]+)";$/gm)) {
    const next = new URL(specifier, url).href;
    if (!seen.has(next)) waiting.push(next);
    seen.add(next);
  }
  compile(text, file, url.replace(DIST.href, COMPILED.href));
}

const NET = new URL("../programs/net/", import.meta.url);
for (const name of ["fibril.mjs", "fibril-direct.mjs"]) {
  const file = fileURLToPath(new URL(name, NET));
  compile(readFileSync(file, "utf8"), file, new URL(`net/${name}`, COMPILED));
}

function compile(text, file, url) {
  const output = fileURLToPath(url);
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, transform(text, { file }).code);
}
