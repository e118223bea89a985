/** Programs that compare schedulers: they do what they claim, and a program that does not is detected. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cell,
  type Experiment,
  isFailed,
  isSample,
  isStopped,
  TASK_EXPERIMENTS,
} from "#lab/cell.js";
import { run } from "#lab/system/child.js";
import { launch } from "#lab/runs/conductor.js";
import { experiments } from "#lab/experiments/registry.js";
import { plan, planAll, planSuite } from "#lab/runs/plan.js";
import { isFound } from "#lab/runtimes/entry.js";
import { findRuntime } from "#lab/runtimes/registry.js";
import { tables } from "#lab/tables/tables.js";
import { taskCell, wholeOf } from "#lab/tasks/cell.js";
import { Lateness } from "#lab/tasks/lateness.js";
import { outcomeOf } from "#lab/tasks/line.js";
import { taskRuntimes } from "#lab/runtimes/schedulers.js";
import { lab } from "./support.js";

const LATE: readonly Experiment[] = ["host-delay", "at-once", "drain"];
const never = new AbortController().signal;
const PATIENCE = 300;

/** Small, but no multiple of anything that is counted in slices. */
const cellOf = (cell: Pick<Cell, "experiment" | "runtime"> & Partial<Cell>): Cell => ({
  order: "shuffled",
  fibers: 53,
  count: 53 * 7,
  ...cell,
});

for (const entry of taskRuntimes) {
  test(`tasks of ${entry.name}: every workload comes to what it should`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(`${found.missing}; ${found.hint}`);
    for (const experiment of entry.experiments) {
      const fibers = experiment === "skynet" ? 100 : 53;
      const cell = cellOf({ experiment, runtime: entry.name, fibers });
      const { command, args } = await entry.command!(cell);
      const { stdout, stderr, trouble } = await run(command, args, PATIENCE, never);
      assert.equal(trouble, undefined, `${experiment}: ${stdout}${stderr}`);
      const outcome = entry.parse!(cell, stdout);
      assert.ok(isSample(outcome), `${experiment}: ${JSON.stringify(outcome)}`);
      assert.equal(outcome.count, wholeOf(taskCell(cell)).count, experiment);
      assert.ok(outcome.seconds > 0 && outcome.rssKiB > 0 && outcome.bytesPerFiber! >= 0);
      assert.equal(outcome.loopDelay !== undefined, LATE.includes(experiment));
      assert.equal(outcome.wakeSeconds !== undefined, experiment.startsWith("wake"));
    }
  });

  if (entry.slow !== true || !entry.experiments.includes("yield")) continue;
  test(`tasks of ${entry.name}: stop when their time is over`, async (t) => {
    const found = await entry.find();
    if (!isFound(found)) return t.skip(found.missing);
    const whole = 1_000_000_000;
    const cell = cellOf({
      experiment: "yield",
      runtime: entry.name,
      fibers: 100,
      count: whole,
      limit: 1,
    });
    const { command, args } = await entry.command!(cell);
    const { stdout } = await run(command, args, PATIENCE, never);
    const outcome = entry.parse!(cell, stdout);
    assert.ok(isSample(outcome), JSON.stringify(outcome));
    assert.ok(outcome.count > 0 && outcome.count < whole);
  });
}

test("every workload has a Fibril program, and a table of its own", () => {
  const known = experiments.filter(({ suite }) => suite === "tasks").map(({ name }) => name);
  assert.deepEqual(known, TASK_EXPERIMENTS);
  for (const name of known) {
    const entry = findRuntime("fibril", name);
    assert.equal(entry?.kind, "process", name);
    assert.ok(plan(name).some(({ runtime }) => runtime === "fibril"));
  }
  assert.equal(findRuntime("fibril", "ring")?.kind, "inline");
  assert.equal(findRuntime("fibril")?.kind, "inline");
});

