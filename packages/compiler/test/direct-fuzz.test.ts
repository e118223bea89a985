/**
 * Random programs in direct style against the same programs with `yield*`, in a fiber that is resumed, raised in and killed
 * at random. `FIBRIL_COMPILER_RUNS` sets how many, `FIBRIL_SEED` with which seed. A failure is shrunk and printed.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Entry } from "./support/compare.js";
import { compareDirect } from "./support/compare-direct.js";
import { Choices } from "./support/choices.js";
import { RandomGenerator } from "./support/random-generator.js";
import { search } from "./support/search.js";

const RUNS = Number(process.env["FIBRIL_COMPILER_RUNS"] ?? 600);
const SEED =
  Number(process.env["FIBRIL_SEED"] ?? (process.env["CI"] === undefined ? Date.now() : 1)) >>> 0;

let compared = 0;

/** What differs, or undefined. */
function difference(made: readonly number[]): string | undefined {
  const choices = new Choices([...made]);
  const script = Array.from({ length: 12 }, (): Entry => {
    const choice = choices.below(12);
    const how = choice === 10 ? "throw" : choice === 11 ? "return" : "next";
    return { how, value: how === "throw" ? new Error("injected") : choices.below(5) };
  });
  const program = new RandomGenerator(choices, true).program();
  try {
    // Not every program that the generator writes is one.
    // oxlint-disable-next-line typescript/no-implied-eval
    void new Function(`"use strict"; return ${program}`);
  } catch {
    return undefined;
  }
  try {
    const comparison = compareDirect(program, script);
    if (comparison === undefined) return undefined;
    compared++;
    const { plain, compiled, code } = comparison;
    for (let at = 0; at < Math.max(plain.length, compiled.length); at++) {
      if (JSON.stringify(plain[at]) !== JSON.stringify(compiled[at])) {
        return `${program}\n${code}\n[${at}] plain ${JSON.stringify(plain[at])}, direct ${JSON.stringify(compiled[at])}\n${JSON.stringify(script)}`;
      }
    }
    return undefined;
  } catch (error) {
    return `${program}\n${(error as Error).stack ?? String(error)}`;
  }
}

test(`${RUNS} random programs in direct style behave as with yield*, seed ${SEED}`, () => {
  search(RUNS, SEED, difference);
  assert.ok(compared > RUNS / 2, `only ${compared} were compared`);
});
