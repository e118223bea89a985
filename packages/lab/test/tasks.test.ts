/** Programs that compare schedulers: they do what they say, and who does not is found out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run } from "#lab/child.js";
import { isFound } from "#lab/runtimes/entry.js";
import { type TaskCell, taskPeers, taskSampleIn } from "#lab/runtimes/tasks.js";

const never = new AbortController().signal;
const PATIENCE = 300;

const taskCells: readonly TaskCell[] = [
  { workload: "spawn", n: 50, each: 0, order: "sequential" },
  { workload: "skynet", n: 100, each: 0, order: "sequential" },
  { workload: "sleep", n: 20, each: 1, order: "sequential" },
  { workload: "yield", n: 50, each: 7, order: "shuffled" },
  { workload: "timeout", n: 20, each: 60, order: "sequential" },
];

for (const peer of taskPeers) {
  test(`tasks of ${peer.name}: every workload comes to what it should`, async (t) => {
    const found = await peer.find();
    if (!isFound(found)) return t.skip(`${found.missing}; ${found.hint}`);
    for (const cell of taskCells) {
      const { command, args } = await peer.command(cell);
      const { stdout, stderr, trouble } = await run(command, args, PATIENCE, never);
      assert.equal(trouble, undefined, `${cell.workload}: ${stdout}${stderr}`);
      const sample = taskSampleIn(cell, stdout);
      assert.ok("seconds" in sample, JSON.stringify(sample));
      assert.ok(sample.seconds > 0 && sample.rssKiB > 0);
    }
  });

  test(`tasks of ${peer.name}: stop when their time is over`, async (t) => {
    const found = await peer.find();
    if (!isFound(found)) return t.skip(found.missing);
    const cell: TaskCell = {
      workload: "yield",
      n: 100,
      each: 10_000_000,
      order: "sequential",
      limit: 0.5,
    };
    const { command, args } = await peer.command(cell);
    const { stdout } = await run(command, args, PATIENCE, never);
    const sample = taskSampleIn(cell, stdout);
    assert.ok("seconds" in sample, JSON.stringify(sample));
    assert.ok(sample.count > 0 && sample.count < 100 * 10_000_000);
  });
}

test("tasks that came to something else, or did less, are liars", () => {
  const cell: TaskCell = { workload: "spawn", n: 10, each: 0, order: "sequential" };
  const line = (more: object): string =>
    JSON.stringify({
      workload: "spawn",
      n: 10,
      seconds: 1,
      count: 10,
      rssKiB: 1,
      sum: 34,
      ...more,
    });
  assert.ok("seconds" in taskSampleIn(cell, line({})));
  const lies: [string, RegExp][] = [
    [line({ sum: 33 }), /came to 33, not 34/],
    [line({ count: 9 }), /did 9, not 10/],
    [line({ count: 11 }), /did 11 of 10/],
    [line({ workload: "sleep" }), /in sleep/],
    ["nonsense", /printed "nonsense"/],
  ];
  for (const [text, message] of lies) {
    const told = taskSampleIn(cell, text);
    assert.ok("failed" in told, text);
    assert.match(told.failed, message);
  }
  assert.ok("seconds" in taskSampleIn({ ...cell, limit: 1 }, line({ count: 9, sum: 3 })));
});
