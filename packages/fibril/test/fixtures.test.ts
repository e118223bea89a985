/**
 * Programs with the trace that Ruby 3.4 gave for them: those that found a bug once, shrunk, and a
 * few dozen larger ones. They need no Ruby, so every host replays them.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { javascriptUnwinds, onGenerators, onRoutines } from "./differential/generators.ts";
import { onDirectMachines, onMachines } from "./differential/machine.ts";
import { print, type Program, type Trace } from "./differential/program.ts";

const FOLDER = new URL("../../test/fixtures/", import.meta.url);

interface Fixture {
  readonly judge: string;
  readonly program: Program;
  readonly trace: Trace;
}

for (const file of readdirSync(FOLDER).toSorted()) {
  if (!file.endsWith(".json")) continue;
  const fixtures = JSON.parse(readFileSync(new URL(file, FOLDER), "utf8")) as Fixture[];
  test(`${file}: ${fixtures.length} programs run as they did on Ruby`, () => {
    assert.ok(fixtures.length > 0);
    for (const { program, trace } of fixtures) {
      assert.deepEqual(onRoutines(program), trace, print(program));
      assert.deepEqual(onMachines(program), trace, print(program));
      assert.deepEqual(onDirectMachines(program), trace, print(program));
      const plain = onGenerators(program);
      if (!javascriptUnwinds(plain)) assert.deepEqual(plain, trace, print(program));
    }
  });
}
