/**
 * Random generator functions, run natively and compiled. `FIBRIL_COMPILER_RUNS` sets how many, `FIBRIL_SEED` with
 * which seed. A failure is shrunk and printed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, type Entry } from "./support/compare.js";
import { Choices } from "./support/choices.js";
import { RandomGenerator } from "./support/random-generator.js";
import { search } from "./support/search.js";

const RUNS = Number(process.env["FIBRIL_COMPILER_RUNS"] ?? 1000);
const SEED =
  Number(process.env["FIBRIL_SEED"] ?? (process.env["CI"] === undefined ? Date.now() : 1)) >>> 0;

function programOf(
  made: readonly number[],
  isRoutine: boolean,
): { program: string; script: Entry[] } {
  const choices = new Choices([...made]);
  const script = Array.from({ length: 12 }, (): Entry => {
    const choice = choices.below(12);
    const how = choice === 10 ? "throw" : choice === 11 ? "return" : "next";
    const value = how === "throw" ? new Error("injected") : choices.below(5);
    return { how, value };
  });
  return { program: new RandomGenerator(choices, isRoutine).program(), script };
}

let compiledPrograms = 0;

/** What differs, or undefined. */
function difference(made: readonly number[], isRoutine: boolean): string | undefined {
  const { program, script } = programOf(made, isRoutine);
  try {
    // Not every program that the generator writes is one.
    // oxlint-disable-next-line typescript/no-implied-eval
    void new Function(`"use strict"; return ${program}`);
  } catch {
    return undefined;
  }
  try {
    const { native, compiled, code, leftAlone } = compare(program, script, isRoutine);
    if (leftAlone === undefined) compiledPrograms++;
    for (let at = 0; at < Math.max(native.length, compiled.length); at++) {
      if (JSON.stringify(native[at]) !== JSON.stringify(compiled[at])) {
        return `${program}\n${code}\n[${at}] native ${JSON.stringify(native[at])}, compiled ${JSON.stringify(compiled[at])}\n${JSON.stringify(script)}`;
      }
    }
    return undefined;
  } catch (error) {
    return `${program}\n${(error as Error).stack ?? String(error)}`;
  }
}

test(`${RUNS} random generator functions behave as the native ones, seed ${SEED}`, () => {
  compiledPrograms = 0;
  search(RUNS, SEED, (made) => difference(made, false));
  assert.ok(compiledPrograms > RUNS / 2, `only ${compiledPrograms} were compiled`);
});

test(`${RUNS / 2} random routines behave in a fiber as the plain ones, seed ${SEED}`, () => {
  compiledPrograms = 0;
  search(RUNS / 2, SEED, (made) => difference(made, true));
  assert.ok(compiledPrograms > RUNS / 4, `only ${compiledPrograms} were compiled`);
});
