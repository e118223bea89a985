/**
 * Runs tests of a test262 checkout twice, as they are and compiled in direct style, outside of any fiber, and lists those
 * whose outcomes differ:
 *
 *     node packages/compiler/scripts/test262-direct.js --path ../test262 [--only part-of-a-path] [--verbose]
 */
import vm from "node:vm";
import { transform } from "../dist/index.js";
import { harnessOf, scriptOf, Tally, testsIn, wordsGiven } from "./test262-harness.js";

const words = wordsGiven();

/** What direct style touches. */
const FOLDERS =
  /language\/(arguments-object|block-scope|destructuring|rest-parameters|function-code|computed-property-names|expressions\/(array|arrow-function|assignment|call|class|coalesce|comma|conditional|function|logical-\w+|member-expression|new|new\.target|object|optional-chaining|super|tagged-template|template-literal|this)|statements\/(block|break|class|const|continue|do-while|for|for-in|for-of|function|if|labeled|let|return|switch|throw|try|using|variable|while))\//;

/** Differences that docs/direct.md lists. */
const LISTED = [
  [/scope-(\w+-)*paramsbody-var-open/, "a var of the body hides what a default means"],
];

const runtime = new vm.Script(`(() => { "use strict";
const modules = {};
modules["fibril/frames"] = ${scriptOf("../../fibril/dist/fibril.js")};
modules["./depths.js"] = ${scriptOf("../dist/runtime/depths.js")};
modules["./iteration.js"] = ${scriptOf("../dist/runtime/iteration.js")};
modules["./lent.js"] = ${scriptOf("../dist/runtime/lent.js")};
modules["./resources.js"] = ${scriptOf("../dist/runtime/resources.js")};
modules["./generators.js"] = ${scriptOf("../dist/runtime/generators.js")};
modules["fibril"] = modules["fibril/frames"];
modules["./direct-ops.js"] = ${scriptOf("../dist/runtime/direct-ops.js")};
modules["./twins.js"] = ${scriptOf("../dist/runtime/twins.js")};
return { ...modules["./generators.js"], ...${scriptOf("../dist/runtime/direct.js")} };
})()`);
const run = harnessOf(words.path, runtime);
const tally = new Tally({ files: 0, refused: 0 }, LISTED, words);
const { counts } = tally;
for (const { name, text, flags, includes } of testsIn(words, (name) => FOLDERS.test(name))) {
  if (flags.includes("noStrict")) continue;
  let code;
  try {
    ({ code } = transform(`"use strict"; "use fibers";\n${text}`, {
      file: name,
      sourceType: "script",
    }));
  } catch (error) {
    if (error?.name !== "SourceError") throw error;
    counts.refused++;
    tally.missed(/cannot be compiled: (.*)/.exec(error.message)?.[1] ?? "a syntax error");
    continue;
  }
  if (!code.includes("@fibril/compiler/direct")) continue;
  counts.files++;
  const native = run(`"use strict";\n${text}`, includes, false);
  tally.compare(name, native, run(code, includes, true), code);
}
tally.end("refused");
