/** What profilers write, as folded stacks and as a flame graph. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { flame, flameTree } from "#lab/report/pictures/flame.js";
import { readStacks } from "#lab/report/stacks.js";
import type { Frame } from "#lab/report/picture.js";

const frame = (functionName: string, url = "", lineNumber = -1) => ({
  functionName,
  url,
  lineNumber,
});
const PROFILE = {
  nodes: [
    { id: 1, callFrame: frame("(root)"), children: [2, 5, 6] },
    { id: 2, callFrame: frame("measure", "file:///lab/worker.js", 9), children: [3, 4] },
    { id: 3, callFrame: frame("resume", "file:///fibril/switch.js", 87) },
    { id: 4, callFrame: frame("", "file:///lab/loop.js", 0) },
    { id: 5, callFrame: frame("(garbage collector)") },
    { id: 6, callFrame: frame("(idle)") },
  ],
  samples: [3, 3, 4, 5, 6, 2],
  timeDeltas: [50, 100, 110, 90, 300, 40],
};

test("a .cpuprofile: idle samples are left out, and a frame names its file", () => {
  const { source, stacks } = readStacks(JSON.stringify(PROFILE));
  assert.equal(source, "v8");
  assert.deepEqual(
    new Map(stacks),
    new Map([
      ["measure worker.js;resume switch.js", 2],
      ["measure worker.js;(anonymous) loop.js", 1],
      ["measure worker.js", 1],
      ["(garbage collector)", 1],
    ]),
  );
});

test("folded stacks are read as they are", () => {
  const { source, stacks } = readStacks("main;walk two words;leaf 12\nmain 3\n\n");
  assert.equal(source, "perf");
  assert.deepEqual(stacks, [
    ["main;walk two words;leaf", 12],
    ["main", 3],
  ]);
});

test("the text of perf script: innermost first becomes outermost first, the kernel is marked", () => {
  const text = [
    "ruby  123 [001]  4567.890123:    1001001 cycles:P: ",
    "\tffffffff81234567 do_user_addr_fault+0x1f ([kernel.kallsyms])",
    "\t    7f0000001234 fiber_switch+0x2 (/usr/lib/libruby.so.3.1)",
    "\t    7f0000005678 [unknown] (/usr/bin/ruby)",
    "",
    "ruby  123 [001]  4567.990123:    1001001 cycles:P: ",
    "\tffffffff81234567 do_user_addr_fault+0x2a ([kernel.kallsyms])",
    "\t    7f0000001234 fiber_switch+0x9 (/usr/lib/libruby.so.3.1)",
    "\t    7f0000005678 [unknown] (/usr/bin/ruby)",
    "",
  ].join("\n");
  assert.deepEqual(readStacks(text), {
    source: "perf",
    stacks: [["fiber_switch;do_user_addr_fault_[k]", 2]],
  });
});

for (const [what, text] of [
  ["text that is no profile", "hello\nworld"],
  ["an empty file", ""],
  ["JSON that is no profile", '{"version":1,"results":[]}'],
] as const) {
  test(`${what} is refused in words`, () => {
    assert.throws(() => readStacks(text), /it is neither a \.cpuprofile/);
  });
}

test("a tree sums what its callees take, the widest first; a missing part is its own", () => {
  const tree = flameTree([
    ["a;b", 10],
    ["a;c", 30],
    ["a", 5],
    ["d", 1],
  ]);
  const shape = ({ name, total, inner }: Frame): unknown => [name, total, inner.map(shape)];
  assert.deepEqual(shape(tree), [
    "all",
    46,
    [
      [
        "a",
        45,
        [
          ["c", 30, []],
          ["b", 10, []],
        ],
      ],
      ["d", 1, []],
    ],
  ]);
});

test("frames too thin to be seen are left out, without changing the sums", () => {
  const tree = flameTree([
    ["wide", 1_000_000],
    ["wide;thin", 10],
  ]);
  assert.deepEqual(
    [tree.total, tree.inner[0]?.total, tree.inner[0]?.inner],
    [1_000_010, 1_000_010, []],
  );
});

test("a profile without stacks makes no picture", () => {
  const profile = { runtime: "fibril", experiment: "create", fibers: 10, source: "v8" } as const;
  assert.deepEqual(flame([{ ...profile, stacks: [] }]), []);
  const [picture] = flame([{ ...profile, stacks: [["a", 1]] }]);
  assert.equal(picture?.title, "Fibril: create with 10 fibers, seen by V8");
});
