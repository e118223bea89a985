/** In which order, how often and how long cells are run. */
import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Outcome } from "#lab/cell.js";
import { conduct, type Conditions, launch } from "#lab/runs/conductor.js";
import { findRuntime } from "#lab/runtimes/registry.js";
import { scratch } from "./support.js";

test("when time is up no cell is begun, and the others stay as they are", async () => {
  const cell = { experiment: "scale", runtime: "generator", order: "sequential" } as const;
  const cells = [1, 2].map((fibers) => ({ ...cell, fibers, count: 1000 }));
  const steps: string[] = [];
  const results = await conduct(cells, {
    repeats: 3,
    budget: 1e-9,
    timeout: 60,
    found: new Map([["generator", { version: "1" }]]),
    progress: { step: (text) => void steps.push(text), done() {} },
    signal: new AbortController().signal,
  });
  assert.deepEqual(
    results.map(({ outcomes }) => outcomes.length),
    [0, 0],
  );
  assert.deepEqual(steps, []);
});

/**
 * A Ruby that does what the lines of a shell script say, \$2 fibers; answers how often each size was
 * run.
 */
async function withRuby(
  script: string,
  budget: number | undefined,
  sizes: readonly number[],
  more: Partial<Conditions> = {},
): Promise<readonly (readonly Outcome[])[]> {
  const path = join(scratch(), "ruby");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  const before = process.env["FIBRIL_RUBY"];
  process.env["FIBRIL_RUBY"] = path;
  const cell = { experiment: "resume", runtime: "ruby", order: "sequential", count: 10 } as const;
  const results = await conduct(
    sizes.map((fibers) => ({ ...cell, fibers })),
    {
      repeats: 3,
      ...(budget !== undefined && { budget }),
      timeout: 60,
      found: new Map([["ruby", { version: "0" }]]),
      progress: { step() {}, done() {} },
      signal: new AbortController().signal,
      ...more,
    },
  );
  if (before === undefined) delete process.env["FIBRIL_RUBY"];
  else process.env["FIBRIL_RUBY"] = before;
  return results.map(({ outcomes }) => outcomes);
}

const ANSWER = `echo '{"count":10,"seconds":2,"best":5,"rssKiB":1}'`;

test("quick cells are repeated while the time allows, slow ones are not", async () => {
  const outcomes = await withRuby(`[ $2 = 7 ] && sleep 3; ${ANSWER}`, 5, [1, 7, 2]);
  assert.deepEqual(
    outcomes.map(({ length }) => length),
    [3, 1, 3],
  );
});

test("where cells are compared with each other, no round begins that would not end", async () => {
  const script = `[ $2 = 7 ] && sleep 3; ${ANSWER}`;
  const outcomes = await withRuby(script, 5, [1, 7, 2], { whole: true });
  assert.deepEqual(
    outcomes.map(({ length }) => length),
    [1, 1, 1],
  );
});

test("what the time cuts off has not failed: it has not been measured", async () => {
  const outcomes = await withRuby(`[ $2 = 7 ] && sleep 60; ${ANSWER}`, 2, [1, 7, 2]);
  assert.deepEqual(
    outcomes.map(({ length }) => length),
    [1, 0, 0],
  );
});

test("where fewer fibers were too many more are not tried, unless there is time without end", async () => {
  const script = `[ $2 -gt 5 ] && printf 'Stopped at 5 fibers\nno more, %s' $2 || ${ANSWER}`;
  const five = { stoppedAt: 5, error: "no more, 7" };
  const [small, first, second, third] = await withRuby(script, 60, [1, 7, 8, 9]);
  assert.equal(small?.length, 3);
  assert.deepEqual([first, second], [[five], [{ ...five, asWith: 7 }]]);
  assert.deepEqual(third, [{ ...five, asWith: 7 }]);
  const all = await withRuby(script, undefined, [7, 8]);
  assert.deepEqual(all, [[five], [{ stoppedAt: 5, error: "no more, 8" }]]);
});

test("only a process of more fibers than the usual heap may hold is allowed a larger one", async () => {
  const flags = async (fibers: number): Promise<string[]> => {
    const cell = {
      experiment: "create",
      runtime: "fibril",
      order: "sequential",
      count: 0,
    } as const;
    const { args } = await launch(findRuntime("fibril", "create")!, { ...cell, fibers });
    return args.filter((word) => word.startsWith("--max-old-space-size="));
  };
  assert.deepEqual(await flags(10_000_000), []);
  const [flag = ""] = await flags(100_000_000);
  assert.ok(Number(flag.split("=")[1]) > 0, flag);
});
