/** Customers queue for tellers and lose their patience, for days of virtual time: Fibril. */
import { moveOnAfter, now, type Routine, run, scope, Semaphore, sleep, spawn } from "fibril";
import { VirtualHost } from "fibril/testing";
import * as spec from "./spec.ts";

const tellers = new Semaphore(spec.TELLERS);

function* visit(customer: spec.Customer): Routine {
  const came = now();
  spec.arrives();
  const entered = yield* moveOnAfter(customer.patience, acquire, false);
  if (!entered) return spec.leaves(customer);
  try {
    spec.served(customer, now() - came);
    yield* sleep(customer.service);
  } finally {
    tellers.release();
  }
}

function* acquire(): Routine<boolean> {
  yield* tellers.acquire();
  return true;
}

await run({ host: new VirtualHost() }, function* bank() {
  yield* scope(function* () {
    for (let id = 0; id < spec.CUSTOMERS; id++) {
      yield* sleep(spec.draw(3_000));
      spawn(visit, spec.customer(id));
    }
  });
  spec.report(now());
});
