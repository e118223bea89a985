/**
 * Runs tests of a test262 checkout twice, as they are and compiled with `all`, and lists those whose outcomes
 * differ. Tests without a generator are left out.
 *
 *     npm run test262 --workspace @fibril/compiler -- --path ../test262 [--only part-of-a-path] [--verbose]
 */
import vm from "node:vm";
import { transform } from "../dist/index.js";
import { harnessOf, scriptOf, Tally, testsIn, wordsGiven } from "./test262-harness.js";

const words = wordsGiven();

const runtime = new vm.Script(`(() => { "use strict";
const modules = {};
modules["./iteration.js"] = ${scriptOf("../dist/runtime/iteration.js")};
modules["./lent.js"] = ${scriptOf("../dist/runtime/lent.js")};
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

const run = harnessOf(words.path, runtime);
const tally = new Tally({ files: 0, functions: 0, compiled: 0 }, LISTED, words);
const { counts } = tally;
for (const { name, text, flags, includes } of testsIn(words)) {
  if (
    !/\*/.test(text.replaceAll(/\/\*[\s\S]*?\*\//g, "")) ||
    !/\bfunction\s*\*|\*\s*[\w$[#"']+.*\)\s*\{/.test(text)
  )
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
    const { code, explanations } = result;
    if (explanations.length === 0) continue;
    counts.files++;
    for (const each of explanations) {
      counts.functions++;
      if (each.compiled) counts.compiled++;
      else tally.missed(each.reason);
    }
    if (!explanations.some((each) => each.compiled)) continue;
    const native = run(source, includes, false);
    tally.compare(isStrict ? `${name} (strict)` : name, native, run(code, includes, true), code);
  }
}
tally.end("left alone");
