/**
 * Programs in other languages: they do the work that they are timed for, and a program that does not is
 * detected.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { type Cell, type Experiment, isSample, type Order, type Sample } from "#lab/cell.js";
import { run } from "#lab/system/child.js";
import { expectedSum } from "#lab/runtimes/answers.js";
import { allMade, creating, limitCreation, TooSlow } from "#lab/runtimes/creation.js";
import { isFound, type RuntimeEntry } from "#lab/runtimes/entry.js";
import { memoryIn, usageIn } from "#lab/runtimes/process.js";
import { outcomeIn } from "#lab/runtimes/program.js";
import { runtimes } from "#lab/runtimes/registry.js";
import { Round } from "#lab/runtimes/round.js";
import { inOrder } from "#lab/measuring/order.js";
import { lab } from "./support.js";

const scratch = (): Promise<string> => mkdtemp(join(tmpdir(), "fibril-lab-"));
const never = new AbortController().signal;
const PATIENCE = 300;

const SMALL = ["--runtime", "lua,generator", "--fibers", "10", "--count", "1000", "--repeats", "1"];

const programs = runtimes.filter(({ kind, name }) => kind === "process" && name !== "ruby");

const cellOf = (entry: { name: string }, cell: Partial<Cell>): Cell => ({
  experiment: "scale",
  runtime: entry.name,
  order: "sequential",
  fibers: 10,
  count: 1000,
  ...cell,
});

async function measured(entry: RuntimeEntry, cell: Cell): Promise<Sample> {
  const { command, args } = await entry.command!(cell);
  const { stdout, stderr, trouble } = await run(command, args, PATIENCE, never);
  assert.equal(trouble, undefined, `${stdout}${stderr}`);
  const outcome = entry.parse!(cell, stdout);
  assert.ok(isSample(outcome), JSON.stringify(outcome));
  return outcome;
}

for (const entry of programs) {
  test(`${entry.name}: does the work of every experiment, in the lab's order`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(`${found.missing}; ${found.hint}`);
    const cells: [Experiment, Order, fibers: number, count: number, done: number][] = [
      ["ring", "sequential", 1, 30_000, 30_000],
      // Several slices, and a last one that ends in the middle of the ring.
      ["ring", "shuffled", 97, 25_003, 25_003],
      ["resume", "shuffled", 97, 1_000, 1_067],
      // More fibers than a slice has operations.
      ["scale", "shuffled", 10_007, 30_000, 30_021],
      ["create", "shuffled", 97, 0, 97],
      ["depth", "sequential", 50, 1_000, 1_000],
      ["counters", "sequential", 3, 1_000, 1_002],
      // More batches than live at any time.
      ["gc", "shuffled", 97, 8_200, 8_200],
    ];
    for (const [experiment, order, fibers, count, done] of cells) {
      if (!entry.experiments.includes(experiment)) continue;
      const sample = await measured(entry, cellOf(entry, { experiment, order, fibers, count }));
      assert.equal(sample.count, done, experiment);
      assert.ok(sample.seconds > 0 && sample.best > 0);
      if (!existsSync("/proc/self/stat")) continue;
      assert.ok(sample.rssKiB > 0);
      for (const figure of [
        "userSeconds",
        "systemSeconds",
        "minorFaults",
        "majorFaults",
        "contextSwitches",
        "gcCount",
      ] as const) {
        assert.ok((sample[figure] ?? -1) >= 0, `${experiment}: ${figure}`);
      }
      // What they collect by themselves meanwhile they cannot tell the time of, or not for nothing.
      const silent = ["lua", "luajit", "erlang"].includes(entry.name) && experiment !== "gc";
      if (!silent) assert.ok((sample.gcSeconds ?? -1) >= 0, `${experiment}: gcSeconds`);
      if (sample.pauses !== undefined) {
        const { p50, p99, max } = sample.pauses;
        assert.ok(p50 <= p99 && p99 <= max && max <= (sample.gcSeconds ?? 0) * 1.001);
      }
      const weighed = experiment !== "ring" && experiment !== "depth";
      assert.equal(typeof sample.bytesPerFiber, weighed ? "number" : "undefined", experiment);
      if (experiment !== "create") continue;
      assert.ok((sample.createSeconds ?? 0) > 0 && (sample.enterSeconds ?? 0) > 0);
      assert.ok(sample.createSeconds! + sample.enterSeconds! <= sample.seconds * 1.001);
      assert.ok((sample.mappings ?? 0) > 0);
      for (const figure of ["bytesPerFiber", "mappedBytesPerFiber", "faultsPerFiber"] as const) {
        assert.equal(typeof sample[figure], "number", figure);
      }
    }
  });

  test(`${entry.name}: stops when its time is over, and prints what it did`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(found.missing);
    const count = 100_000_000;
    for (const experiment of ["scale", "ring"] as const) {
      const cell = cellOf(entry, {
        experiment,
        order: "shuffled",
        fibers: 1_009,
        count,
        limit: 0.5,
      });
      const { count: done } = await measured(entry, cell);
      // The C++ compilers make so much of some that they come to the end.
      assert.ok(done > 0 && done <= count + 1_009);
    }
  });

  test(`${entry.name}: lets perf count the timed section and nothing else`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(found.missing);
    const folder = await scratch();
    const [control, ack, log] = ["control", "ack", "log"].map((name) => join(folder, name));
    await promisify(execFile)("mkfifo", [control!, ack!]);
    // As perf does: it holds both ends open, starts the program, and ends its word with a zero.
    const perf = `exec 3<>${control} 4<>${ack}; "$@" & for i in 1 2; do read -r word <&3
      echo $word >>${log}; printf 'ack\\n\\0' >&4; done; wait $!`;
    const cell = cellOf(entry, { experiment: "counters" });
    const { command, args } = await entry.command!(cell);
    const env = { FIBRIL_PERF_CONTROL: control!, FIBRIL_PERF_ACK: ack! };
    const { stdout, stderr, trouble } = await run(
      "sh",
      ["-c", perf, "sh", command, ...args],
      PATIENCE,
      never,
      env,
    );
    assert.equal(trouble, undefined, stderr);
    assert.ok(isSample(entry.parse!(cell, stdout)), stdout);
    assert.equal(await readFile(log!, "utf8"), "enable\ndisable\n");
  });
}

const inline = runtimes.filter(({ name }) => ["async", "effect", "effection"].includes(name));

for (const entry of inline) {
  test(`${entry.name}: a ring passes as often as asked, and goes on where it stopped`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(`${found.missing}; ${found.hint}`);
    const { ring } = await entry.load!();
    for (const order of ["sequential", "shuffled"] as const) {
      const passing = await ring!(7, order);
      const counted = [await passing.run(100), await passing.run(1), await passing.run(55)];
      assert.deepEqual(counted, [100, 1, 55]);
      assert.equal(await (await ring!(1, order)).run(10), 10);
    }
  });

  test(`${entry.name}: counters and deep calls answer how many turns they have had`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(found.missing);
    const runtime = await entry.load!();
    const counting = await runtime.counters!(5, "shuffled");
    const answers = [await counting.laps(1), await counting.laps(2), await counting.laps(1)];
    assert.deepEqual(answers, [5, 5 * (2 + 3), 5 * 4]);
    const deep = await runtime.deep!(50);
    assert.deepEqual([await deep.laps(1), await deep.laps(3)], [1, 2 + 3 + 4]);
  });

  test(`${entry.name}: measured from outside, as every runtime is`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(found.missing);
    for (const experiment of ["ring", "scale", "create", "depth"]) {
      const args = ["--runtime", entry.name, "--order", "shuffled", ...SMALL.slice(2)];
      const { code, stderr } = await lab([experiment, "--quick", ...args]);
      assert.equal(code, 0, stderr);
    }
  });
}

test("a scheduler's round lets its tasks begin in the lab's order, and counts their turns", async () => {
  const round = new Round();
  const begun: number[] = [];
  for (let index = 0; index < 10; index++) {
    round.entries.push(() => {
      begun.push(index);
      round.answer(1);
    });
  }
  const counting = round.counters("shuffled", () => {
    for (let index = 0; index < 10; index++) round.answer(2);
  });
  assert.deepEqual([await counting.laps(1), await counting.laps(1)], [10, 20]);
  assert.deepEqual(begun, inOrder([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], "shuffled"));
});

test("a slow runtime gives up creating fibers, and prints their number", async () => {
  limitCreation(0.05);
  try {
    const made: number[] = [];
    assert.throws(
      () => {
        for (const index of creating(Number.MAX_SAFE_INTEGER)) made.push(index);
      },
      (error) => error instanceof TooSlow && error.made === made.length,
    );
    await assert.rejects(
      allMade(2, () => 1),
      (error) => error instanceof TooSlow && error.made === 1,
    );
    assert.deepEqual([...creating(3)], [0, 1, 2]);
  } finally {
    limitCreation(Number.POSITIVE_INFINITY);
  }
});

test("what honest fibers answer is what fibers answer", () => {
  for (let trial = 0; trial < 50; trial++) {
    const fibers = 1 + ((trial * 7919) % 113);
    const count = 1 + ((trial * 104_729) % 23_456);
    for (const order of ["sequential", "shuffled"] as const) {
      const cell = cellOf({ name: "x" }, { order, fibers, count });
      const told = `${fibers} fibers, ${count} operations, ${order}`;
      assert.equal(expectedSum(cell, count), walked(cell, 1), told);
      assert.equal(expectedSum({ ...cell, experiment: "resume" }, count), walked(cell, 0), told);
      assert.equal(expectedSum({ ...cell, experiment: "ring" }, count), passed(cell), told);
    }
  }
  const churned = cellOf({ name: "x" }, { experiment: "gc", order: "shuffled", fibers: 9 });
  const batch = Array.from({ length: 200 }, (_, index) => (index % 7) + 1);
  const rest = Array.from({ length: 9 }, (_, index) => (index % 7) + 2);
  const sum = [...batch, ...batch, ...rest].reduce((a, b) => a + b, 0);
  assert.equal(expectedSum(churned, 400), sum);
  const created = cellOf({ name: "x" }, { experiment: "create", order: "shuffled", fibers: 97 });
  assert.notEqual(expectedSum(created, 97), expectedSum({ ...created, order: "sequential" }, 97));
});

function counters({ fibers, order }: Cell): Generator<number, never>[] {
  function* counter(times: number): Generator<number, never> {
    for (;;) yield ++times;
  }
  return inOrder(
    Array.from({ length: fibers }, (_, index) => counter(index % 7)),
    order,
  );
}

function walked(cell: Cell, entered: number): number {
  const all = counters(cell);
  for (let lap = 0; lap < entered; lap++) for (const fiber of all) fiber.next();
  let sum = 0;
  for (let done = 0; done < cell.count; done++) sum += all[done % cell.fibers]!.next().value;
  return sum;
}

function passed({ fibers, order, count }: Cell): number {
  const ring = inOrder(
    Array.from({ length: fibers }, (_, index) => index % 7),
    order,
  );
  let sum = 0n;
  for (let done = 1; done <= count; done++) {
    const inHand = BigInt(ring[(done - 1) % fibers]!);
    if (done % 10_000 === 0 || done === count) sum = (sum * 31n + inHand) % 2n ** 32n;
  }
  return Number(sum);
}

test("a program that did less, used another order, or made its answer up, is detected", () => {
  const cell = cellOf({ name: "lua" }, { experiment: "create", order: "shuffled", fibers: 97 });
  const line = (count: number, sum: number): string =>
    JSON.stringify({ count, seconds: 1, sum, before: "", after: "", gcCount: 0 });
  assert.ok(isSample(outcomeIn(cell, line(97, expectedSum(cell, 97)))));
  const lies: [string, RegExp][] = [
    [
      line(97, expectedSum({ ...cell, order: "sequential" }, 97)),
      /answered \d+ in 97 operations, not \d+/,
    ],
    [line(97, 0), /answered 0 in 97 operations/],
    [line(97, -1), /^printed/],
    [line(97, 1).replace(`,"gcCount":0`, ""), /^printed/],
    [line(97, 1).replace(`,"before":"","after":""`, ""), /^printed/],
    ["", /^printed ""/],
    ["hello", /^printed "hello"/],
    [`{"seconds":1}`, /^printed/],
    [`{"count":97,"sum":1}`, /^printed/],
    ["null", /^printed/],
  ];
  for (const [text, message] of lies) {
    const outcome = outcomeIn(cell, text);
    assert.ok("failed" in outcome, text);
    assert.match(outcome.failed, message);
  }
});

test("a program's limit is a result, with what lifts it", () => {
  const cell = cellOf({ name: "crystal" }, { fibers: 100_000 });
  const mapping = outcomeIn(cell, `{"stoppedAt":32739,"error":"Cannot allocate new fiber stack"}`);
  assert.deepEqual(
    { ...mapping, hint: "" },
    {
      stoppedAt: 32_739,
      error: "Cannot allocate new fiber stack",
      hint: "",
    },
  );
  assert.match("hint" in mapping ? mapping.hint : "", /vm\.max_map_count/);
  const time = outcomeIn(cell, `{"stoppedAt":10000,"error":"the time limit"}`);
  assert.deepEqual(time, { stoppedAt: 10_000, error: "the time limit" });
  const nothing = outcomeIn(
    cell,
    `{"count":0,"seconds":1,"sum":0,"before":"","after":"","gcCount":0}`,
  );
  assert.ok("stoppedAt" in nothing);
});

test("the line of /proc is read as the system means it", async (t) => {
  if (!existsSync("/proc/self/stat")) return t.skip("no /proc here");
  const stat = await readFile("/proc/self/stat", "utf8");
  const own = stat.slice(stat.lastIndexOf(") ") + 2).trim();
  const usage = usageIn(`${own} 0 0`);
  const { minorPageFault, userCPUTime } = process.resourceUsage();
  assert.ok(usage !== undefined);
  assert.ok(usage.minorFaults > 0 && usage.minorFaults <= minorPageFault);
  assert.ok(usage.userSeconds > 0 && usage.userSeconds <= userCPUTime / 1e6 + 0.02);
  assert.ok(usage.residentBytes > 2 ** 20);
  const switched = usageIn(`${own} 3 4`);
  assert.equal(switched?.contextSwitches, 7);
  assert.equal(usageIn(""), undefined);
  assert.equal(usageIn("R 1 2 3"), undefined);
  assert.equal(usageIn(own), undefined);
  assert.deepEqual(memoryIn("3 5 7"), {
    residentBytes: 3 * 1024,
    mappedBytes: 5 * 1024,
    mappings: 7,
  });
  for (const nothing of [undefined, "", "3 5", "3 5 x", " 5 7"])
    assert.equal(memoryIn(nothing), undefined);
});

/** A stand-in for Lua. */
async function fakeLua(script: string): Promise<Record<string, string>> {
  const path = join(await scratch(), "lua");
  // What the lab asks before it measures.
  const known = `case "$1" in -v) echo "Lua 0.0 (fake)"; exit;; -e) exit;; esac`;
  await writeFile(path, `#!/bin/sh\n${known}\n${script}\n`);
  await chmod(path, 0o755);
  return { FIBRIL_LUA: path };
}

