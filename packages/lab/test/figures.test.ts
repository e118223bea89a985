/** From outcomes to figures: medians, ratios, quotations, limits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell, Outcome, Result, RuntimeName, Sample } from "#lab/cell.js";
import { doubts, notes } from "#lab/tables/notes.js";
import { plan, planAll, planWithBeside } from "#lab/runs/plan.js";
import { parse, quoted } from "#lab/runtimes/ruby.js";
import { inOrder } from "#lab/measuring/order.js";
import { isSummary, verdict } from "#lab/figures/summary.js";
import { toMarkdown, toText } from "#lab/figures/table.js";
import { tables } from "#lab/tables/tables.js";

const cell = (runtime: RuntimeName, fibers = 100): Cell => ({
  experiment: "scale",
  runtime,
  order: "sequential",
  fibers,
  count: 1000,
});
const sample = (rate: number): Outcome => ({
  count: 1000,
  seconds: 1000 / rate,
  best: rate * 2,
  rssKiB: 1,
});
const result = (of: Cell, ...outcomes: Outcome[]): Result => ({ cell: of, outcomes });

test("a summary has the median, the ends and the best slice", () => {
  const found = verdict(result(cell("fibril"), sample(3e6), sample(1e6), sample(2e6)));
  assert.ok(isSummary(found));
  assert.deepEqual(
    [found.rate, found.lowest, found.highest, found.best, found.repeats].map(Math.round),
    [2e6, 1e6, 3e6, 6e6, 3],
  );
});

test("a table has a column a runtime, the ratios, and what stopped below it", () => {
  const [table] = tables([
    result(cell("fibril"), sample(20e6)),
    result(cell("generator"), sample(50e6)),
    result(cell("ruby"), sample(4e6)),
    result(cell("fibril", 50_000), sample(18e6)),
    result(cell("ruby", 50_000), { stoppedAt: 31_744, error: "no", hint: "more" }),
  ]);
  assert.ok(table);
  assert.deepEqual(table.head, [
    "fibers",
    "fibril",
    "generator",
    "ruby",
    "fibril : generator",
    "fibril : ruby",
  ]);
  assert.deepEqual(table.rows, [
    ["100", "20.0", "50.0", "4.00", "0.40×", "5.00×"],
    ["50,000", "18.0", "", "stopped", "", ""],
  ]);
  assert.deepEqual(table.notes, ["ruby, 50,000: Stopped at 31744 fibers: no (more)"]);
  assert.match(toText(table), /^fibers {2}fibril {2}generator/m);
  assert.match(toMarkdown(table), /^\| 100 \| 20\.0 \| 50\.0 \|/m);
});

test("figures and ratios that are too noisy to tell are marked, round by round", () => {
  const slowed = [1, 0.4, 1.1, 0.5, 0.9, 1.2];
  const [table] = tables([
    result(cell("fibril"), ...slowed.map((factor) => sample(20e6 * factor))),
    result(cell("generator"), ...slowed.map((factor) => sample(50e6 * factor))),
    result(cell("ruby"), ...[1, 5, 2, 4, 3, 1].map((rate) => sample(rate * 1e6))),
  ]);
  assert.ok(table);
  const [, fibril, , , against, ruby] = table.rows[0] as readonly string[];
  assert.match(fibril as string, /^~19\.0 \(9\.\d+–2\d\.\d\)$/);
  assert.equal(against, "0.40×");
  assert.match(ruby as string, /^~\d/);
  const below = table.notes.join("\n");
  assert.match(below, /holds the median with 95 %, from 6 repeats\n~ too noisy to tell/);
});

test("no mark is explained that is not in the table, and a noisy ratio's is", () => {
  const spread = [1, 5, 2].map((rate) => sample(rate * 1e6));
  const [detailed] = tables([result({ ...cell("fibril"), experiment: "create" }, ...spread)]);
  assert.match(detailed?.rows[0]?.[2] as string, /^~0\.50 \(0\.20–1\.00\)$/);
  assert.deepEqual(detailed?.notes, [
    "(low–high) holds the median with 75 %, from 3 repeats",
    "~ too noisy to tell: known to within 15 % at best",
  ]);
  const [once] = tables([result({ ...cell("fibril"), experiment: "create" }, sample(1e6))]);
  assert.deepEqual([once?.rows[0]?.[2], once?.notes], ["1.00", []]);
  const [table] = tables([
    result(cell("fibril"), ...[1, 1.13, 1.26].map((rate) => sample(rate * 1e6))),
    result(cell("generator"), ...[1.26, 1.13, 1].map((rate) => sample(rate * 1e6))),
  ]);
  const [, fibril, generator, ratio] = table?.rows[0] ?? [];
  assert.match(`${fibril} ${generator}`, /^1\.13 \(.*\) 1\.13 \(.*\)$/);
  assert.equal(ratio, "~1.00×");
  assert.match(table?.notes.at(-1) as string, /^~ too noisy to tell/);
});

test("notes mention an outlier, a limit by the clock, and a slow start only if every repeat had one", () => {
  const sliced = (rate: number, slices: number[]): Outcome => ({
    ...(sample(rate) as Sample),
    slices,
  });
  const cold = [2, 3, 4, 9, 9, 9, 9, 9, 9, 9];
  const warm = [9, 9, 9, 9, 9, 9, 9, 9, 9, 9];
  const told = (...results: Result[]): string => notes(results).join("\n");
  const far = [1e6, 1.01e6, 0.99e6, 1.02e6, 3e6].map((rate) => sample(rate));
  assert.match(told(result(cell("fibril"), ...far)), /^fibril, 100: outliers: 1 of 5 repeats/);
  assert.match(
    told(result(cell("fibril"), sliced(1e6, cold), sliced(1e6, cold))),
    /the first 2 of 10 slices were slower: not warm yet/,
  );
  assert.doesNotMatch(
    told(result(cell("fibril"), sliced(1e6, cold), sliced(1e6, warm))),
    /not warm/,
  );
  const limited = { ...cell("generator"), limit: 1, count: 5000 };
  assert.match(told(result(limited, sample(1e6))), /stopped by the clock at 1,000 operations/);
  assert.match(
    told(result({ ...cell("generator"), experiment: "ring" }, sample(1e6))),
    /^generator measured: a loop/,
  );
});

test("below the bug report's own lines stands how noisy they are", () => {
  const [line, ends] = doubts([
    result(cell("fibril"), ...[1, 2, 3].map((rate) => sample(rate * 1e6))),
  ]);
  assert.equal(line, "fibril, 100: too noisy to tell: known to within 50 %");
  assert.equal(ends, "(low–high) holds the median with 75 %, from 3 repeats");
  const brackets = "(low–high) holds the median with";
  assert.deepEqual(
    doubts([
      result(cell("fibril"), sample(1e6), sample(1.01e6)),
      result(cell("ruby"), ...[1, 1.01, 1.02].map((rate) => sample(rate * 1e6))),
    ]),
    [`${brackets} 75 %, from 3 repeats; 50 %, from 2`],
  );
  assert.deepEqual(doubts([result(cell("fibril"), sample(1e6))]), []);
});

test("the bug report's figures are quoted for its own sizes and for no others", () => {
  assert.deepEqual(quoted(cell("ruby", 1024)), {
    quoted: "quoted from the bug report: its table, another machine",
    rate: 9865286.58,
  });
  assert.equal(quoted(cell("ruby", 1000)), undefined);
  assert.equal(quoted({ ...cell("ruby", 1024), order: "shuffled" }), undefined);
  const counted = quoted({ ...cell("ruby", 4096), experiment: "counters" });
  assert.ok(counted !== undefined && "events" in counted && counted.count === 10_000_000);
  assert.equal(counted.rate, 2577203.154505403);
  assert.equal(counted.events?.["cache-misses"], 332_459_456);
  assert.equal(counted.events["dTLB-store-misses"], 3_191_327);
  assert.equal(quoted({ ...cell("ruby", 4095), experiment: "counters" }), undefined);
  assert.equal(quoted({ ...cell("ruby", 1), experiment: "create" }), undefined);
  const stopped = quoted({ ...cell("ruby", 100_000), experiment: "ring" });
  assert.ok(stopped !== undefined && "stoppedAt" in stopped && stopped.stoppedAt === 31_744);
});

test("a quoted row of counters has the bug report's figures, and is marked as quoted", () => {
  const of: Cell = { ...cell("ruby", 4096), experiment: "counters" };
  const [table] = tables([result(of, quoted(of) as Outcome)]);
  const [row = []] = table?.rows ?? [];
  assert.deepEqual(row.slice(0, 8), [
    "4,096",
    "ruby",
    "388*",
    "33.246",
    "29.446",
    "7.254",
    "1.842",
    "0",
  ]);
  assert.equal(row.slice(8).join(""), "");
  assert.match(table?.notes.join("\n") as string, /^\* quoted from the bug report: its CSV/m);
});

test("Ruby's lines are read, its limits too, and nonsense is a failure", () => {
  const told = { count: 1000, seconds: 2, best: 500, rssKiB: 7, bytesPerFiber: 13_000 };
  const read = parse(
    cell("ruby"),
    `fibers: 100 rss: 7 count: 1000 rate: 500.0\n${JSON.stringify(told)}\n`,
  );
  assert.deepEqual(read, told);
  const stopped = parse(cell("ruby"), "Stopped at 5 fibers\n#<SomeError: other>\n");
  assert.deepEqual(stopped, { stoppedAt: 5, error: "#<SomeError: other>" });
  const deep = parse(cell("ruby"), "Stopped at 1168 calls\n#<SystemStackError: too deep>\n");
  assert.ok("stoppedAt" in deep && deep.stoppedAt === 1168);
  assert.match(deep.hint as string, /RUBY_FIBER_VM_STACK_SIZE/);
  assert.ok("failed" in parse(cell("ruby"), "hello"));
});

test("a plan has every combination, in an order that keeps the runtimes of one size together", () => {
  const cells = plan("ring", {
    runtimes: ["fibril", "ruby"],
    fibers: [1, 2],
    orders: ["sequential", "shuffled"],
  });
  assert.equal(cells.length, 8);
  assert.deepEqual(
    cells.slice(0, 2).map(({ runtime }) => runtime),
    ["fibril", "ruby"],
  );
  assert.ok(plan("empty", { runtimes: ["ruby"] }).length === 0);
  const sizes = planAll({})
    .filter(({ experiment }) => experiment === "scale")
    .map(({ fibers }) => fibers);
  for (const size of [64, 30_000, 2 ** 20]) assert.ok(sizes.includes(size));
  assert.ok(planAll({ quick: true }).length < planAll({}).length);
});

test("by itself the table has every power, and Go where that is no half a minute; sizes stay together", () => {
  const cells = planWithBeside("scale", {});
  const sizesOf = (runtime: string, order: string): number[] =>
    cells
      .filter((one) => one.runtime === runtime && one.order === order)
      .map(({ fibers }) => fibers);
  for (const runtime of ["fibril", "generator", "ruby"])
    assert.equal(sizesOf(runtime, "sequential").length, 21);
  assert.deepEqual(sizesOf("go", "sequential"), [1, 64, 1_024, 16_384, 131_072, 1_048_576]);
  assert.deepEqual(sizesOf("ruby", "shuffled"), [64, 16_384]);
  const sizes = cells.map(({ fibers }) => fibers);
  assert.deepEqual(
    sizes,
    sizes.toSorted((a, b) => a - b),
  );
  // A choice by the user is measured completely.
  assert.equal(planWithBeside("scale", { runtimes: ["go"] }).length, 21 + 5);
  assert.equal(planWithBeside("counters", {}).filter(({ runtime }) => runtime === "go").length, 8);
});

test("a shuffle is a permutation, the same every time, and not the identity", () => {
  const numbers = (): number[] => Array.from({ length: 1000 }, (_, i) => i);
  const shuffled = inOrder(numbers(), "shuffled");
  assert.deepEqual(inOrder(numbers(), "shuffled"), shuffled);
  assert.notDeepEqual(shuffled, numbers());
  assert.deepEqual(
    shuffled.toSorted((a, b) => a - b),
    numbers(),
  );
  assert.deepEqual(inOrder(numbers(), "sequential"), numbers());
});
