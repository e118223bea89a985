/**
 * How fast the compiler is, in processor time: over this repository's files that have routines, over its files as modules
 * in direct style, and the scan that passes over all others.
 *
 *     node packages/compiler/scripts/speed.js
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mayHaveRoutines } from "../dist/scan.js";
import { transform } from "../dist/index.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const FOLDERS = {
  JavaScript: ["examples/build", "packages/fibril/build/test", "packages/lab/dist"],
  TypeScript: ["examples", "packages/fibril/test", "packages/lab/src"],
};
/** Nobody writes such a text: it is measured apart from the others. */
const BUNDLE = join(ROOT, "packages/lab/dist/page/main.js");

function filesIn(folder, name) {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && name.test(each.name))
    .map((each) => join(each.parentPath, each.name))
    .filter((each) => !/node_modules|\/build\/.*\.ts$|\.d\.ts$/.test(each) && each !== BUNDLE)
    .map((file) => ({ file, text: readFileSync(file, "utf8") }));
}

/** Megabytes a second: the best of five rounds. */
function rate(files, body) {
  const bytes = files.reduce((sum, { text }) => sum + text.length, 0);
  let best = 0;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (const each of files) body(each);
    const { user, system } = process.cpuUsage(before);
    best = Math.max(best, bytes / (user + system));
  }
  return `${files.length} files, ${(bytes / 1e6).toFixed(2)} MB: ${best.toFixed(2)} MB/s`;
}

function compiles({ file, text }) {
  return (
    mayHaveRoutines(text, false) &&
    transform(text, { file }).explanations.some(({ compiled }) => compiled)
  );
}

/** Whether it is compiled as a module in direct style, and has a function to compile. */
function isDirect({ file, text }) {
  try {
    return transform(text, { file }).code.includes("@fibril/compiler/direct");
  } catch (error) {
    if (error.name !== "SourceError") throw error;
    return false;
  }
}

for (const [language, folders] of Object.entries(FOLDERS)) {
  const name = language === "JavaScript" ? /\.m?js$/ : /\.ts$/;
  const all = folders.flatMap((each) => filesIn(each, name));
  const corpora = {
    routines: all.filter(compiles),
    "direct style": all
      .map(({ file, text }) => ({ file, text: `"use fibers";\n${text}` }))
      .filter(isDirect),
  };
  for (const [style, files] of Object.entries(corpora)) {
    for (const map of [false, true]) {
      const compile = ({ file, text }) => transform(text, { file, map });
      const maps = map ? "with source maps" : "without";
      console.log(`${language}, ${style}, ${maps}: ${rate(files, compile)}`);
    }
  }
}
const bundle = `"use fibers";\n${readFileSync(BUNDLE, "utf8")}`;
console.log(
  `a minified bundle, direct style: ${rate([{ text: bundle }], ({ text }) => transform(text))}`,
);
const found = rate(modules(), ({ text }) => mayHaveRoutines(text, false));
console.log(`the scan of files that have no routine: ${found}`);

/** Files without a routine: what the installed packages are made of. */
function modules() {
  const folder = join(ROOT, "node_modules/effect");
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile() && each.name.endsWith(".js"))
    .map((each) => ({ text: readFileSync(join(each.parentPath, each.name), "utf8") }))
    .filter(({ text }) => !mayHaveRoutines(text, false));
}
