/**
 * A bank: 100,000 customers, 20 tellers, three and a half days. Nobody waits longer than their patience. The
 * days are virtual and take about a second; the same seed gives the same result, to the last customer.
 *
 *     node examples/build/bank.js [customers] [seed]
 */
import { moveOnAfter, now, type Routine, run, scope, Semaphore, sleep, spawn } from "fibril";
import { VirtualHost } from "fibril/testing";
import { CUSTOMERS, exponential, random, SEED, Stats } from "./support/bank.ts";

const tellers = new Semaphore(20, { name: "tellers" });
const stats = new Stats();
const rand = random(SEED);

function* customer(id: number, patience: number, service: number): Routine {
  const came = now();
  stats.change(came, 1);
  const acquire = function* () {
    yield* tellers.acquire();
    return true;
  };
  const served = yield* moveOnAfter(patience, acquire, false);
  stats.change(now(), -1);
  if (!served) return stats.renege(id);
  try {
    stats.serve(now() - came, id);
    yield* sleep(service);
  } finally {
    tellers.release();
  }
}

await run({ host: new VirtualHost() }, function* bank() {
  yield* scope(function* () {
    for (let id = 0; id < CUSTOMERS; id++) {
      yield* sleep(exponential(rand, 3_000));
      spawn(customer, id, exponential(rand, 300_000), exponential(rand, 60_000));
    }
  });
  console.log(stats.report(now()));
});
