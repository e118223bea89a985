/**
 * Random programs on Fibril and on real Ruby: the traces, error texts and final states must be the
 * same, line by line, on generator frames, on frames of plain `yield*` and on state machines.
 *
 * FIBRIL_DIFF_PROGRAMS  how many for each judge
 * FIBRIL_SEED           which; printed with every failure
 * FIBRIL_KEEP_FAILURES  1 adds each shrunk failure to test/fixtures with Ruby's trace
 */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { test } from "node:test";
import { generate } from "./differential/generate.ts";
import { onGenerators, javascriptUnwinds, onRoutines } from "./differential/generators.ts";
import { type Found, installedRuby, type Judge, wasmRuby } from "./differential/judges.ts";
import { onDirectMachines, onMachines } from "./differential/machine.ts";
import { print, type Program, type Trace } from "./differential/program.ts";
import { shrink } from "./differential/shrink.ts";

const COUNT = Number(process.env["FIBRIL_DIFF_PROGRAMS"] ?? 10_000);
const SEED = Number(process.env["FIBRIL_SEED"] ?? Math.floor(Math.random() * 1e9));
const BATCH = 2_000;
const FIXTURES = new URL("../../test/fixtures/", import.meta.url);

const RUNNERS: [name: string, run: (program: Program) => Trace][] = [
  ["routine() frames", onRoutines],
  ["plain yield*", onGenerators],
  ["state machines", onMachines],
  ["state machines that write their own wishes", onDirectMachines],
];

/** Where a run parts from Ruby's trace; null when nowhere. */
function difference(mine: Trace, ruby: Trace): string | null {
  const length = Math.max(mine.length, ruby.length);
  for (let i = 0; i < length; i++) {
    if (mine[i] !== ruby[i]) return `line ${i + 1}\n  Ruby:   ${ruby[i]}\n  Fibril: ${mine[i]}`;
  }
  return null;
}

function compare(program: Program, ruby: Trace): string | null {
  for (const [name, run] of RUNNERS) {
    const mine = run(program);
    if (run === onGenerators && javascriptUnwinds(mine)) continue;
    const found = difference(mine, ruby);
    if (found) return `on ${name}, ${found}`;
  }
  return null;
}

async function check(judge: Judge): Promise<{ compared: number; lost: number }> {
  let lost = 0;
  for (let from = 0; from < COUNT; from += BATCH) {
    const programs: Program[] = [];
    for (let i = from; i < Math.min(COUNT, from + BATCH); i++) {
      programs.push(generate(SEED, i, judge.features));
    }
    const traces = await judge.judge(programs);
    for (const [i, program] of programs.entries()) {
      const ruby = traces[i];
      if (!ruby) lost++;
      else if (compare(program, ruby)) await explain(judge, program, from + i);
    }
  }
  return { compared: COUNT - lost, lost };
}

async function explain(judge: Judge, program: Program, index: number): Promise<never> {
  const small = await shrink(program, async (candidates) => {
    const traces = await judge.judge(candidates);
    return candidates.map((candidate, i) => {
      const ruby = traces[i];
      return ruby ? compare(candidate, ruby) !== null : false;
    });
  });
  const [ruby] = await judge.judge([small]);
  if (process.env["FIBRIL_KEEP_FAILURES"] === "1") {
    const text = JSON.stringify([
      {
        judge: judge.name,
        seed: SEED,
        index,
        program: small,
        trace: ruby,
      },
    ]);
    await writeFile(new URL(`found-${SEED}-${index}.json`, FIXTURES), text);
  }
  return assert.fail(
    `seed ${SEED}, program ${index} against ${judge.name}: ${compare(small, ruby as Trace)}\n` +
      `${print(small)}\nRuby's trace:\n  ${(ruby as Trace).join("\n  ")}\n` +
      `Again: FIBRIL_SEED=${SEED}`,
  );
}

for (const [label, find] of [
  ["the installed Ruby", installedRuby],
  ["Ruby 3.4 as WebAssembly", wasmRuby],
] as const) {
  test(`${COUNT} random programs run as on ${label}`, { timeout: 1_800_000 }, async (t) => {
    const judge: Found = await find();
    if (typeof judge === "string") return t.skip(judge);
    const { compared, lost } = await check(judge);
    t.diagnostic(`${judge.name}: seed ${SEED}, ${compared} compared, ${lost} that Ruby died of`);
    assert.ok(lost <= COUNT / 100, `Ruby did not survive ${lost} of ${COUNT} programs`);
  });
}
