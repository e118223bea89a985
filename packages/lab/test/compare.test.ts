/** Two sides: how they are named, how they are judged, and what the exit code says. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Cell, Outcome, Result, Sample } from "#lab/cell.js";
import { compare, exitCode } from "#lab/compare/comparison.js";
import { sentence } from "#lab/compare/compare-table.js";
import { lab, scratch } from "./support.js";

const FIBRIL = fileURLToPath(new URL("../../../fibril/", import.meta.url));
const FEW = ["--fibers", "20", "--count", "20000", "--repeats", "5"];
const TERMS = { margin: 0.05, by: "rate" } as const;

const cell = (more: Partial<Cell> = {}): Cell => ({
  experiment: "scale",
  runtime: "fibril",
  order: "sequential",
  fibers: 100,
  count: 1000,
  ...more,
});
const sample = (rate: number, more: Partial<Sample> = {}): Outcome => ({
  count: 1000,
  seconds: 1000 / rate,
  best: rate * 2,
  rssKiB: 1,
  ...more,
});
const rates = (...values: number[]): Outcome[] => values.map((rate) => sample(rate * 1e6));
const STEADY = [100, 101, 99, 100, 102, 98, 100];
const SLOWER = STEADY.map((rate) => rate * 0.7);
const NOISY = [40, 160, 100, 55, 120, 70, 150];

function judged(a: readonly number[], b: readonly number[]): number {
  const [first, second] = [a, b].map((values): Result[] => [
    { cell: cell(), outcomes: rates(...values) },
  ]);
  return exitCode(compare(first as Result[], second as Result[], TERMS, true));
}

test("exit code: 0 the same or better, 1 worse, 3 too noisy to tell", () => {
  assert.equal(judged(STEADY, STEADY), 0);
  assert.equal(judged(SLOWER, STEADY), 0);
  assert.equal(judged(STEADY, SLOWER), 1);
  assert.equal(judged(STEADY, NOISY), 3);
});

test("worse in one cell outweighs better and noisy ones", () => {
  const results = (...sets: number[][]): Result[] =>
    sets.map((set, i) => ({ cell: cell({ fibers: i + 1 }), outcomes: rates(...set) }));
  const found = compare(
    results(STEADY, STEADY, SLOWER, STEADY),
    results(STEADY, SLOWER, STEADY, NOISY),
    TERMS,
    true,
  );
  assert.equal(exitCode(found), 1);
  assert.match(
    sentence(found),
    /^B is worse in 1, too noisy to tell in 1 \(.*\), better in 1, the same in 1$/,
  );
});

test("a side that failed or stopped has no figures: exit code 4, and the reason", () => {
  const whole: Result = { cell: cell(), outcomes: rates(...STEADY) };
  const failed: Result = { cell: cell(), outcomes: [{ failed: "it crashed" }] };
  const stopped: Result = { cell: cell(), outcomes: [{ stoppedAt: 7, error: "no more" }] };
  for (const [a, b, why] of [
    [whole, failed, /the second has no figures: it crashed/],
    [stopped, whole, /the first has no figures: stopped at 7: no more/],
  ] as const) {
    const found = compare([a], [b], TERMS, true);
    assert.equal(exitCode(found), 4);
    assert.match(found.missing[0] as string, why);
  }
  assert.match(compare([whole], [], TERMS, true).missing[0] as string, /it was not measured/);
});

test("bytes are better when they are fewer, and are judged beside the rate", () => {
  const created = (bytes: number): Result => ({
    cell: cell({ experiment: "create", count: 0 }),
    outcomes: STEADY.map((rate) => sample(rate, { bytesPerFiber: bytes * rate })),
  });
  const { compared } = compare([created(3)], [created(4)], TERMS, true);
  assert.deepEqual(
    compared.map(({ metric, effect }) => [metric.name, effect.judgement]),
    [
      ["million a second", "same"],
      ["bytes a fiber", "slower"],
    ],
  );
});

test("by the best slice, what only the neighbours slowed is the same", () => {
  const slowed: Result = {
    cell: cell(),
    outcomes: SLOWER.map((rate) => sample(rate * 1e6, { best: 200e6 })),
  };
  const quiet: Result = {
    cell: cell(),
    outcomes: STEADY.map((rate) => sample(rate * 1e6, { best: 200e6 })),
  };
  assert.equal(exitCode(compare([quiet], [slowed], TERMS, true)), 1);
  assert.equal(exitCode(compare([quiet], [slowed], { ...TERMS, by: "best" }, true)), 0);
});

test("in files a cell stands against the same runtime's, in one run a runtime against another", () => {
  const of = (runtime: string): Result => ({ cell: cell({ runtime }), outcomes: rates(...STEADY) });
  assert.equal(compare([of("fibril")], [of("generator")], TERMS, true).compared.length, 1);
  const files = compare([of("fibril")], [of("generator"), of("fibril")], TERMS, false);
  assert.equal(files.compared.length, 1);
  assert.equal(compare([of("fibril")], [of("generator")], TERMS, false).missing.length, 1);
});

test("two runtimes, in one run: both are measured in every round, and stored", async () => {
  const out = join(scratch(), "run.json");
  const { code, stdout } = await lab(["compare", "fibril", "generator", ...FEW, "--out", out]);
  assert.ok(code === 0 || code === 1 || code === 3, `${code}`);
  assert.match(stdout, /^A: fibril\nB: generator$/m);
  assert.match(stdout, /^scale sequential 20 +million a second .*×/m);
  assert.match(stdout, /^B is /m);
  const { results } = JSON.parse(readFileSync(out, "utf8"));
  assert.deepEqual(
    results.map(({ cell: { runtime, variant }, outcomes }: any) => [
      runtime,
      variant,
      outcomes.length,
    ]),
    [
      ["fibril", "A", 5],
      ["generator", "B", 5],
    ],
  );
});

/** A copy of the built package whose resumes take twenty times as long. */
function slowFibril(): string {
  const slow = join(scratch(), "fibril");
  cpSync(join(FIBRIL, "dist"), join(slow, "dist"), { recursive: true });
  cpSync(join(FIBRIL, "package.json"), join(slow, "package.json"));
  renameSync(join(slow, "dist/index.js"), join(slow, "dist/real.js"));
  writeFileSync(
    join(slow, "dist/index.js"),
    `export * from "./real.js";
    import { Fiber } from "./real.js";
    const { resume } = Fiber.prototype;
    let sink = 0;
    Fiber.prototype.resume = function (...args) {
      for (let i = 0; i < 3000; i++) sink = (sink + i) | 0;
      return resume.apply(this, args);
    };`,
  );
  return slow;
}

