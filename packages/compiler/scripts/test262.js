/**
 * Runs tests of a test262 checkout twice, as they are and compiled with `all`, and lists those whose outcomes
 * differ. Tests without a generator are left out.
 *
 *     npm run test262 --workspace @fibril/compiler -- --path ../test262 [--only part-of-a-path] [--verbose]
 */
import { readdirSync, readFileSync, writeSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import vm from "node:vm";
import { transform } from "../dist/index.js";
import { harnessOf, knowsUsing, metaOf, scriptOf } from "./test262-harness.js";

const { values } = parseArgs({
  options: {
    path: { type: "string" },
    only: { type: "string", default: "" },
    verbose: { type: "boolean", default: false },
  },
});
if (values.path === undefined) {
  console.error("--path is missing: the folder of a test262 checkout");
  process.exit(2);
}
const ROOT = values.path;

const runtime = new vm.Script(`(() => { "use strict";
const modules = {};
modules["./iteration.js"] = ${scriptOf("../dist/runtime/iteration.js")};
modules["./resources.js"] = ${scriptOf("../dist/runtime/resources.js")};
return ${scriptOf("../dist/runtime/generators.js")};
})()`);
/** Differences that docs/compiler.md lists. */
const LISTED = [
  [
    /generators\/generator-created-after-decl-inst\.js/,
    "V8 makes the generator before the parameters are evaluated",
  ],
  [
    /generators\/(restricted-properties|forbidden-ext)/,
    "caller and arguments of a function in sloppy code",
  ],
  [/superclass-generator-function\.js/, "a declared function can be constructed"],
  [/method-definition\/generator-(prototype|prototype-prop)\.js/, "a method has no prototype"],
  [
    /(GeneratorPrototype\/Symbol\.toStringTag|GeneratorFunction\/prototype\/prototype|default-proto)\.js/,
    "one prototype more",
  ],
];

const run = harnessOf(ROOT, runtime);
const counts = { files: 0, functions: 0, compiled: 0, listed: 0, differ: 0, same: 0, failsBoth: 0 };
const reasons = new Map();
for (const entry of readdirSync(join(ROOT, "test"), { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !entry.name.endsWith(".js") || entry.name.includes("_FIXTURE")) continue;
  const path = join(entry.parentPath, entry.name);
  const name = relative(ROOT, path);
  if (!name.includes(values.only)) continue;
  if (!knowsUsing && name.includes("/using/")) continue;
  const text = readFileSync(path, "utf8");
  if (
    !/\*/.test(text.replaceAll(/\/\*[\s\S]*?\*\//g, "")) ||
    !/\bfunction\s*\*|\*\s*[\w$[#"']+.*\)\s*\{/.test(text)
  )
    continue;
  const { flags, includes, negative } = metaOf(text);
  if (negative || flags.includes("async") || flags.includes("module") || flags.includes("raw"))
    continue;
  const strict = flags.includes("onlyStrict")
    ? [true]
    : flags.includes("noStrict")
      ? [false]
      : [false, true];
  for (const isStrict of strict) {
    const source = isStrict ? `"use strict";\n${text}` : text;
    let result;
    try {
      result = transform(source, { file: name, sourceType: "script", all: true });
    } catch (error) {
      if (error?.name === "SourceError") continue;
      counts.differ++;
      console.log(`${name}: the compiler failed: ${error.stack}`);
      continue;
    }
    if (result.explanations.length === 0) continue;
    counts.files++;
    for (const each of result.explanations) {
      counts.functions++;
      if (each.compiled) counts.compiled++;
      else reasons.set(each.reason, (reasons.get(each.reason) ?? 0) + 1);
    }
    if (!result.explanations.some((each) => each.compiled)) continue;
    const native = run(source, includes, false);
    const compiled = run(result.code, includes, true);
    if (native === compiled) counts[native === "passed" ? "same" : "failsBoth"]++;
    else if (LISTED.some(([pattern]) => pattern.test(name))) counts.listed++;
    else {
      counts.differ++;
      console.log(
        `${name}${isStrict ? " (strict)" : ""}\n  native: ${native}\n  compiled: ${compiled}`,
      );
      if (values.verbose) console.log(result.code);
    }
  }
}
writeSync(1, `${JSON.stringify(counts)}\n`);
for (const [reason, count] of [...reasons].toSorted((a, b) => b[1] - a[1]))
  writeSync(1, `${count} left alone: ${reason}\n`);
process.exit(counts.differ === 0 ? 0 : 1);
