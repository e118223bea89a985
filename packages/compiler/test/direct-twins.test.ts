/**
 * Methods of arrays whose callbacks wait do what the built-in methods do, also with holes, and when a callback changes the
 * array. `call` and `apply` do what the function does that they call.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "fibril";
import { load } from "./support/load-direct.js";

const METHODS =
  "forEach map filter flatMap some every find findIndex findLast findLastIndex reduce reduceRight".split(
    " ",
  );

/** What a callback does to the array, once. */
const CHANGES: Readonly<Record<string, string>> = {
  nothing: "",
  adds: "list.push(9);",
  "removes the last": "list.pop();",
  "removes the first": "list.shift();",
  "puts in front": "list.unshift(8);",
  "makes a hole behind": "delete list[index + 1];",
  "replaces this one": "list[index] = 7;",
  throws: 'if (index === 1) throw new RangeError("thrown");',
};

const LISTS = ["[]", "[1]", "[3, 1, 2]", "[, 1, , 2, ,]", "[, ,]"];
const ANSWERS = ["item", "item > 1", "[item, , [index]]", "undefined"];

/** Each program returns what its method gives, and everything that the callback was given. */
function programs(): string[] {
  const found: string[] = [];
  for (const method of METHODS) {
    const folds = method.startsWith("reduce");
    for (const change of Object.values(CHANGES)) {
      for (const list of LISTS) {
        for (const answer of ANSWERS) {
          const more = found.length % 2 === 0 ? "" : `, ${folds ? "5" : "{ own: 1 }"}`;
          found.push(`() => {
            const list = ${list}, log = [];
            let changed = false;
            const callback = function (${folds ? "sum, " : ""}item, index, all) {
              log.push([this?.own, ${folds ? "sum, " : ""}item, index, all === list, arguments.length]);
              pause();
              if (!changed) { ${change === CHANGES["throws"] ? "" : "changed = true;"} ${change} }
              return ${answer};
            };
            let result;
            try { result = list.${method}(callback${more}); } catch (error) { result = error.name; }
            return { result, log, list };
          }`);
        }
      }
    }
  }
  return found;
}

test("each method, with each change and each answer", async () => {
  const text = `export const programs = [\n${programs().join(",\n")}\n];`;
  interface Loaded {
    readonly programs: readonly (() => unknown)[];
  }
  const plain = await load<Loaded>(`const pause = () => {};\n${text}`, false);
  const direct = await load<Loaded>(
    `"use fibers";\nimport { yieldNow as pause } from "fibril/direct";\n${text}`,
    true,
  );
  const expected = plain.programs.map((program) => program());
  for (const [index, program] of direct.programs.entries()) {
    // deepStrictEqual tells a hole from undefined.
    assert.deepStrictEqual(
      await run(program as never),
      expected[index],
      String(plain.programs[index]),
    );
  }
});

test("call, apply and methods of arrays where the native stack is deep enough", async () => {
  const { main } = await load<{ main: (before: number) => unknown }>(
    `"use fibers";
    import { yieldNow } from "fibril/direct";
    const bottom = () => { yieldNow(); return 0; };
    const called = (n) => n === 0 ? bottom() : called.call(null, n - 1);
    const applied = (n) => n === 0 ? bottom() : applied.apply(null, [n - 1]) + 1;
    const mapped = (n) => n === 0 ? bottom() : [n - 1].map(mapped)[0] + 1;
    const mixed = (n) => n === 0 ? bottom() : [2].reduce((sum, each) => mixed.call(null, n - 1) + sum + each, 1);
    export const main = (before) => before > 0 ? main(before - 1) : [called(250), applied(250), mapped(250), mixed(250)];`,
    true,
  );
  // A call on the stack more, and other calls begin again.
  for (let before = 0; before < 4; before++) {
    assert.deepEqual(await run(main as never, before as never), [0, 250, 250, 750]);
  }
});
