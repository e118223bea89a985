/** The bug report's last program, with a stand-in for perf, and without any. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Result, Sample } from "#lab/cell.js";
import { foldPerf, foldV8 } from "#lab/perf/fold.js";
import { beyondCsv, bugReportCsv } from "#lab/figures/bug-report-csv.js";
import { parseStat } from "#lab/perf/stat.js";
import { programFile } from "#lab/runtimes/program.js";
import { runtimes } from "#lab/runtimes/registry.js";
import { scatters, scatterTables } from "#lab/figures/scatter.js";
import { lab, scratch, standIn } from "./support.js";

const fixture = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/${name}`, import.meta.url), "utf8");
const [HEAD, ...ROWS] = readFileSync(programFile("ruby/bug-report-counters.csv"), "utf8")
  .trim()
  .split("\n") as [string, ...string[]];
const SMALL = ["--quick", "--count", "2000", "--order", "sequential"];
const NO_PERF = { FIBRIL_PERF: "/nonexistent/perf" };

const eventsIn = (row: string): string => row.split(",").slice(3, 18).join(",");

for (const runtime of ["fibril", "generator", "ruby"]) {
  test(`${runtime}: the bug report's columns, by name and in order, and perf's own figures in them`, async (t) => {
    const sizes = ["--fibers", "1,64,1024", "--format", "csv"];
    const { code, stdout, stderr } = await lab(
      ["counters", "--runtime", runtime, ...sizes, ...SMALL],
      standIn("perf", "stand-in-perf.js"),
    );
    if (stderr.startsWith("skipped: ruby")) {
      t.skip("no Ruby");
      return;
    }
    assert.equal(code, 0, stderr);
    const [head, ...rows] = stdout.trimEnd().split("\n") as [string, ...string[]];
    assert.ok(head.startsWith(`${HEAD},context-switches,`), head);
    assert.deepEqual(
      rows.map((row) => [row.split(",")[0], eventsIn(row)]),
      [1, 64, 1024].map((size) => {
        const reported = ROWS.find((row) => row.startsWith(`${size},`)) as string;
        return [String(size), eventsIn(reported)];
      }),
    );
    for (const row of rows) {
      const [fibers, seconds, rate] = row.split(",").map(Number) as [number, number, number];
      const count = Math.round(rate * seconds);
      assert.ok(count >= 2000 && count < 2000 + fibers, row);
    }
  });
}

test("cache misses each, in the table and in what a switch waits for", async () => {
  const { stdout } = await lab(
    ["counters", "--runtime", "generator", "--fibers", "64,1024,4096", ...SMALL],
    standIn("perf", "stand-in-perf.js"),
  );
  const misses = (9447 / 2048).toFixed(3).replace(".", String.raw`\.`);
  assert.match(stdout, new RegExp(String.raw`^ +64 +generator +[\d.,]+ +${misses} `, "m"));
  assert.match(stdout, /^what a switch waits for: generator, sequential$/m);
  assert.match(stdout, /^fibers {2}ns each {2}cache misses each {2}footprint MiB/m);
  assert.match(
    stdout,
    /time goes with cache misses: correlation -?[\d.]+, by ranks .* over 3 sizes/,
  );
});

for (const [kind, reason] of [
  ["none", /no hardware counters: the processor, or the virtual machine, offers none/],
  ["forbidden", /no hardware counters: not permitted.*sysctl -w kernel\.perf_event_paranoid=-1/],
] as const) {
  test(`${kind}: cells without hardware events are empty, software's are filled, the reason is printed once`, async () => {
    const { code, stdout, stderr } = await lab(
      ["counters", "--runtime", "all", "--fibers", "1,8", "--format", "csv", ...SMALL],
      { ...standIn("perf", "stand-in-perf.js"), FIBRIL_STAND_IN: kind },
    );
    assert.equal(code, 0, stderr);
    assert.equal(stderr.split("no hardware counters").length, 2, stderr);
    assert.match(stderr, reason);
    const rows = stdout.trimEnd().split("\n").slice(1);
    // Every installed runtime has all figures; a quotation for a missing Ruby has no software events.
    const measured = rows.filter((row) => !row.includes("quoted"));
    const skipped = new Set(stderr.match(/^skipped: [\w-]+/gm)).size;
    const able = runtimes.filter(({ experiments }) => experiments.includes("counters")).length;
    assert.equal(measured.length, 2 * (able - skipped), stderr);
    for (const row of measured) {
      const cells = row.split(",");
      const [faults, major, minor] = cells.slice(3, 6).map(Number) as [number, number, number];
      assert.equal(faults, major + minor);
      assert.equal(cells.slice(6, 18).join(""), "");
      // Erlang keeps no account of the time, for it slows the messages down.
      const silent = row.includes(",erlang,") && cells[21] !== "0";
      for (const [index, software] of cells.slice(18, 25).entries()) {
        if (index !== 4 || !silent) assert.match(software, /^[\d.e-]+$/, row);
      }
    }
  });
}

test("without perf the program prints once how to install it", async () => {
  const { code, stderr } = await lab(
    ["counters", "--runtime", "generator", "--fibers", "1,8", ...SMALL],
    NO_PERF,
  );
  assert.equal(code, 0);
  assert.equal(stderr.match(/perf is not installed; apt-get install linux-perf/g)?.length, 1);
});

test("events that are counted by turns are shown, with a note that they are scaled", async () => {
  const { stdout, stderr } = await lab(
    ["counters", "--runtime", "generator", "--fibers", "64", "--format", "csv", ...SMALL],
    { ...standIn("perf", "stand-in-perf.js"), FIBRIL_STAND_IN: "by-turns" },
  );
  assert.match(stdout, /,5346794521,12588604,9447,/);
  assert.match(stderr, /counted by turns, 40 % of the time at least, and scaled by perf/);
});

test("a perf that breaks down does not take the measurement with it", async () => {
  const { code, stdout, stderr } = await lab(
    ["counters", "--runtime", "generator", "--fibers", "64", "--format", "csv", ...SMALL],
    { ...standIn("perf", "stand-in-perf.js"), FIBRIL_STAND_IN: "broken" },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^64,[\d.]+,[\d.]+,\d+,\d+,\d+,,,/m);
  assert.match(stderr, /perf stat failed: ended with code 129/);
});

test("a limit has no row in the CSV: it is mentioned once for each runtime", () => {
  const results = [1, 50_000, 100_000].flatMap((fibers) =>
    (["sequential", "shuffled"] as const).map((order): Result => ({
      cell: { experiment: "counters", runtime: "ruby", order, fibers, count: 1 },
      outcomes:
        fibers === 1
          ? [{ count: 1, seconds: 1, best: 1, rssKiB: 1 }]
          : [{ stoppedAt: 31_744, error: "no memory" }],
    })),
  );
  assert.equal(bugReportCsv(results).trimEnd().split("\n").length, 3);
  assert.deepEqual(beyondCsv(results), [
    "ruby, 50,000 and 100,000: not in the CSV: stopped at 31744 fibers: no memory",
  ]);
});

test("the bug report's own figures: time goes with cache misses", () => {
  const names = HEAD.split(",");
  const results = ROWS.map((row): Result => {
    const values = row.split(",").map(Number) as [number, number, number, ...number[]];
    const [fibers, seconds, rate] = values;
    const events = Object.fromEntries(names.map((name, i) => [name, values[i] as number]));
    const cell = { experiment: "counters", runtime: "ruby", order: "sequential" } as const;
    const sample = { count: 10_000_000, seconds, best: rate, rssKiB: 1, events };
    return { cell: { ...cell, fibers, count: 10_000_000 }, outcomes: [sample] };
  });
  const [ruby] = scatters(results);
  assert.ok(ruby?.withMisses);
  assert.equal(ruby.withMisses.points, 21);
  assert.ok(ruby.withMisses.linear > 0.99, String(ruby.withMisses.linear));
  assert.equal(ruby.withLoad, undefined);
});

test("a switch is expressed in loads from its own footprint", () => {
  const memory = (lines: number, nanoseconds: number): Result => ({
    cell: { experiment: "memory", runtime: "loads", order: "shuffled", fibers: lines, count: 1 },
    outcomes: [{ count: 1, seconds: nanoseconds / 1e9, best: 1, rssKiB: 1 }],
  });
  const switches = (fibers: number, nanoseconds: number): Result => ({
    cell: { experiment: "counters", runtime: "fibril", order: "shuffled", fibers, count: 1 },
    outcomes: [
      {
        count: 1,
        seconds: nanoseconds / 1e9,
        best: 1,
        rssKiB: 1,
        bytesPerFiber: fibers < 64 ? 999 : 256,
      },
    ],
  });
  const [found] = scatters([
    memory(2 ** 6, 2),
    memory(2 ** 16, 12),
    memory(2 ** 20, 100),
    switches(16, 50),
    switches(2 ** 14, 60),
    switches(2 ** 18, 500),
  ]);
  const rounded = found?.points.map(({ footprint = 0, load = 0, loads = 0 }) =>
    [footprint, load, loads].map(Math.round),
  );
  // 256 bytes each, as the most of them tell; 2^12 is 2^6 lines and 2^22 is 2^16 lines of 64 bytes.
  assert.deepEqual(rounded, [
    [16 * 256, 2, 25],
    [2 ** 22, 12, 5],
    [2 ** 26, 100, 5],
  ]);
});

test("a footprint beyond the largest that was measured is marked", () => {
  const cell = { runtime: "fibril", order: "sequential", count: 1 } as const;
  const took = (ns: number): Sample => ({ count: 1, seconds: ns / 1e9, best: 1, rssKiB: 1 });
  const memory = (lines: number, ns: number): Result => ({
    cell: { ...cell, experiment: "memory", fibers: lines },
    outcomes: [took(ns)],
  });
  const switches = (fibers: number): Result => ({
    cell: { ...cell, experiment: "counters", fibers },
    outcomes: [{ ...took(50), bytesPerFiber: 64 }],
  });
  const results = [memory(1, 10), memory(1_024, 100), switches(1_024), switches(2_048)];
  assert.deepEqual(
    scatters(results)[0]?.points.map(({ load, beyond }) => [load, beyond]),
    [
      [100, undefined],
      [100, true],
    ],
  );
  const [table] = scatterTables(results);
  assert.deepEqual(table?.rows.at(-1)?.slice(-2), ["> 100", "< 0.50"]);
  assert.match(table?.notes.at(-1) ?? "", /^> and <: a load from so much memory was not measured/);
});

test("what perf prints is read; what was not counted is left out", () => {
  const found = parseStat(
    [
      "# started on Tue Nov 24 23:26:01 2026",
      "",
      '{"counter-value" : "23251.000000", "unit" : "", "event" : "page-faults", "event-runtime" : 487185513, "pcnt-running" : 100.00, "metric-value" : 0.000000, "metric-unit" : "(null)"}',
      '{"counter-value" : "<not supported>", "unit" : "", "event" : "cpu-cycles:u", "event-runtime" : 0, "pcnt-running" : 100.00}',
      '{"counter-value" : "<not counted>", "unit" : "", "event" : "LLC-loads", "event-runtime" : 0, "pcnt-running" : 0.00}',
      '{"counter-value" : "7.000000", "event" : "cache-misses", "pcnt-running" : 33.30}',
      '{"counter-value" : 7,0}',
    ].join("\n"),
  );
  assert.deepEqual(found.events, { "page-faults": 23_251, "cache-misses": 7 });
  assert.equal(Math.round(found.running * 1000), 333);
});

test("perf's stacks are folded: outermost first, the kernel marked, the unknown left out", () => {
  const stacks = foldPerf(fixture("perf-script.txt"));
  const split = stacks.filter(([stack]) => stack.includes("__split_vma_[k]"));
  assert.ok(split.length > 0);
  assert.match(
    split[0]?.[0] as string,
    /^__mprotect;entry_SYSCALL_64_after_hwframe_\[k\];do_syscall_64_\[k\];.*vma_modify_\[k\];__split_vma_\[k\];/,
  );
  assert.equal(
    stacks.reduce((sum, [, samples]) => sum + samples, 0),
    4,
  );
  assert.ok(stacks.every(([stack]) => !stack.includes("unknown")));
});

test("V8's tree of samples is folded, and what was idle left out", () => {
  const node = (
    id: number,
    functionName: string,
    url: string,
    children: number[] = [],
  ): object => ({
    id,
    callFrame: { functionName, url },
    children,
  });
  const profile = {
    nodes: [
      node(1, "(root)", "", [2, 5]),
      node(2, "measure", "file:///a/create.js", [3, 4]),
      node(3, "", "file:///a/fibril.js"),
      node(4, "(garbage collector)", ""),
      node(5, "(idle)", ""),
    ],
    samples: [3, 3, 4, 5, 2],
  };
  assert.deepEqual(foldV8(JSON.stringify(profile)), [
    ["measure create.js", 1],
    ["measure create.js;(anonymous) fibril.js", 2],
    ["measure create.js;(garbage collector)", 1],
  ]);
});

test("create --profile keeps recordings of both profilers, and the stacks stand in the stored run", async () => {
  const folder = scratch();
  const args = ["create", "--runtime", "fibril", "--fibers", "300000", "--repeats", "1"];
  const { code, stderr } = await lab(
    [...args, "--profile", folder, "--out", `${folder}/run.json`],
    standIn("perf", "stand-in-perf.js"),
  );
  assert.equal(code, 0, stderr);
  const { profiles } = JSON.parse(readFileSync(`${folder}/run.json`, "utf8"));
  assert.deepEqual(
    profiles.map(({ source, runtime, fibers, file }: any) => [source, runtime, fibers, file]),
    [
      ["v8", "fibril", 300_000, "create-fibril.cpuprofile"],
      ["perf", "fibril", 300_000, "create-fibril.perf.data"],
    ],
  );
  const raw = JSON.parse(readFileSync(`${folder}/create-fibril.cpuprofile`, "utf8"));
  assert.ok(raw.nodes.length > 0);
  assert.ok(profiles[0].stacks.some(([stack]: [string]) => /counters fibril\.js/.test(stack)));
  assert.ok(profiles[1].stacks.some(([stack]: [string]) => stack.includes("do_mprotect_pkey_[k]")));
});

test("without perf there is V8's profile alone, and a line says so", async () => {
  const folder = scratch();
  const args = ["create", "--runtime", "generator", "--fibers", "5000", "--repeats", "1"];
  const { code, stderr } = await lab([...args, "--profile", folder], NO_PERF);
  assert.equal(code, 0);
  assert.match(stderr, /^fibril-lab: no stacks of the kernel: perf is not installed$/m);
  assert.ok(readFileSync(`${folder}/create-generator.cpuprofile`).length > 0);
});
