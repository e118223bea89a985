/** Every runtime does the work it is timed for, and one that does not is found out. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, cp, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { runtimes } from "#lab/runtimes/registry.js";
import type { Runtime } from "#lab/measuring/runtime.js";
import { scratch } from "./support.js";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));

for (const { name, load, experiments } of runtimes.filter(({ kind }) => kind === "inline")) {
  const workload = async <K extends keyof Runtime>(kind: K): Promise<NonNullable<Runtime[K]>> => {
    const made = (await load?.())?.[kind];
    assert.ok(made);
    return made;
  };

  if (experiments.includes("ring")) {
    test(`${name}: a ring passes exactly as often as asked, and goes on where it stopped`, async () => {
      const make = await workload("ring");
      for (const order of ["sequential", "shuffled"] as const) {
        const ring = await make(7, order);
        assert.deepEqual(
          [await ring.run(100), await ring.run(1), await ring.run(55)],
          [100, 1, 55],
        );
        assert.equal(await (await make(1, order)).run(10), 10);
      }
    });
  }

  if (experiments.includes("scale")) {
    test(`${name}: counters answer how often they were resumed`, async () => {
      const counters = await (await workload("counters"))(5, "shuffled");
      assert.deepEqual([await counters.laps(1), await counters.laps(2)], [5, 5 * (2 + 3)]);
    });
  }

  if (experiments.includes("routines")) {
    test(`${name}: fibers of many routines answer how often they were resumed`, async () => {
      const many = await workload("many");
      for (const order of ["sequential", "shuffled"] as const) {
        const counters = await many(3, 8, order);
        assert.deepEqual([await counters.laps(1), await counters.laps(2)], [8, 8 * (2 + 3)]);
      }
    });
  }

  if (experiments.includes("depth")) {
    test(`${name}: a deep fiber answers from under its calls`, async () => {
      const deep = await (await workload("deep"))(50);
      assert.deepEqual([await deep.laps(1), await deep.laps(3)], [1, 2 + 3 + 4]);
    });
  }
}

test("fibril-compiled runs the sources of fibril, compiled", async () => {
  const read = (path: string): Promise<string> => readFile(join(DIST, path), "utf8");
  for (const path of ["runtimes/fibril.js", "tasks/fibril/storms.js"]) {
    assert.doesNotMatch(await read(path), /@fibril\/compiler/);
    assert.match(await read(`compiled/${path}`), /@fibril\/compiler\/routines/);
    assert.doesNotMatch(await read(`compiled/${path}`), /\byield\*/, "every routine is compiled");
  }
});

test("fibril-direct runs functions in direct style, compiled", async () => {
  const read = (path: string): Promise<string> => readFile(join(DIST, path), "utf8");
  for (const path of ["runtimes/fibril-direct.js", "tasks/fibril-direct/storms.js"]) {
    assert.doesNotMatch(await read(path), /function\*|yield\*|fibril\/frames/);
    assert.match(await read(`compiled/${path}`), /@fibril\/compiler\/direct/);
  }
});

test("a runtime that lies about its work is an error, not a record", async () => {
  const folder = scratch();
  await cp(DIST, join(folder, "dist"), { recursive: true });
  await copyFile(join(DIST, "../package.json"), join(folder, "package.json"));
  await symlink(join(DIST, "../../../node_modules"), join(folder, "node_modules"));
  const path = join(folder, "dist/runtimes/generator.js");
  const honest = await readFile(path, "utf8");
  const lying = honest.replace("lap < laps", "lap < laps - 1");
  assert.notEqual(lying, honest);
  await writeFile(path, lying);
  const cell = {
    experiment: "scale",
    runtime: "generator",
    order: "sequential",
    fibers: 10,
    count: 1000,
  };
  const worker = join(dirname(path), "../worker.js");
  const run = promisify(execFile)(process.execPath, [worker, JSON.stringify(cell)]);
  await assert.rejects(run, /the fibers answered \d+ in all, not \d+/);
});
