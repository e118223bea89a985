/**
 * How large the output of direct style is: real libraries, compiled as if each file began with the directive, minified by
 * esbuild, with and without gzip.
 *
 *     node packages/compiler/scripts/size-direct.js [package …]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { transformSync } from "esbuild";
import { transform } from "../dist/index.js";

const MODULES = fileURLToPath(new URL("../../../node_modules/", import.meta.url));
const given = process.argv.slice(2);
const PACKAGES =
  given.length > 0
    ? given
    : ["acorn", "effect", "fast-check", "effection", "svelte", "zod", "hono"];
/** The ratio of a file of a few lines says nothing. */
const SMALLEST = 500;

function filesIn(name) {
  return readdirSync(join(MODULES, name), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && /\.m?js$/.test(each.name))
    .map((each) => join(each.parentPath, each.name));
}

const minified = (code) => transformSync(code, { minify: true, format: "esm" }).code;
const sizesOf = (code) => [code.length, gzipSync(code, { level: 9 }).length];

let left = 0;
const ratios = [];
for (const file of PACKAGES.flatMap(filesIn)) {
  const text = readFileSync(file, "utf8");
  let before;
  let after;
  try {
    before = sizesOf(minified(text));
    after = sizesOf(minified(transform(`"use fibers";${text}`, { file }).code));
  } catch {
    left++;
    continue;
  }
  if (before[0] < SMALLEST) continue;
  ratios.push([after[0] / before[0], after[1] / before[1], before[0], after[0]]);
}

function shown(index) {
  const sorted = ratios.map((each) => each[index]).toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.floor(part * (sorted.length - 1))].toFixed(2);
  return `median ${at(0.5)} (quartiles ${at(0.25)} and ${at(0.75)})`;
}

const sum = (index) => ratios.reduce((total, each) => total + each[index], 0);
console.log(`${ratios.length} files, ${left} that cannot be compiled`);
console.log(`minified: ${shown(0)}, all together ${(sum(3) / sum(2)).toFixed(2)}`);
console.log(`gzipped: ${shown(1)}`);
