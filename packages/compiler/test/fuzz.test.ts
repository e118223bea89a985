/**
 * Random generator functions, run natively and compiled. `FIBRIL_COMPILER_RUNS` sets how many, `FIBRIL_SEED` with
 * which seed. A failure is shrunk and printed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { compare, type Entry } from "./support/compare.js";
import { Choices, RandomGenerator } from "./support/random-generator.js";

const RUNS = Number(process.env["FIBRIL_COMPILER_RUNS"] ?? 1000);
const SEED =
  Number(process.env["FIBRIL_SEED"] ?? (process.env["CI"] === undefined ? Date.now() : 1)) >>> 0;

/** mulberry32 */
function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}

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

function shrink(made: readonly number[], isRoutine: boolean): number[] {
  let best = [...made];
  for (let size = best.length; size >= 1; size = size >> 1) {
    for (let at = 0; at + size <= best.length;) {
      const shorter = [...best.slice(0, at), ...best.slice(at + size)];
      const zeroed = best.map((each, index) => (index >= at && index < at + size ? 0 : each));
      if (difference(shorter, isRoutine) !== undefined) best = shorter;
      else if (
        zeroed.some((each, index) => each !== best[index]) &&
        difference(zeroed, isRoutine) !== undefined
      )
        best = zeroed;
      else at += size;
    }
  }
  return best;
}

function search(runs: number, isRoutine: boolean): void {
  const next = random(SEED);
  compiledPrograms = 0;
  for (let run = 0; run < runs; run++) {
    const made = Array.from({ length: 60 + (next() % 240) }, () => next() % 1_000_003);
    if (difference(made, isRoutine) === undefined) continue;
    const smallest = shrink(made, isRoutine);
    assert.fail(
      `run ${run}\n${difference(smallest, isRoutine) ?? ""}\nchoices ${JSON.stringify(smallest)}`,
    );
  }
}

test(`${RUNS} random generator functions behave as the native ones, seed ${SEED}`, () => {
  search(RUNS, false);
  assert.ok(compiledPrograms > RUNS / 2, `only ${compiledPrograms} were compiled`);
});

test(`${RUNS / 2} random routines behave in a fiber as the plain ones, seed ${SEED}`, () => {
  search(RUNS / 2, true);
  assert.ok(compiledPrograms > RUNS / 4, `only ${compiledPrograms} were compiled`);
});