test("a folder with a fibril twenty times slower is measured, is worse, and ends with 1", async () => {
  const slow = slowFibril();
  const { code, stdout } = await lab(["compare", FIBRIL, slow, ...FEW]);
  assert.equal(code, 1, stdout);
  assert.match(stdout, / slower$/m);
  const back = await lab(["compare", slow, FIBRIL, ...FEW, "--format", "json"]);
  assert.equal(back.code, 0, back.stdout);
  assert.equal(JSON.parse(back.stdout).verdict, "B is better in 1");
});

test("compiled programs run on the fibril of the folder too, and are compiled by what stands beside it", async () => {
  const compiled = ["--runtime", "fibril-compiled", ...FEW];
  const { code, stdout } = await lab(["compare", FIBRIL, slowFibril(), ...compiled]);
  assert.equal(code, 1, stdout);
  assert.match(stdout, / slower$/m);
});

test("flags for Node reach the measuring process", async () => {
  const { code, stdout } = await lab(["compare", "flags:", "flags:--no-such-flag", ...FEW]);
  assert.equal(code, 4);
  assert.match(
    stdout,
    /the second has no figures: ended with code 9: .*bad option: --no-such-flag/,
  );
});

test("a commit is built with its compiler and measured", async (t) => {
  try {
    execFileSync("git", ["rev-parse", "HEAD"], { stdio: "pipe" });
  } catch {
    t.skip("no checkout");
    return;
  }
  const sides = ["HEAD", FIBRIL, "--runtime", "fibril-compiled"];
  const { code, stdout, stderr } = await lab(["compare", ...sides, ...FEW]);
  assert.ok(code === 0 || code === 1 || code === 3, stderr);
  assert.match(stdout, /^A: HEAD\nB: /m);
  assert.match(stdout, /^scale sequential 20 /m);
});

test("two result files: cell by cell, with what has to be known about them", async () => {
  const folder = scratch();
  const file = (name: string, set: number[], node: string): string => {
    const path = join(folder, name);
    const results = [{ cell: cell(), outcomes: rates(...set) }];
    const machine = { cpu: "Abacus", cores: 1, memoryGiB: 1, system: "S", load: 0, v8: "1" };
    const run = { version: 1, machine: { ...machine, node, versions: {} }, command: "c" };
    writeFileSync(path, JSON.stringify({ ...run, date: "2026-01-01 00:00 UTC", results }));
    return path;
  };
  const old = file("old.json", STEADY, "v20");
  const worse = await lab(["compare", old, file("worse.json", SLOWER, "v20")]);
  assert.equal(worse.code, 1);
  assert.match(worse.stdout, /0\.70× .* slower$/m);
  assert.match(worse.stdout, /A was measured on Abacus/);
  assert.doesNotMatch(worse.stdout, /the machine or Node differs/);
  const other = await lab(["compare", old, file("other.json", STEADY, "v22")]);
  assert.equal(other.code, 0);
  assert.match(other.stdout, /the machine or Node differs/);
  const stored = await lab(["compare", old, old, "--out", join(folder, "out.json")]);
  assert.deepEqual([stored.code, stored.stdout], [2, ""]);
  assert.match(stored.stderr, /^error: --out stores measurements[^\n]*\n$/);
});

test("what names nothing is refused in one line", async () => {
  const empty = scratch();
  const file = join(empty, "file.json");
  writeFileSync(file, "{}");
  for (const [args, message] of [
    [["nonsense-x", "fibril"], /nonsense-x is not a runtime, a result file, a folder/],
    [["fibril", empty], /contains no package named fibril/],
    [[file, file], /is not a result of this lab/],
    [["fibril", "node:/nonexistent"], /node:\/nonexistent cannot be run/],
    [["fibril"], /missing required argument 'b'/],
    [["fibril", "generator", "--margin", "-1"], /it must be a percentage/],
  ] as const) {
    const { code, stderr, stdout } = await lab(["compare", ...args]);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]*\n$/);
  }
});
