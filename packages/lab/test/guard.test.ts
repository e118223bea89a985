/** What the guard lets through, what it stops, and what it calls noise. */
import assert from "node:assert/strict";
import { cpSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Outcome, Result } from "#lab/cell.js";
import { cellsOf, type Check, CHECKS } from "#lab/guard/checks.js";
import { type Found, judge, overall, unsettled } from "#lab/guard/judge.js";
import { lab, scratch } from "./support.js";

const FIBRIL = fileURLToPath(new URL("../../../fibril/", import.meta.url));
const overhead = CHECKS.find(({ name }) => name.startsWith("overhead")) as Check;

/** Fibril's nanoseconds and the generator's, round by round. */
function measured(fibril: readonly number[], generator: readonly number[]): Result[] {
  const outcomes = (nanoseconds: readonly number[]): Outcome[] =>
    nanoseconds.map((each) => ({ count: 1, seconds: 1, best: 1e9 / each, rssKiB: 1 }));
  return [
    { cell: overhead.upper, outcomes: outcomes(fibril) },
    { cell: overhead.lower, outcomes: outcomes(generator) },
  ];
}

test("within the limit it holds, beyond it is broken, on both sides it is too noisy to tell", () => {
  const floor = [10, 10, 10, 10, 10];
  assert.equal(judge(overhead, measured([25, 26, 24, 25, 27], floor)).is, "holds");
  assert.equal(judge(overhead, measured([90, 95, 91, 90, 99], floor)).is, "broken");
  assert.equal(judge(overhead, measured([25, 90, 24, 95, 27], floor)).is, "too noisy to tell");
});

test("one bad round is no proof", () => {
  assert.equal(judge(overhead, measured([90], [10])).is, "too noisy to tell");
});

test("what slows both in a round changes nothing", () => {
  const slowed = [1, 5, 1, 3, 1];
  const found = judge(
    overhead,
    measured(
      slowed.map((factor) => factor * 25),
      slowed.map((factor) => factor * 10),
    ),
  );
  assert.equal(found.is, "holds");
});

test("a check that was not measured has a reason", () => {
  const [upper] = measured([25], [10]);
  const found = judge(overhead, [
    upper as Result,
    { cell: overhead.lower, outcomes: [{ failed: "it crashed" }] },
  ]);
  assert.deepEqual(found, { is: "not measured", why: "it crashed" });
});

test("of several tries one that holds is enough, and one that is noisy is no proof", () => {
  const ratio = { low: 1, middle: 1, high: 1, confidence: 0.9 };
  const is = (...tries: ("holds" | "broken" | "too noisy to tell")[]): Found["is"] =>
    overall(tries.map((one) => ({ is: one, ratio }))).is;
  assert.equal(is("broken", "broken", "holds"), "holds");
  assert.equal(is("broken", "too noisy to tell", "broken"), "too noisy to tell");
  assert.equal(is("broken", "broken", "broken"), "broken");
});

test("a check that does not hold is tried three times, and no other again", () => {
  const ratio = { low: 1, middle: 1, high: 1, confidence: 0.9 };
  const after = (...tries: ("holds" | "broken" | "too noisy to tell")[]): number =>
    unsettled(new Map([[overhead, tries.map((one): Found => ({ is: one, ratio }))]])).length;
  assert.equal(after("holds"), 0);
  assert.equal(after("broken"), 1);
  assert.equal(after("broken", "too noisy to tell"), 1);
  assert.equal(after("broken", "holds"), 0);
  assert.equal(after("broken", "broken", "broken"), 0);
  assert.equal(
    unsettled(new Map([[overhead, [{ is: "not measured", why: "it hung" }]]])).length,
    1,
  );
});

test("quickly, what does not hold is tried once", () => {
  const tries = new Map([[overhead, [{ is: "not measured", why: "it hung" } as const]]]);
  assert.equal(unsettled(tries, 1).length, 0);
  assert.deepEqual(
    CHECKS.filter(({ slow }) => slow).map(({ name }) => name.split(":")[0]),
    ["flat in order"],
  );
});

test("count, order, depth, bytes, overhead and waits are guarded, each cell measured once", () => {
  const names = new Set(CHECKS.map(({ name }) => name.split(/[:]| of /)[0]));
  const flat = ["flat in count", "flat in order", "flat in depth"];
  assert.deepEqual([...names], [...flat, "bytes", "overhead", "frames", "compiled", "waits"]);
  assert.equal(cellsOf(CHECKS).length, 22);
});

test("a wait and the await that it is set against are the same work", () => {
  const waits = CHECKS.filter(({ name }) => name.startsWith("waits"));
  assert.deepEqual(
    waits.map(({ upper }) => `${upper.experiment} ${upper.fibers}`),
    ["suspend 64", "suspend 1024", "suspend 100000", "until 1024", "join 1000"],
  );
  for (const { upper, lower } of waits) assert.deepEqual(lower, { ...upper, runtime: "async" });
});

test("this fibril passes; a line a check", async () => {
  const { code, stdout } = await lab(["guard"]);
  assert.equal(code, 0, stdout);
  assert.equal(
    stdout.match(/: (holds|too noisy to tell|broken)( \(\d tries\))?$/gm)?.length,
    CHECKS.length,
    stdout,
  );
});

test("a fibril that is many times slower is broken in every try: exit code 1", async () => {
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
      for (let i = 0; i < 300; i++) sink = (sink + i) | 0;
      return resume.apply(this, args);
    };`,
  );
  const args = ["guard", "--fibril", slow, "--only", "overhead"];
  const { code, stdout } = await lab(args);
  assert.equal(code, 1, stdout);
  assert.match(stdout, /^overhead: .*: broken \(3 tries\)$/m);
});

test("a version that names nothing is refused, and so is a check", async () => {
  const none = await lab(["guard", "--only", "nonsense"]);
  assert.match(none.stderr, /^error: no check has a name that contains "nonsense"\n$/);
  const { code, stderr } = await lab(["guard", "--fibril", "ruby"]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^error: --fibril ruby is neither a folder with a built fibril nor a commit\n$/,
  );
});
