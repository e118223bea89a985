/** Stored runs, in order of time. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { lab, scratch } from "./support.js";

function run(date: string, cpu: string, fibril: readonly number[], generator?: number): string {
  const result = (runtime: string, rates: readonly number[]): object => ({
    cell: { experiment: "scale", runtime, order: "sequential", fibers: 64, count: 1 },
    outcomes: rates.map((rate) => ({ count: rate * 1e6, seconds: 1, best: 1, rssKiB: 1 })),
  });
  return JSON.stringify({
    version: 1,
    machine: { cpu, node: "v20", versions: {} },
    commit: "abc1234",
    command: "fibril-lab scale",
    date,
    results: [
      result("fibril", fibril),
      ...(generator === undefined ? [] : [result("generator", [generator])]),
    ],
  });
}

test("a row a run in order of time, the ratio to the floor, and the last against the one before", async () => {
  const folder = scratch();
  mkdirSync(join(folder, "later"));
  const ten = [10, 10.1, 9.9, 10, 10.2, 9.8];
  writeFileSync(
    join(folder, "later/c.json"),
    run("2026-03-01 10:00 UTC", "Abacus", [5, ...ten.map((rate) => rate / 2)]),
  );
  writeFileSync(join(folder, "a.json"), run("2026-01-01 10:00 UTC", "Abacus", ten, 40));
  writeFileSync(join(folder, "b.json"), run("2026-02-01 10:00 UTC", "Babbage", [99]));
  writeFileSync(join(folder, "notes.txt"), "nothing");
  const { code, stdout, stderr } = await lab(["history", folder]);
  assert.equal(code, 0, stderr);
  const rows = stdout.split("\n").filter((line) => line.startsWith("2026"));
  assert.match(
    rows[0] as string,
    /^2026-01-01 10:00 UTC +abc1234 +Abacus, Node v20 +10\.0 \(0\.25× generator\)$/,
  );
  assert.match(rows[1] as string, /Babbage.* 99\.0$/);
  assert.match(rows[2] as string, /^2026-03-01.* 5\.00$/);
  assert.match(
    stdout,
    /^ {2}64: 2026-03-01 10:00 UTC against 2026-01-01 10:00 UTC: 0\.50×, slower$/m,
  );
});

test("a stored comparison is left out: its sides may be of other commits than the run", async () => {
  const folder = scratch();
  writeFileSync(join(folder, "a.json"), run("2026-01-01 10:00 UTC", "Abacus", [10]));
  const compared = run("2026-01-02 10:00 UTC", "Abacus", [5]);
  writeFileSync(
    join(folder, "b.json"),
    compared.replace('"experiment"', '"variant":"A","experiment"'),
  );
  const { code, stdout } = await lab(["history", folder]);
  assert.equal(code, 0);
  assert.match(stdout, /^2026-01-01/m);
  assert.doesNotMatch(stdout, /2026-01-02/);
});

test("a file that is no result is named, the others are shown, exit code 1", async () => {
  const folder = scratch();
  writeFileSync(join(folder, "a.json"), run("2026-01-01 10:00 UTC", "Abacus", [10]));
  writeFileSync(join(folder, "b.json"), "{");
  const { code, stdout, stderr } = await lab(["history", folder]);
  assert.equal(code, 1);
  assert.match(stdout, /^2026-01-01/m);
  assert.match(stderr, /^fibril-lab: .*b\.json: .*JSON[^\n]*\n$/);
});

test("no folder, or nothing in it: one line, exit code 2", async () => {
  const missing = await lab(["history", "/nonexistent"]);
  assert.deepEqual([missing.code, missing.stdout], [2, ""]);
  assert.match(missing.stderr, /^error: \/nonexistent cannot be read/);
  const empty = await lab(["history", scratch()]);
  assert.equal(empty.code, 2);
  assert.match(empty.stderr, /^error: there are no stored figures of fibril in/);
});
