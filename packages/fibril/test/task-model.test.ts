/**
 * Random trees of fibers that spawn, sleep, fail, catch, cancel each other, time out, shield, defer and
 * kill, in random orders. What must hold after every turn and at the end: support/invariants.ts and
 * tree-run.ts. What failed once stays in fixtures/trees/found.json.
 *
 * FIBRIL_TREE_RUNS  how many; FIBRIL_SEED  which; FIBRIL_KEEP_FAILURES=1  adds a failure to the fixtures
 */
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { type Program, programs } from "./support/tree.ts";
import { Tree } from "./support/tree-run.ts";
import { shrink } from "./support/tree-shrink.ts";
import { SEED } from "./support/seed.ts";

const RUNS = Number(process.env["FIBRIL_TREE_RUNS"] ?? 1_000);

const fixtures = new URL("../../test/fixtures/trees/found.json", import.meta.url);
const kept = JSON.parse(readFileSync(fixtures, "utf8")) as Program[];

/** What is wrong with it, without the numbers, so that shrinking does not end at another failure. */
function failure(program: Program): string | undefined {
  try {
    new Tree(program).run();
    return undefined;
  } catch (error) {
    return (error as Error).message.replaceAll(/\d+/g, "#");
  }
}

function check(program: Program): void {
  const wrong = failure(program);
  if (wrong === undefined) return;
  const small = shrink(program, (other) => failure(other) === wrong);
  if (process.env["FIBRIL_KEEP_FAILURES"] === "1") {
    writeFileSync(fixtures, `${JSON.stringify([...kept, small])}\n`);
  }
  try {
    new Tree(small).run();
  } catch (cause) {
    throw new Error(`seed ${SEED}: ${JSON.stringify(small)}`, { cause });
  }
}

for (const [name, manner] of [
  ["in good order", "orderly"],
  ["with kills, raises and ends of patience", "violent"],
  ["with coroutines that anybody enters", "strands"],
] as const) {
  test(`${RUNS} random trees of fibers, ${name}`, (t) => {
    t.diagnostic(`seed ${SEED}`);
    for (const program of fc.sample(programs(manner), { numRuns: RUNS, seed: SEED })) {
      check(program);
    }
  });
}

test("trees that failed once", () => {
  for (const program of kept) new Tree(program).run();
});