test("another build, another Node and its flags are measured where the user asks for them", async () => {
  const cell = cellOf({ experiment: "suspend", runtime: "fibril" });
  const other = { label: "x", runtime: "fibril", worker: "/lab/dist/worker.js" };
  const program = async (runtime: string): Promise<string | undefined> => {
    const { args } = await launch(findRuntime(runtime, "suspend")!, cell, other);
    return args.find((word) => word.endsWith("js"));
  };
  assert.equal(await program("fibril"), "/lab/dist/tasks/fibril.js");
  assert.match((await program("async"))!, /programs.tasks.async\.mjs$/);
  const flags = { label: "x", runtime: "fibril", node: "/bin/node", nodeFlags: ["--jitless"] };
  const { command, args } = await launch(findRuntime("fibril", "suspend")!, cell, flags);
  assert.deepEqual([command, ...args.slice(0, 2)], ["/bin/node", "--jitless", "--expose-gc"]);
});

test("what should have come and has not is late", () => {
  const lateness = new Lateness();
  assert.deepEqual(lateness.spread(), { p50: 0, p99: 0, max: 0 });
  lateness.expect(60_000);
  lateness.came();
  assert.equal(lateness.spread().max, 0);
  lateness.expect(-2_000);
  lateness.came();
  assert.ok(lateness.spread().max >= 2);
  lateness.came();
  assert.equal(lateness.spread().p50, lateness.spread().max);
  lateness.reset();
  assert.equal(lateness.spread().max, 0);
});

test("with many laps it tells the best slice, with few what all of it came to", async () => {
  const best = async (count: number): Promise<[best: number, rate: number]> => {
    const cell = cellOf({ experiment: "park", runtime: "fibril", fibers: 64, count });
    const { command, args } = await launch(findRuntime("fibril", "park")!, cell);
    const outcome = outcomeOf(cell, (await run(command, args, PATIENCE, never)).stdout);
    assert.ok(isSample(outcome), JSON.stringify(outcome));
    return [outcome.best, outcome.count / outcome.seconds];
  };
  const [fewBest, few] = await best(640);
  assert.equal(fewBest, few);
  const [manyBest, many] = await best(640_000);
  assert.ok(manyBest > 0 && manyBest !== many);
});

test("a plan of tasks: their own orders, sizes that fit, and limits for slow runtimes", () => {
  const cells = planSuite("tasks", ["skynet", "wake", "wake-replaced"], { fibers: [30_000] });
  const of = (name: string): Cell[] => cells.filter(({ experiment }) => experiment === name);
  assert.deepEqual([...new Set(of("skynet").map(({ fibers }) => fibers))], [10_000]);
  assert.deepEqual([...new Set(of("wake").map(({ order }) => order))], ["sequential", "shuffled"]);
  assert.deepEqual([...new Set(of("wake-replaced").map(({ order }) => order))], ["shuffled"]);
  assert.deepEqual(planSuite("tasks", ["spawn"], { orders: ["shuffled"] }), []);
  for (const { runtime, limit } of of("skynet")) {
    assert.equal(limit !== undefined, runtime !== "fibril", runtime);
  }
  assert.ok(planAll({}).some(({ experiment }) => experiment === "yield"));
});

test("a limit does not count the seconds that a task sleeps", () => {
  const cell = cellOf({ experiment: "sleep", runtime: "effect", fibers: 1_000_000, limit: 10 });
  assert.deepEqual([taskCell(cell).each, taskCell(cell).limit], [10, 20]);
});

test("tasks with another sum, or that did less, are detected", () => {
  const cell = cellOf({ experiment: "spawn", runtime: "fibril", fibers: 10, count: 0 });
  const line = (more: object): string =>
    JSON.stringify({
      workload: "spawn",
      n: 10,
      seconds: 1,
      userSeconds: 1,
      systemSeconds: 0,
      count: 10,
      made: 10,
      rssKiB: 2,
      emptyKiB: 1,
      sum: 34,
      ...more,
    });
  assert.ok(isSample(outcomeOf(cell, line({}))));
  const lies: [string, RegExp][] = [
    [line({ sum: 33 }), /came to 33, not 34/],
    [line({ count: 9 }), /did 9, not 10/],
    [line({ count: 11 }), /did 11 of 10/],
    [line({ workload: "sleep" }), /in sleep/],
    [line({ seconds: "long" }), /printed/],
    ["nonsense", /printed "nonsense"/],
  ];
  for (const [text, message] of lies) {
    const told = outcomeOf(cell, text);
    assert.ok(isFailed(told), text);
    assert.match(told.failed, message);
  }
  const limited = { ...cell, limit: 1 };
  assert.ok(isSample(outcomeOf(limited, line({ count: 9, sum: 3 }))));
  const none = outcomeOf(limited, line({ count: 0, sum: 0, made: 7 }));
  assert.ok(isStopped(none));
  assert.equal(none.stoppedAt, 7);
});

