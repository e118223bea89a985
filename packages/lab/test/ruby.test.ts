/** Ruby's programs, and what stands in for them where there is no Ruby. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { type Cell, type Experiment, isSample, type Sample } from "#lab/cell.js";
import { run } from "#lab/system/child.js";
import { leftOut, look, present } from "#lab/runs/presence.js";
import { parse, ruby } from "#lab/runtimes/ruby.js";
import { isFound } from "#lab/runtimes/entry.js";
import { lab, NO_RUBY } from "./support.js";

const cellOf = (experiment: Experiment, fibers: number, count = 1000): Cell => ({
  experiment,
  runtime: "ruby",
  order: "sequential",
  fibers,
  count,
});

async function printed(cell: Cell): Promise<string> {
  const { command, args } = await ruby.command!(cell);
  const { stdout, stderr, trouble } = await run(command, args, 60, new AbortController().signal);
  assert.equal(trouble, undefined, `${stdout}${stderr}`);
  return stdout;
}

const USED = [
  "userSeconds",
  "systemSeconds",
  "minorFaults",
  "majorFaults",
  "contextSwitches",
  "gcCount",
] as const;
const ADDED = ["bytesPerFiber", "mappedBytesPerFiber", "mappings"] as const;

const DONE: readonly (readonly [Experiment, fibers: number, count: number, done: number])[] = [
  ["ring", 97, 1000, 1000],
  ["resume", 97, 1000, 1067],
  ["scale", 97, 1000, 1067],
  ["create", 97, 0, 97],
  ["depth", 50, 1000, 1000],
  ["counters", 97, 1000, 1067],
  ["gc", 97, 400, 400],
];

test("every Ruby program prints what its section took, and what its fibers take", async (t) => {
  const found = await ruby.find();
  if (!isFound(found)) return t.skip(`${found.missing}; ${found.hint}`);
  assert.deepEqual(
    DONE.map(([experiment]) => experiment),
    ruby.experiments,
  );
  for (const [experiment, fibers, count, done] of DONE) {
    const cell: Cell = { ...cellOf(experiment, fibers, count), order: "shuffled", limit: 20 };
    const text = await printed(cell);
    if (["ring", "resume", "scale"].includes(experiment)) {
      assert.match(text, /^fibers: 97 rss: \d+ count: \d+ rate: [\d.]+\n\{/);
    }
    const sample = parse(cell, text);
    assert.ok(isSample(sample), text);
    assert.equal(sample.count, done, experiment);
    if (!existsSync("/proc/self/smaps_rollup")) continue;
    const tellsMemory = experiment !== "ring" && experiment !== "depth";
    const figures: readonly (keyof Sample)[] = tellsMemory ? [...USED, ...ADDED] : USED;
    for (const figure of figures) {
      const value = sample[figure];
      assert.ok(typeof value === "number" && value >= 0, `${experiment} ${figure}: ${text}`);
    }
    // A fiber has touched pages of both of its stacks.
    if (tellsMemory) assert.ok((sample.bytesPerFiber ?? 0) >= 8192, text);
  }
});

test("a Ruby fiber is as deep as its stack allows, and the limit tells how deep", async (t) => {
  const found = await ruby.find();
  if (!isFound(found)) return t.skip(found.missing);
  const cell = cellOf("depth", 10_000_000);
  const stopped = parse(cell, await printed(cell));
  assert.ok("stoppedAt" in stopped, JSON.stringify(stopped));
  assert.ok(stopped.stoppedAt > 100 && stopped.stoppedAt < cell.fibers);
  assert.match(stopped.error, /SystemStackError/);
});

test("of a missing runtime, the cells stay for which the bug report has a figure", async () => {
  const cells = [1000, 4096].flatMap((fibers) =>
    (["scale", "counters", "create"] as const).map((experiment) => cellOf(experiment, fibers)),
  );
  const missing = new Map([["ruby", { missing: "no Ruby here", hint: "get it" }]]);
  assert.deepEqual(
    present(cells, missing).map(({ experiment, fibers }) => `${experiment} ${fibers}`),
    ["scale 4096", "counters 4096"],
  );
  assert.deepEqual(leftOut(cells, missing), [
    "skipped: ruby: no Ruby here, figures are quoted where the bug report has any; get it",
  ]);
  assert.deepEqual(leftOut(cells.slice(0, 3), missing), ["skipped: ruby: no Ruby here; get it"]);
  const generator = [{ ...cellOf("scale", 1), runtime: "generator" }];
  assert.deepEqual(leftOut(generator, await look(generator)), []);
});

test("without Ruby, counters has the rows of the bug report's CSV, which say so", async () => {
  const args = ["counters", "--runtime", "ruby", "--fibers", "64,100,1024", "--format", "csv"];
  const { code, stdout, stderr } = await lab([...args, "--quick"], NO_RUBY);
  assert.equal(code, 0, stderr);
  const [head = "", ...rows] = stdout.trimEnd().split("\n");
  assert.equal(rows.length, 2, stdout);
  assert.match(rows[0] ?? "", /^64,1\.27\d*,7871177\.655481325,0,0,0,5346794521,12588604,9447,/);
  for (const row of rows) {
    assert.match(row, /,,ruby \(quoted from the bug report\),sequential,$/);
    assert.equal(row.split(",").length, head.split(",").length);
  }
});
