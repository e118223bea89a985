/** From results to pictures: series, limits, quotations, ends; and the tables and CSV behind them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Cell, Outcome, Result, Sample } from "#lab/cell.js";
import { facts } from "#lab/report/facts.js";
import type { BarPicture, LinePicture, Picture, ScatterPicture } from "#lab/report/picture.js";
import { toCsv } from "#lab/report/picture-csv.js";
import { tableOf } from "#lab/report/picture-table.js";
import { pictures } from "#lab/report/pictures.js";
import { together } from "#lab/report/together.js";
import type { Stored } from "#lab/runs/store.js";

const cell = (more: Partial<Cell> = {}): Cell => ({
  experiment: "scale",
  runtime: "fibril",
  order: "sequential",
  fibers: 64,
  count: 1000,
  ...more,
});
const sample = (rate: number, more: Partial<Sample> = {}): Sample => ({
  count: 1000,
  seconds: 1000 / rate,
  best: rate,
  rssKiB: 1,
  ...more,
});
const result = (more: Partial<Cell>, ...outcomes: Outcome[]): Result => ({
  cell: cell(more),
  outcomes,
});

function picture<P extends Picture = LinePicture>(results: readonly Result[], id: string): P {
  const all = pictures(results);
  const found = all.find((one) => one.id === id);
  assert.ok(found, `${id} is among ${all.map((one) => one.id).join(", ")}`);
  return found as P;
}

const LIMIT = { stoppedAt: 31_744, error: "can't set a guard page", hint: "sysctl" };

test("a series is a runtime, its points are medians in the order of their sizes", () => {
  const { series, x, y } = picture(
    [
      result({ fibers: 1024 }, sample(5e6)),
      result({ runtime: "ruby" }, sample(1e6)),
      result({}, sample(3e6), sample(1e6), sample(2e6)),
    ],
    "scale-sequential",
  );
  assert.deepEqual(
    series.map(({ runtime }) => runtime),
    ["fibril", "ruby"],
  );
  const [first, second] = series[0]?.points ?? [];
  assert.deepEqual([first?.x, second?.x], [64, 1024]);
  assert.equal(Math.round(first?.y ?? 0), 2e6);
  assert.ok((first?.low ?? 0) >= 1e6 - 1 && (first?.high ?? 0) <= 3e6 + 1);
  assert.deepEqual([x.scale, y.scale], ["log", "log"]);
});

test("the subject is first, however the results are ordered", () => {
  const runtimes = ["ruby", "stranger", "generator", "fibril"];
  const { series } = picture(
    runtimes.map((runtime) => result({ runtime }, sample(1e6))),
    "scale-sequential",
  );
  assert.deepEqual(
    series.map(({ runtime }) => runtime),
    ["fibril", "generator", "ruby", "stranger"],
  );
});

test("orders are pictures of their own, on one scale", () => {
  const results = [
    result({}, sample(50e6)),
    result({ order: "shuffled" }, sample(2e5)),
    result({ order: "shuffled", fibers: 1024 }, sample(3e5)),
  ];
  const inOrder = picture(results, "scale-sequential");
  const shuffled = picture(results, "scale-shuffled");
  assert.deepEqual(inOrder.range, [1e5, 1e8]);
  assert.deepEqual(shuffled.range, inOrder.range);
  assert.deepEqual([inOrder.series[0]?.points.length, shuffled.series[0]?.points.length], [1, 2]);
});

test("a limit ends its line where it was reached, at the height that was reached", () => {
  const { series, notes } = picture(
    [
      result({ runtime: "ruby" }, sample(4e6)),
      result({ runtime: "ruby", fibers: 30_000 }, sample(1e6)),
      result({ runtime: "ruby", fibers: 100_000 }, LIMIT),
      result({ runtime: "ruby", fibers: 1_000_000 }, LIMIT),
    ],
    "scale-sequential",
  );
  assert.equal(series.length, 1);
  const stop = series[0]?.stop;
  assert.equal(stop?.x, 31_744);
  assert.equal(Math.round(stop?.y ?? 0), 1e6);
  assert.equal(stop?.text, "stopped at 31,744");
  assert.equal(notes.filter((note) => note.includes("guard page")).length, 1);
  assert.match(notes.join("\n"), /sysctl/);
});

test("a quoted figure is a series of its own, named so, and never mixed with measured ones", () => {
  const quoted = { quoted: "quoted from the bug report", rate: 3e6 };
  const { series, notes } = picture(
    [
      result({ runtime: "ruby" }, quoted),
      result({ runtime: "ruby", fibers: 1024 }, sample(4e6)),
      result({ runtime: "ruby", fibers: 100_000 }, LIMIT),
    ],
    "scale-sequential",
  );
  assert.deepEqual(
    series.map(({ name, quoted: source, points }) => [name, source, points.length]),
    [
      ["Ruby fibers", undefined, 1],
      ["Ruby fibers (quoted)", "quoted from the bug report", 1],
    ],
  );
  assert.match(notes.join("\n"), /\* quoted from the bug report/);
});

test("what failed is no point; doubts are kept apart from limits", () => {
  const { series, notes, asides } = picture(
    [
      result({}, sample(1e6), sample(1e6), sample(1e6), sample(1e6), sample(9e6)),
      result({ runtime: "go" }, { failed: "crashed" }),
    ],
    "scale-sequential",
  );
  assert.deepEqual(
    series.map(({ runtime }) => runtime),
    ["fibril"],
  );
  assert.deepEqual(notes, []);
  assert.match((asides ?? []).join("\n"), /crashed/);
  assert.match((asides ?? []).join("\n"), /too noisy to tell/);
});

const created = (fibers: number, runtime: string, bytes: number, faults = 0.1): Result =>
  result(
    { experiment: "create", runtime, fibers, count: 0 },
    sample(1, {
      count: fibers,
      seconds: fibers * 1e-6,
      bytesPerFiber: bytes,
      faultsPerFiber: faults,
      createSeconds: fibers * 0.25e-6,
      enterSeconds: fibers * 0.75e-6,
    }),
  );

test("creation: bytes, faults, and a bar of two parts for each fiber", () => {
  const results = [
    created(30_000, "ruby", 13_000, 3.3),
    created(30_000, "fibril", 300),
    created(1_000_000, "fibril", 280),
    result({ experiment: "create", runtime: "ruby", fibers: 1_000_000, count: 0 }, LIMIT),
  ];
  const bytes = picture(results, "bytes");
  assert.deepEqual(
    bytes.series.map(({ runtime, points }) => [runtime, points.map(({ y }) => y)]),
    [
      ["fibril", [300, 280]],
      ["ruby", [13_000]],
    ],
  );
  assert.equal(picture(results, "faults").y.scale, "linear");
  const split = picture<BarPicture>(results, "create-split");
  assert.match(split.title, /30,000 fibers/);
  const [fibril] = split.bars;
  assert.deepEqual(
    fibril?.values.map((value) => value.toPrecision(3)),
    ["2.50e-7", "7.50e-7"],
  );
});

test("a negative number of bytes has no place on a logarithmic axis", () => {
  const results = [created(10, "fibril", -500), created(30_000, "fibril", 300)];
  assert.deepEqual(
    picture(results, "bytes").series[0]?.points.map(({ x }) => x),
    [30_000],
  );
});

test("pauses go from the median to the longest; the share of the collector is beside them", () => {
  const pauses = { p50: 0.001, p99: 0.004, max: 0.02 };
  const results = [
    result({ experiment: "gc", fibers: 1000 }, sample(1e6, { seconds: 2, gcSeconds: 0.1, pauses })),
  ];
  const [point] = picture(results, "pauses").series[0]?.points ?? [];
  assert.deepEqual(point, { x: 1000, y: 0.004, low: 0.001, high: 0.02 });
  assert.equal(picture(results, "gc-share").series[0]?.points[0]?.y, 0.05);
  assert.ok(!pictures(results).some(({ id }) => id === "loop-delay"));
});

test("what was not measured makes no picture, and nothing at all makes none", () => {
  assert.deepEqual(pictures([]), []);
  assert.deepEqual(
    pictures([result({}, sample(1e6))]).map(({ id }) => id),
    ["scale-sequential"],
  );
});

test("every picture has a table and a CSV with each of its points", () => {
  const results = [
    result({}, sample(20e6)),
    result({ fibers: 1024 }, sample(18e6)),
    result({ runtime: "ruby" }, sample(4e6)),
    result({ runtime: "ruby", fibers: 100_000 }, LIMIT),
  ];
  const drawn = picture(results, "scale-sequential");
  assert.deepEqual(tableOf(drawn), {
    head: ["fibers", "Fibril", "Ruby fibers"],
    rows: [
      ["64", "20.0 M/s", "4.00 M/s"],
      ["1,024", "18.0 M/s", ""],
      ["31,744", "", "stopped"],
    ],
  });
  const csv = toCsv(drawn).trimEnd().split("\n");
  assert.equal(csv[0], "series,runtime,fibers,switches a second (a second),low,high,note");
  assert.equal(csv.length, 1 + 3 + 1);
  assert.match(csv[1] as string, /^Fibril,fibril,64,20000000(\.\d+)?,/);
  assert.match(csv[4] as string, /^Ruby fibers,ruby,31744,,,,stopped at 31,744|"stopped at 31,744/);
});

test("CSV keeps a text with commas, quotes and lines in one cell", () => {
  const limit = { stoppedAt: 70, error: 'said "no", twice\nand left' };
  const results = [result({}, sample(1e6)), result({ fibers: 128 }, limit)];
  const csv = toCsv(picture(results, "scale-sequential"));
  assert.match(csv, /"stopped at 70: said ""no"", twice\nand left"/);
});

test("the facts name the subject first, and say where a rival stopped", () => {
  const results = [
    result({}, sample(20e6)),
    result({ fibers: 2 ** 20 }, sample(16e6)),
    result({ runtime: "ruby" }, sample(4e6)),
    result({ runtime: "ruby", fibers: 30_000 }, sample(1e6)),
    result({ runtime: "ruby", fibers: 2 ** 20 }, LIMIT),
  ];
  const [fact] = facts(pictures(results));
  assert.equal(fact?.picture, "scale-sequential");
  assert.deepEqual(
    fact?.lines.map(({ name, text }) => `${name} ${text}`),
    [
      "Fibril 20.0 M/s at 64, 16.0 M/s at 1,048,576",
      "Ruby fibers 4.00 M/s at 64, 1.00 M/s at 30,000, stopped at 31,744",
    ],
  );
});

test("of several runs the later one's cell counts", () => {
  const run = (rate: number): Stored =>
    ({ results: [result({}, sample(rate))] }) as unknown as Stored;
  const { results } = together([run(1e6), run(2e6)]);
  assert.equal(results.length, 1);
  assert.equal(picture(results, "scale-sequential").series[0]?.points[0]?.y, 2e6);
});

test("cache misses against time, with a correlation where there are enough points", () => {
  const sizes = [1, 2, 3, 4].map((power) => 10 ** power);
  const results = sizes.map((fibers) =>
    result(
      { experiment: "counters", fibers },
      sample(1e8 / fibers, { events: { "cache-misses": 10 * fibers } }),
    ),
  );
  const { series, correlations } = picture<ScatterPicture>(results, "misses");
  assert.equal(series[0]?.points.length, 4);
  assert.equal(series[0]?.points[0]?.x, 0.1);
  assert.equal(correlations.length, 1);
  assert.equal(correlations[0]?.points, 4);
  assert.ok((correlations[0]?.ranks ?? 0) > 0.99);
});

test("where cache misses are not counted, the picture gives the reason instead", () => {
  const missing = sample(1e6, { eventsMissing: "no hardware counters here" });
  const drawn = picture<ScatterPicture>([result({ experiment: "counters" }, missing)], "misses");
  assert.deepEqual([drawn.series, drawn.notes], [[], ["no hardware counters here"]]);
});

test("a switch stands at the memory that all fibers take, beside the loads from as much", () => {
  const loads = [10, 14, 18].map((power) =>
    result(
      { experiment: "memory", runtime: "loads", order: "shuffled", fibers: 2 ** power },
      sample(1e9 / 2 ** (power - 8)),
    ),
  );
  const results = [
    result({ fibers: 1000 }, sample(2e7, { bytesPerFiber: 320 })),
    result({ fibers: 1000, order: "shuffled" }, sample(1e7, { bytesPerFiber: 320 })),
    ...loads,
  ];
  const { series } = picture<ScatterPicture>(results, "footprint");
  assert.deepEqual(
    series.map(({ name, hollow = false }) => [name, hollow]),
    [
      ["Fibril", false],
      ["Fibril, shuffled", true],
      ["Dependent loads from memory", false],
    ],
  );
  assert.equal(series[0]?.points[0]?.x, 320_000);
  assert.equal(series[2]?.points[0]?.x, 2 ** 10 * 64);
  const latency = picture<ScatterPicture>(results, "latency").series[0]?.points[0];
  // 320,000 bytes lie between the 65,536 of 4 ns and the 1,048,576 of 64 ns.
  assert.ok(latency !== undefined && latency.x > 4e-9 && latency.x < 64e-9);
});

test("a workload of tasks has a bar per runtime, of the quantity that it is about", () => {
  const spawned = (runtime: string, fibers: number, rate: number): Result =>
    result({ experiment: "spawn", runtime, fibers, count: 0 }, sample(rate, { count: fibers }));
  const sleeping = result(
    { experiment: "sleep", fibers: 100, count: 0 },
    sample(10, { bytesPerFiber: 500 }),
  );
  const results = [
    spawned("go", 1000, 500 * 1000),
    spawned("fibril", 1000, 1e6),
    spawned("fibril", 5000, 1e6),
    sleeping,
  ];
  const spawn = picture<BarPicture>(results, "spawn-sequential");
  assert.match(spawn.title, /^Spawn.*, 1,000 tasks$/);
  assert.deepEqual(
    spawn.bars.map(({ runtime }) => runtime),
    ["fibril", "go"],
  );
  assert.equal(spawn.axis.unit, "seconds");
  const sleep = picture<BarPicture>(results, "sleep-sequential");
  assert.deepEqual([sleep.axis.unit, sleep.bars[0]?.values], ["bytes", [500]]);
  assert.deepEqual(tableOf(sleep), {
    head: ["runtime", "memory each"],
    rows: [["Fibril", "500 B"]],
  });
});
