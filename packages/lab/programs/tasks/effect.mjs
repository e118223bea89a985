/** Tasks as Effect's fibers. */
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import {
  each,
  inOrder,
  measure,
  n,
  startClock,
  total,
  unit,
  upTo,
  weight,
} from "#lab/tasks/bench.js";

const spawned = (index) => Effect.as(Effect.yieldNow, weight(index));

const spawnedAtOnce = (index) => Effect.sync(() => weight(index));

const joined = (work) =>
  Effect.gen(function* () {
    const fibers = [];
    for (const index of upTo(n)) fibers.push(yield* Effect.forkChild(work(index)));
    for (const fiber of fibers) unit(yield* Fiber.join(fiber));
  });

const node = (first, leaves) =>
  Effect.gen(function* () {
    unit(leaves === 1 ? first : 0);
    if (leaves === 1) return first;
    const children = [];
    const share = leaves / 10;
    for (let child = 0; child < 10; child++) {
      children.push(yield* Effect.forkChild(node(first + child * share, share)));
    }
    let sum = 0;
    for (const child of children) sum += yield* Fiber.join(child);
    return sum;
  });

/** A tree of tasks, ten children a node, that adds up the numbers of its `n` leaves. */
const skynet = Effect.gen(function* () {
  total(yield* node(0, n));
});

const sleeper = Effect.gen(function* () {
  yield* Effect.sleep(each * 1000);
  unit(1);
});

const sleepers = Effect.gen(function* () {
  const fibers = [];
  for (const _ of upTo(n)) fibers.push(yield* Effect.forkChild(sleeper));
  yield* Fiber.awaitAll(fibers);
});

const yielding = (start) =>
  Effect.gen(function* () {
    yield* Deferred.await(start);
    for (let times = 1; times <= each; times++) {
      unit(times);
      yield* Effect.yieldNow;
    }
  });

const yields = Effect.gen(function* () {
  const gates = [];
  const fibers = [];
  for (const _ of upTo(n)) {
    const start = Deferred.makeUnsafe();
    gates.push(start);
    fibers.push(yield* Effect.forkChild(yielding(start), { startImmediately: true }));
  }
  inOrder(gates);
  startClock();
  for (const start of gates) Deferred.doneUnsafe(start, Effect.void);
  yield* Fiber.awaitAll(fibers);
});

const waiting = (given) =>
  Effect.gen(function* () {
    unit(yield* Effect.timeout(Deferred.await(given), each * 1000));
  });

/** One after the other, for work that ends in time. */
const limits = Effect.gen(function* () {
  for (const index of upTo(n)) {
    unit(yield* Effect.timeout(spawnedAtOnce(index), each * 1000));
  }
});

/** Every task waits under a timeout of its own, and is given what it waits for. */
const timeouts = Effect.gen(function* () {
  const gates = [];
  const fibers = [];
  for (const _ of upTo(n)) {
    const given = Deferred.makeUnsafe();
    gates.push(given);
    fibers.push(yield* Effect.forkChild(waiting(given), { startImmediately: true }));
  }
  for (const [index, given] of gates.entries()) {
    Deferred.doneUnsafe(given, Effect.succeed(weight(index)));
  }
  yield* Fiber.awaitAll(fibers);
});

const workloads = {
  spawn: joined(spawned),
  "spawn-at-once": joined(spawnedAtOnce),
  skynet,
  sleep: sleepers,
  yield: yields,
  timeout: timeouts,
  limits,
};
await measure(
  Object.fromEntries(
    Object.entries(workloads).map(([name, effect]) => [name, () => Effect.runPromise(effect)]),
  ),
);
