/** The command from outside: what it prints, what it writes, and how it ends. */
import assert from "node:assert/strict";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lab, NO_RUBY, scratch } from "./support.js";

const SMALL = ["--fibers", "10", "--count", "1000", "--repeats", "1", "--order", "sequential"];

/** A stand-in for Ruby. */
async function fakeRuby(script: string): Promise<Record<string, string>> {
  const path = join(scratch(), "ruby");
  await writeFile(path, `#!/bin/sh\n[ "$1" = -v ] && echo "ruby 0.0 (fake)" && exit\n${script}\n`);
  await chmod(path, 0o755);
  return { FIBRIL_RUBY: path };
}

for (const [args, message] of [
  [["ring", "--fibers", "x"], /'--fibers <numbers>' argument 'x' is invalid.* whole number/],
  [["ring", "--fibers", "-5"], /is invalid.* whole number from 1/],
  [["ring", "--fibers", "10,,20"], /is invalid/],
  [["ring", "--count", "1.5"], /is invalid/],
  [
    ["ring", "--runtime", "fibril,nodejs"],
    /is invalid.* list of fibril, fibril-frames, fibril-compiled, fibril-direct, generator,.* ruby.*, all/,
  ],
  [["ring", "--order", "random"], /is invalid.* list of sequential, shuffled/],
  [["ring", "--format", "xml"], /Allowed choices are table, markdown, csv, json/],
  [["ring", "--bogus"], /unknown option '--bogus'/],
  [["memory", "--runtime", "ruby"], /memory has no program for ruby/],
  [["nonsense"], /unknown command 'nonsense'/],
  [
    ["ring", "--out", "/nonexistent/folder/file"],
    /--out \/nonexistent\/folder\/file cannot be written/,
  ],
  [
    ["create", "--profile", "/nonexistent/folder/stacks"],
    /--profile \/nonexistent\/folder\/stacks cannot be written/,
  ],
  [["ring", "--out", tmpdir()], /cannot be written: it is a folder/],
] as const) {
  test(`${args.join(" ")}: one clear line, and exit code 2`, async () => {
    const { code, stdout, stderr } = await lab(args);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.match(stderr, message);
    assert.match(stderr, /^error: [^\n]*\n$/);
  });
}

test("ring and resume print the bug report's line for every size and runtime", async () => {
  for (const experiment of ["ring", "resume"]) {
    const wanted = ["--runtime", "fibril,fibril-frames,generator", "--fibers", "10,20"];
    const { code, stdout } = await lab([experiment, ...SMALL, ...wanted]);
    assert.equal(code, 0);
    const lines = stdout.match(/^fibers: (10|20) rss: \d+ count: 1000 rate: [\d.]+$/gm) ?? [];
    assert.equal(lines.length, 6, stdout);
    assert.match(stdout, /^fibril-frames$/m);
  }
});

test("scale prints the bug report's table", async () => {
  const { code, stdout } = await lab(["scale", "--runtime", "fibril", ...SMALL]);
  assert.equal(code, 0);
  assert.match(stdout, /\| fibers {11}\| elapsed time \(s\) \| rate \(t\/s\) {7}\|\n\| -{16} \|/);
  assert.match(stdout, /^\| {15}10 \| +\d+\.\d\d \| +[\d.]+ \|$/m);
});

test("create and depth, shuffled order, markdown", async () => {
  const create = await lab(["create", "--runtime", "fibril", "--fibers", "100", "--repeats", "1"]);
  assert.match(create.stdout, /^fibers +runtime +µs each +creating µs +first switch µs +user µs/m);
  assert.match(create.stdout, /^ +100 +fibril +[\d.]+ /m);
  const depth = await lab([
    "depth",
    "--runtime",
    "fibril,generator",
    "--fibers",
    "1,100000",
    ...SMALL.slice(2),
  ]);
  assert.match(depth.stdout, /^depth: 100000 count: \d+ nanoseconds: [\d.]+$/m);
  assert.match(depth.stdout, /^Stopped at 100000 calls\nRangeError: Maximum call stack/m);
  const shuffled = await lab([
    "scale",
    "--runtime",
    "fibril,generator",
    ...SMALL,
    "--order",
    "sequential,shuffled",
    "--format",
    "markdown",
  ]);
  assert.match(shuffled.stdout, /^\| fibers \| fibril \| generator \| fibril : generator \|$/m);
  assert.match(shuffled.stdout, /in shuffled order/);
});

