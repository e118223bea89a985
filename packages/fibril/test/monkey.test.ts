/**
 * Random programs whose user code does what it should not, wherever the library calls it: registrations,
 * undos, thenables, getters, texts, names, monitors, hooks of the probe, clean-up. It throws values of the
 * worst kinds, cancels, raises, kills, spawns, wakes itself and others, runs schedulers within. After each
 * turn the invariants hold; nothing hangs, nothing comes out of the loop, no error is lost.
 *
 * FIBRIL_MONKEY_RUNS  how many; FIBRIL_SEED  which; FIBRIL_KEEP_FAILURES=1  adds a failure to the fixtures
 */
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Random } from "./differential/random.ts";
import { type Program, program, shrink } from "./support/monkey.ts";
import { Monkey } from "./support/monkey-run.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_MONKEY_RUNS"] ?? 3_000);

const fixtures = new URL("../../test/fixtures/monkeys/found.json", import.meta.url);
const kept = JSON.parse(readFileSync(fixtures, "utf8")) as Program[];

/** What is wrong with it, without the numbers, so that shrinking does not end at another failure. */
function failure(given: Program): string | undefined {
  try {
    new Monkey(given).run();
    return undefined;
  } catch (error) {
    return textOf(error);
  }
}

function textOf(error: unknown): string {
  try {
    return (error as Error).message.replaceAll(/\d+/g, "#");
  } catch {
    return "a value that cannot be written";
  }
}

function check(given: Program, seed: number): void {
  const wrong = failure(given);
  if (wrong === undefined) return;
  const small = shrink(given, (other) => failure(other) === wrong);
  if (process.env["FIBRIL_KEEP_FAILURES"] === "1") {
    writeFileSync(fixtures, `${JSON.stringify([...kept, small])}\n`);
  }
  try {
    new Monkey(small).run();
  } catch (cause) {
    const text = JSON.stringify(small);
    throw new Error(`FIBRIL_SEED=${seed} FIBRIL_MONKEY_RUNS=1: ${text}`, { cause });
  }
}

test(`${RUNS} random programs of misbehaving user code`, (t) => {
  t.diagnostic(`seed ${SEED}`);
  for (let run = 0; run < RUNS; run++) check(program(new Random(SEED + run)), SEED + run);
});

test("programs of misbehaving user code that failed once", () => {
  for (const given of kept) new Monkey(given).run();
});