test("what the primes of the sieve come to", () => {
  const sum = (n: number): number => wholeOf({ workload: "sieve", n, each: 0 }).sum;
  assert.deepEqual([sum(0), sum(1), sum(5), sum(100)], [0, 2, 28, 24_133]);
});

test("rows end with Fibril's figures as multiples of the others'", () => {
  const sample = { count: 10, seconds: 1, best: 10, rssKiB: 4096, bytesPerFiber: 100 };
  const results = [
    { cell: cellOf({ experiment: "spawn", runtime: "fibril" }), outcomes: [sample] },
    {
      cell: cellOf({ experiment: "spawn", runtime: "async" }),
      outcomes: [{ ...sample, count: 4, bytesPerFiber: 50 }],
    },
  ].map((one) => ({ ...one, cell: { ...one.cell, order: "sequential" as const } }));
  const [table] = tables(results);
  assert.deepEqual(table?.head.slice(-2), [
    "fibril : it, million a second",
    "fibril : it, bytes a fiber",
  ]);
  assert.deepEqual(
    table?.rows.map((row) => row.slice(-2)),
    [
      ["", ""],
      ["2.50×", "2.00×"],
    ],
  );
});

test("by itself it measures a million where that is fast, and fewer beside slow runtimes", () => {
  const usual = planSuite("tasks", [...TASK_EXPERIMENTS], {});
  const sizes = (wanted: string): number[] => [
    ...new Set(usual.filter(({ runtime }) => runtime === wanted).map(({ fibers }) => fibers)),
  ];
  assert.deepEqual(sizes("fibril"), [1_000_000, 100_000, 10_000, 64, 1_024, 1_000, 300, 1, 100, 2]);
  assert.deepEqual(sizes("effect"), [100_000, 1]);
  assert.deepEqual(sizes("effection"), [10_000]);
  // Whoever is compared is compared with Fibril.
  for (const { experiment, order, fibers } of usual) {
    const beside = usual.filter(
      (one) => one.experiment === experiment && one.order === order && one.fibers === fibers,
    );
    assert.ok(beside.some(({ runtime }) => runtime === "fibril"));
  }
  const [asked] = planSuite("tasks", ["spawn"], { runtimes: ["effect"] });
  assert.equal(asked?.fibers, 1_000_000);
});

test("fibril-lab tasks prints a table a workload; --only chooses", async () => {
  const some = ["--only", "wake-replaced,deadlines", "--fibers", "50", "--count", "200"];
  const { code, stdout, stderr } = await lab(["tasks", ...some, "--repeats", "1"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^woken by another task, after .*, in shuffled order$/m);
  assert.match(stdout, /^ +50 +fibril-fifo /m);
  assert.match(stdout, /^time limits that are pending at once, set and cleared$/m);
  assert.doesNotMatch(stdout, /skynet/);
  const csv = await lab(["tasks", ...some, "--repeats", "1", "--format", "csv"]);
  assert.match(csv.stdout, /^wake-replaced,fibril,shuffled,50,1,200,/m);
  const [head = "", ...rows] = csv.stdout.split("\n").map((row) => row.split(","));
  const kept = head.indexOf("kept_bytes");
  assert.ok(kept > 0 && rows.slice(0, 4).every((row) => row[kept] !== ""));
  const wrong = await lab(["tasks", "--only", "nothing"]);
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /must be a list of spawn, spawn-at-once/);
});
