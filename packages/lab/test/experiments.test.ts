/** What each experiment counts besides the time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sample } from "#lab/cell.js";
import { Chase } from "#lab/measuring/chase.js";
import { lab, NO_RUBY } from "./support.js";

async function measured(args: readonly string[]): Promise<Map<string, Sample>> {
  const { code, stdout, stderr } = await lab(
    [...args, "--repeats", "1", "--format", "json"],
    NO_RUBY,
  );
  assert.equal(code, 0, stderr);
  const { results } = JSON.parse(stdout);
  return new Map(
    results.map(({ cell, outcomes }: any) => [`${cell.runtime} ${cell.fibers}`, outcomes[0]]),
  );
}

test("create: both parts, user and system time, faults, resident, mapped, mappings", async () => {
  const found = await measured(["create", "--runtime", "fibril,generator", "--fibers", "20000"]);
  const [fibril, generator] = [found.get("fibril 20000"), found.get("generator 20000")];
  assert.ok(fibril && generator);
  for (const sample of [fibril, generator]) {
    const { createSeconds = 0, enterSeconds = 0, seconds, faultsPerFiber = -1 } = sample;
    assert.ok(createSeconds > 0 && enterSeconds > 0);
    assert.ok(Math.abs(createSeconds + enterSeconds - seconds) < 1e-9);
    assert.ok((sample.userSeconds ?? -1) >= 0 && (sample.systemSeconds ?? -1) >= 0);
    assert.ok(faultsPerFiber >= 0 && faultsPerFiber < 1);
    if (process.platform === "linux") assert.ok((sample.mappings ?? 0) > 50);
  }
  // The bytes are counted, not timed: a fiber is its generator and what stands around it.
  assert.ok((fibril.bytesPerFiber ?? 0) > (generator.bytesPerFiber ?? 0));
  assert.ok((fibril.bytesPerFiber ?? 0) > 150 && (fibril.bytesPerFiber ?? 0) < 1500);
});

test("routines: as many different functions as asked, whatever the runtime", async () => {
  const names = ["fibril", "fibril-compiled", "fibril-frames", "generator"];
  const found = await measured([
    "routines",
    "--runtime",
    names.join(","),
    "--fibers",
    "1,8",
    "--order",
    "shuffled",
    "--count",
    "50000",
  ]);
  assert.equal(found.size, 8);
  for (const [name, { count, seconds }] of found) {
    assert.ok(count >= 50_000 && count % 1_024 === 0 && seconds > 0, name);
  }
});

test("gc: pauses and the event loop's delay, in order, with everyone still alive", async () => {
  const found = await measured([
    "gc",
    "--runtime",
    "fibril,generator",
    "--fibers",
    "1000,50000",
    "--quick",
  ]);
  assert.equal(found.size, 4);
  for (const [name, sample] of found) {
    const { pauses, loopDelay, gcCount = 0, gcSeconds = 0, seconds, count } = sample;
    assert.ok(pauses && loopDelay, name);
    assert.ok(gcCount > 0 && gcSeconds > 0 && gcSeconds < seconds, name);
    for (const { p50, p99, max } of [pauses, loopDelay]) assert.ok(p50 <= p99 && p99 <= max, name);
    assert.ok(pauses.max <= gcSeconds + 1e-9 && count >= 200, name);
  }
});

test("empty: the lab's own part is less than a hundredth", async () => {
  const found = await measured([
    "empty",
    "--runtime",
    "fibril,generator",
    "--fibers",
    "1,64",
    "--count",
    "1000000",
  ]);
  for (const [name, { overheadSeconds = 1, count, best }] of found) {
    assert.ok((overheadSeconds / count) * best < 0.01, `${name}: ${overheadSeconds} of ${count}`);
  }
});

test("memory: the lines form one cycle, and every load is done", async () => {
  for (const lines of [1, 2, 64, 1000]) {
    const chase = new Chase(lines);
    const seen = new Set<number>();
    do {
      seen.add(chase.at);
      assert.equal(chase.run(1), 1);
    } while (chase.at !== 0);
    assert.equal(seen.size, lines);
    chase.run(lines);
    assert.equal(chase.at, 0);
  }
  const found = await measured(["memory", "--fibers", "64", "--count", "100000"]);
  assert.equal(found.get("loads 64")?.count, 100_000);
});

test("what takes time is split: user, system, faults and collections of the section alone", async () => {
  const found = await measured([
    "scale",
    "--runtime",
    "fibril",
    "--fibers",
    "100",
    "--count",
    "500000",
  ]);
  const sample = found.get("fibril 100");
  assert.ok(sample);
  for (const figure of [
    "userSeconds",
    "minorFaults",
    "majorFaults",
    "contextSwitches",
    "gcCount",
  ] as const) {
    assert.ok((sample[figure] ?? -1) >= 0, figure);
  }
  assert.equal(sample.slices?.length, 3);
});