for (const [what, script, message] of [
  [
    "crashes",
    "echo 'lua: out of luck' >&2; exit 3",
    /lua sequential 10: ended with code 3: lua: out of luck/,
  ],
  ["hangs", "exec sleep 100", /lua sequential 10: did not end within 1 s/],
  [
    "leaves a child behind that hangs",
    "sleep 100 & wait",
    /lua sequential 10: did not end within 1 s/,
  ],
  ["is killed", "kill -9 $$", /lua sequential 10: was ended by SIGKILL/],
  ["says nothing", "true", /lua sequential 10: printed ""/],
  [
    "lies about its work",
    `echo '{"count":1000,"seconds":0.000001,"sum":50500,"before":"","after":"","gcCount":0}'`,
    /lua sequential 10: its fibers answered 50500 in 1000 operations, not \d+/,
  ],
] as const) {
  test(`a program that ${what}: one line, the others go on, exit code 1`, async () => {
    const env = await fakeLua(script);
    const { code, stdout, stderr } = await lab(["scale", "--timeout", "1", ...SMALL], env);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.match(stdout, /^generator$/m);
  });
}

test("a runtime that is not installed is skipped, with how to install it", async () => {
  const missing = "/nonexistent/command";
  const env: Record<string, string> = {};
  for (const name of ["GO", "LUA", "LUAJIT", "PYTHON", "ERL", "CRYSTAL", "CXX"]) {
    env[`FIBRIL_${name}`] = missing;
  }
  const names = programs.map(({ name }) => name);
  const args = ["--runtime", ["generator", ...names].join(","), ...SMALL.slice(2)];
  const { stdout, stderr } = await lab(["scale", ...args], env);
  for (const name of names) {
    assert.match(stderr, new RegExp(`^skipped: ${name}: no .*; apt-get install \\S+`, "m"));
  }
  assert.match(stdout, /^generator$/m);
});
