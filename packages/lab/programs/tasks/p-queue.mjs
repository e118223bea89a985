/** N items are worked on, a hundred at once, by the package p-queue. */
import PQueue from "p-queue";
import { CONCURRENCY } from "#lab/tasks/between.js";
import { measure, n, unit, upTo, weight } from "#lab/tasks/bench.js";

const turn = Promise.resolve();

async function worked(index) {
  await turn;
  return weight(index);
}

async function maps() {
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const work = [];
  for (const index of upTo(n)) work.push(() => worked(index));
  for (const result of await queue.addAll(work)) unit(result);
}

await measure({ map: maps });