test("json has every repeat and the machine; csv a line a repeat", async () => {
  const args = [
    "ring",
    "--runtime",
    "fibril",
    "--fibers",
    "10",
    "--count",
    "1000",
    "--order",
    "sequential",
    "--repeats",
    "2",
  ];
  const { stdout } = await lab([...args, "--format", "json"]);
  const { version, machine, command, date, results } = JSON.parse(stdout);
  assert.equal(version, 1);
  assert.match(machine.node, /^v\d+/);
  assert.match(machine.versions.fibril, /^\d+\.\d+\.\d+/);
  assert.match(date, /^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/);
  assert.equal(command, `fibril-lab ${args.join(" ")} --format json`);
  assert.equal(results.length, 1);
  assert.deepEqual(results[0].cell, {
    experiment: "ring",
    runtime: "fibril",
    order: "sequential",
    fibers: 10,
    count: 1000,
  });
  assert.equal(results[0].outcomes.length, 2);
  for (const outcome of results[0].outcomes) {
    assert.equal(outcome.count, 1000);
    assert.ok(outcome.seconds > 0 && outcome.best > 0 && outcome.rssKiB > 0);
  }
  const csv = (await lab([...args, "--format", "csv"])).stdout.trimEnd().split("\n");
  assert.equal(csv.length, 3);
  assert.match(csv[0] as string, /^experiment,runtime,order,fibers,repeat,count,seconds,rate/);
  assert.match(csv[2] as string, /^ring,fibril,sequential,10,2,1000,/);
});

