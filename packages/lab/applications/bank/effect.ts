/** Customers queue for tellers and lose their patience, for days of virtual time: Effect. */
import { Clock, Effect, Fiber, FiberSet, Option, Semaphore } from "effect";
import { TestClock } from "effect/testing";
import * as spec from "./spec.ts";

const now = Clock.currentTimeMillis;

const visit = (tellers: Semaphore.Semaphore, customer: spec.Customer) =>
  Effect.gen(function* () {
    const came = yield* now;
    spec.arrives();
    const entered = yield* Effect.timeoutOption(tellers.take(1), customer.patience);
    if (Option.isNone(entered)) return spec.leaves(customer);
    spec.served(customer, (yield* now) - came);
    yield* Effect.sleep(customer.service).pipe(Effect.ensuring(tellers.release(1)));
  });

const bank = Effect.gen(function* () {
  const tellers = yield* Semaphore.make(spec.TELLERS);
  const inside = yield* FiberSet.make<void>();
  for (let id = 0; id < spec.CUSTOMERS; id++) {
    yield* Effect.sleep(spec.draw(3_000));
    yield* FiberSet.run(inside, visit(tellers, spec.customer(id)));
  }
  yield* FiberSet.awaitEmpty(inside);
  spec.report(yield* now);
}).pipe(Effect.scoped);

// The test clock moves only by hand.
const program = Effect.gen(function* () {
  const fiber = yield* Effect.forkChild(bank);
  while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 hour");
  yield* Fiber.join(fiber);
}).pipe(Effect.provide(TestClock.layer()));

await Effect.runPromise(program);
