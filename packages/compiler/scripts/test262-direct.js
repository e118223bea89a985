/**
 * Runs tests of a test262 checkout twice, as they are and compiled in direct style, outside of any fiber, and lists those
 * whose outcomes differ:
 *
 *     node packages/compiler/scripts/test262-direct.js --path ../test262 [--only part-of-a-path] [--verbose]
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
modules["./resources.js"] = ${scriptOf("../dist/runtime/resources.js")};
modules["./generators.js"] = ${scriptOf("../dist/runtime/generators.js")};
modules["fibril"] = modules["fibril/frames"];
modules["./direct-ops.js"] = ${scriptOf("../dist/runtime/direct-ops.js")};
modules["./twins.js"] = ${scriptOf("../dist/runtime/twins.js")};
return { ...modules["./generators.js"], ...${scriptOf("../dist/runtime/direct.js")} };
})()`);
const run = harnessOf(ROOT, runtime);

const counts = { files: 0, refused: 0, same: 0, failsBoth: 0, listed: 0, differ: 0 };
const reasons = new Map();
const found = readdirSync(join(ROOT, "test"), { recursive: true, withFileTypes: true });
for (const entry of found) {
  if (!entry.isFile() || !entry.name.endsWith(".js") || entry.name.includes("_FIXTURE")) continue;
  const path = join(entry.parentPath, entry.name);
  const name = relative(ROOT, path);
  if (!FOLDERS.test(name) || !name.includes(values.only)) continue;
  if (!knowsUsing && name.includes("/using/")) continue;
  const text = readFileSync(path, "utf8");
  const { flags, includes, negative } = metaOf(text);
  if (negative || ["async", "module", "raw", "noStrict"].some((each) => flags.includes(each))) {
    continue;
  }
  let code;
  try {
    ({ code } = transform(`"use strict"; "use fibers";\n${text}`, {
      file: name,
      sourceType: "script",
    }));
  } catch (error) {
    if (error?.name !== "SourceError") throw error;
    counts.refused++;
    const reason = /cannot be compiled: (.*)/.exec(error.message)?.[1] ?? "a syntax error";
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    continue;
  }
  if (!code.includes("@fibril/compiler/direct")) continue;
  counts.files++;
  const native = run(`"use strict";\n${text}`, includes, false);
  const compiled = run(code, includes, true);
  if (native === compiled) counts[native === "passed" ? "same" : "failsBoth"]++;
  else if (LISTED.some(([pattern]) => pattern.test(name))) counts.listed++;
  else {
    counts.differ++;
    console.log(`${name}\n  native: ${native}\n  compiled: ${compiled}`);
    if (values.verbose) console.log(code);
  }
}
writeSync(1, `${JSON.stringify(counts)}\n`);
for (const [reason, count] of reasons) writeSync(1, `${count} refused: ${reason}\n`);
process.exit(counts.differ === 0 ? 0 : 1);