test("--out writes what would have been printed", async () => {
  const path = join(scratch(), "ring.csv");
  const { code, stdout } = await lab([
    "ring",
    "--runtime",
    "fibril",
    "--format",
    "csv",
    "--out",
    path,
    ...SMALL,
  ]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.match(await readFile(path, "utf8"), /^ring,fibril,sequential,10,1,1000,/m);
});

test("a file that ends in .json stores the run; the table is shown all the same", async () => {
  const path = join(scratch(), "run.json");
  const { code, stdout } = await lab(["scale", "--runtime", "fibril", "--out", path, ...SMALL]);
  assert.equal(code, 0);
  assert.match(stdout, /^\| fibers/m);
  const run = JSON.parse(await readFile(path, "utf8"));
  assert.equal(run.version, 1);
  assert.equal(run.command, `fibril-lab scale --runtime fibril --out ${path} ${SMALL.join(" ")}`);
  assert.equal(run.results[0].outcomes[0].count, 1000);
  assert.ok(run.results[0].outcomes[0].slices.length > 0);
});

test("all prints the tables and writes a report that needs no network", async () => {
  const folder = join(scratch(), "report");
  const { code, stdout, stderr } = await lab(
    [
      "all",
      "--runtime",
      "fibril,generator,ruby",
      "--out",
      folder,
      ...SMALL,
      "--order",
      "sequential,shuffled",
    ],
    { ...NO_RUBY, FIBRIL_PERF: "/nonexistent/perf" },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^ring of transfers, million a second/m);
  assert.match(stdout, /^creating a fiber and entering it once/m);
  assert.deepEqual((await readdir(folder)).toSorted(), [
    "create-fibril.cpuprofile",
    "create-generator.cpuprofile",
    "index.html",
    "report.csv",
    "report.json",
  ]);
  const page = await readFile(join(folder, "index.html"), "utf8");
  // What the page shows is tested in a browser; here, that it is whole and about these runtimes.
  const markup = page.replaceAll(/<script[^>]*>[^]*?<\/script>/g, "");
  assert.doesNotMatch(markup, /<(?:script|link|img)[^>]*(?:src|href)="(?!data:|#)/);
  assert.doesNotMatch(page, /\{\{\w+\}\}/);
  const { results, profiles } = JSON.parse(await readFile(join(folder, "report.json"), "utf8"));
  for (const [runtime, order] of [
    ["fibril", "sequential"],
    ["fibril", "shuffled"],
    ["generator", "shuffled"],
  ]) {
    const of = results.filter(({ cell }: any) => cell.runtime === runtime && cell.order === order);
    assert.ok(of.length > 0 && page.includes(runtime as string), `${runtime} ${order}`);
  }
  assert.deepEqual(
    profiles.map(({ runtime, source }: any) => [runtime, source]),
    [
      ["fibril", "v8"],
      ["generator", "v8"],
    ],
  );
});

test("without Ruby the bug report's own figures stand there, labelled, and nothing where it has none", async () => {
  const { code, stdout, stderr } = await lab(
    ["ring", "--runtime", "ruby", "--fibers", "100,100000,7"],
    NO_RUBY,
  );
  assert.equal(code, 0);
  assert.match(
    stderr,
    /^skipped: ruby: no Ruby here, figures are quoted where the bug report has any; apt-get install ruby$/m,
  );
  assert.match(
    stdout,
    /^fibers: 100 rate: 3443916\.97 \(quoted from the bug report: Ruby 2\.7\.1/m,
  );
  assert.match(
    stdout,
    /^Stopped at 31744 fibers\ncan't set a guard page.*quoted from the bug report/m,
  );
  assert.doesNotMatch(stdout + stderr, /fibers: 7|shuffled|failed/);
});

test("without Ruby, an experiment that is not in the bug report is left out, with how to install Ruby", async () => {
  const args = ["create", "--runtime", "generator,ruby", "--fibers", "100", "--repeats", "1"];
  const { code, stdout, stderr } = await lab(args, NO_RUBY);
  assert.equal(code, 0);
  assert.doesNotMatch(stdout, /ruby/);
  assert.match(stderr, /^skipped: ruby: no Ruby here.*; apt-get install ruby$/m);
});

test("a Ruby that comes to its limit is reported as the bug report does, with what lifts it", async () => {
  const env = await fakeRuby(
    `echo "Stopped at 31744 fibers"; echo "#<FiberError: can't set a guard page: Cannot allocate memory>"`,
  );
  const { code, stdout } = await lab(["ring", "--runtime", "ruby", ...SMALL], env);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^Stopped at 31744 fibers\n#<FiberError: can't set a guard page.*\n\(.*vm\.max_map_count/m,
  );
});

for (const [what, script, message] of [
  [
    "crashes",
    "echo 'Error: went wrong' >&2; exit 3",
    /ring ruby sequential 10: ended with code 3: Error: went wrong/,
  ],
  ["hangs", "exec sleep 100", /ring ruby sequential 10: did not end within 8 s/],
  ["is killed", "kill -9 $$", /ring ruby sequential 10: was ended by SIGKILL/],
  ["says nothing", "true", /ring ruby sequential 10: printed ""/],
  [
    "does less than it should",
    `echo 'fibers: 10 rss: 1 count: 999 rate: 1.0'; echo '{"count":999,"seconds":999,"best":1,"rssKiB":1}'`,
    /counted 999 operations, not 1000/,
  ],
] as const) {
  test(`a runtime that ${what}: one line, the others go on, exit code 1`, async () => {
    const env = await fakeRuby(script);
    const args = ["ring", "--runtime", "ruby,generator", "--timeout", "8", ...SMALL];
    const { code, stdout, stderr } = await lab(args, env);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.match(stdout, /^generator\nfibers: 10 rss/m);
  });
}

test("Ctrl-C prints what was measured so far and ends with 130", async () => {
  const env = await fakeRuby("exec sleep 100");
  const args = ["ring", "--runtime", "generator,ruby", ...SMALL];
  const { code, stdout, stderr } = await lab(args, env, (text) =>
    text.includes("ruby sequential") ? "SIGINT" : undefined,
  );
  assert.equal(code, 130);
  assert.match(stdout, /^generator\nfibers: 10 rss/m);
  assert.match(stderr, /interrupted: 1 of 2 cells were measured/);
});
