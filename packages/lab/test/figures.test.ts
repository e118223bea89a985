/** From outcomes to figures: medians, ratios, quotations, limits. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell, Outcome, Result, RuntimeName } from "#lab/cell.js";
import { plan, planAll } from "#lab/plan.js";
import { parse, quoted } from "#lab/ruby.js";
import { inOrder } from "#lab/runtimes/runtime.js";
import { isSummary, verdict } from "#lab/summary.js";
import { tables, toMarkdown, toText } from "#lab/tables.js";

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

test("the report's figures are quoted for its own sizes and for no others", () => {
  assert.deepEqual(quoted(cell("ruby", 1024)), {
    quoted: "quoted from the report: its table, another machine",
    rate: 9865286.58,
  });
  assert.ok("failed" in quoted(cell("ruby", 1000)));
  assert.ok("failed" in quoted({ ...cell("ruby", 1024), order: "shuffled" }));
});

test("Ruby's lines are read, its limits too, and nonsense is a failure", () => {
  const read = parse(
    cell("ruby"),
    "created: 100 elapsed: 0.5 bytes: 1300000 faults: 300\nfibers: 100 rss: 7 count: 1000 rate: 500.0\n",
  );
  assert.deepEqual(read, {
    count: 1000,
    seconds: 2,
    best: 500,
    rssKiB: 7,
    bytesPerFiber: 13_000,
    faultsPerFiber: 3,
  });
  const stopped = parse(cell("ruby"), "Stopped at 5 fibers\n#<SomeError: other>\n");
  assert.deepEqual(stopped, { stoppedAt: 5, error: "#<SomeError: other>" });
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
  assert.ok(plan("depth", { runtimes: ["ruby"] }).length === 0);
  const sizes = planAll({})
    .filter(({ experiment }) => experiment === "scale")
    .map(({ fibers }) => fibers);
  for (const size of [64, 30_000, 2 ** 20]) assert.ok(sizes.includes(size));
  assert.ok(planAll({ quick: true }).length < planAll({}).length);
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
