/** N items are worked on, a hundred at once, by the package p-limit. */
import pLimit from "p-limit";
import { CONCURRENCY } from "#lab/tasks/between.js";
import { measure, n, unit, upTo, weight } from "#lab/tasks/bench.js";

const turn = Promise.resolve();

async function worked(index) {
  await turn;
  return weight(index);
}

async function maps() {
  const limit = pLimit(CONCURRENCY);
  for (const result of await limit.map(upTo(n), worked)) unit(result);
}

await measure({ map: maps });
