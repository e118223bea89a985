/** Tasks as Effect's fibers. */
import * as Deferred from "effect/Deferred";
import * as Effect from "effect/Effect";
import * as Fiber from "effect/Fiber";
import {
  each,
  inOrder,
  lateness,
  measure,
  n,
  startClock,
  stopClock,
  total,
  unit,
  units,
  upTo,
  weight,
} from "#lab/tasks/bench.js";
import { between } from "./between/effect.mjs";
import { compute, NAP } from "#lab/tasks/trouble.js";

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

/** Timeouts one after the other, around work that ends in time. */
const limits = Effect.gen(function* () {
  for (const index of upTo(n)) {
    unit(yield* Effect.timeout(spawnedAtOnce(index), each * 1000));
  }
});

/** Every task waits under its own timeout, and gets what it waits for in time. */
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

/** For each task the function that ends its wait. It takes whether the task goes on. */
const wakes = [];

const suspended = (index) =>
  Effect.callback((resume) => {
    wakes[index] = (goOn) => resume(Effect.succeed(goOn));
  });

const promised = (index) =>
  Effect.promise(
    () =>
      new Promise((resolve) => {
        wakes[index] = resolve;
      }),
  );

const waitingOften = (wait, index) =>
  Effect.gen(function* () {
    for (let times = 1; yield* wait(index); times++) unit(times);
  });

/** Tasks that are woken lap after lap. */
const waits = (wait) =>
  Effect.gen(function* () {
    wakes.length = 0;
    for (const index of upTo(n)) {
      yield* Effect.forkChild(waitingOften(wait, index), { startImmediately: true });
    }
    const order = inOrder([...wakes.keys()]);
    const wakeAll = (goOn) => {
      for (const index of order) wakes[index](goOn);
    };
    startClock();
    for (let lap = 1; lap <= each; lap++) {
      wakeAll(true);
      while (units() < lap * n) yield* Effect.yieldNow;
    }
    stopClock();
    wakeAll(false);
  });

/** Spawns N tasks that wait once each, and joins them, lap after lap. */
const joins = Effect.gen(function* () {
  for (let lap = 1; lap <= each; lap++) {
    const fibers = [];
    for (let index = 0; index < n; index++) {
      fibers.push(yield* Effect.forkChild(Effect.as(Effect.yieldNow, lap)));
    }
    for (const fiber of fibers) unit(yield* Fiber.join(fiber));
  }
});

const taking = Effect.gen(function* () {
  for (let times = 1; times <= each; times++) {
    yield* Effect.callback((resume) => resume(Effect.void));
    compute();
    unit(times);
  }
});

const sleeping = Effect.gen(function* () {
  for (;;) {
    lateness.expect(NAP);
    yield* Effect.sleep(NAP);
    lateness.came();
  }
});

/** Tasks whose waits end at once, and one more that sleeps again and again. */
const takesAtOnce = Effect.gen(function* () {
  const sleeper = yield* Effect.forkChild(sleeping, { startImmediately: true });
  yield* Effect.sleep(NAP);
  const fibers = [];
  for (const _ of upTo(n)) fibers.push(yield* Effect.forkChild(taking));
  yield* Fiber.awaitAll(fibers);
  stopClock();
  yield* Fiber.interrupt(sleeper);
});

const workloads = {
  spawn: joined(spawned),
  "spawn-at-once": joined(spawnedAtOnce),
  skynet,
  sleep: sleepers,
  yield: yields,
  timeout: timeouts,
  limits,
  suspend: waits(suspended),
  until: waits(promised),
  join: joins,
  "at-once": takesAtOnce,
  ...between,
};
await measure(
  Object.fromEntries(
    Object.entries(workloads).map(([name, effect]) => [name, () => Effect.runPromise(effect)]),
  ),
);
