/** From plain code into fibers, and what comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  fifo,
  type Routine,
  run,
  runSync,
  seeded,
  shield,
  sleep,
  spawn,
  supervised,
  until,
  yieldNow,
} from "fibril";
import { refused, thrown } from "./support/expect.ts";
import { fails, failsUncancelled } from "./support/failing.ts";
import { checkKernel } from "./support/manual-host.ts";

test("run gives a promise of the result, and starts soon, not at once", async () => {
  const order: string[] = [];
  const promise = run(
    function* (a: number, b: number) {
      order.push("fiber");
      yield* sleep(0);
      return a + b;
    },
    1,
    2,
  );
  order.push("plain code");
  assert.equal(await promise, 3);
  assert.deepEqual(order, ["plain code", "fiber"]);
  checkKernel();
});

test("run rejects with what the fiber throws", async () => {
  const error = new Error("why");
  await assert.rejects(run(fails(error)), error);
  await assert.rejects(
    run(() => 5 as never),
    /must be a generator function/,
  );
});

test("what run cannot run is refused at the call", () => {
  assert.throws(
    () => run(5 as never),
    /^TypeError: tried to run a number: pass a generator function$/,
  );
  function* work() {}
  assert.throws(
    () => run(work() as never),
    /^TypeError: tried to run a generator: write run\(routine, argument\)$/,
  );
  assert.throws(() => run({ name: "x" } as never), TypeError);
  assert.throws(() => runSync({} as never, undefined as never), TypeError);
});

test("a run is a promise, and has its fiber", async () => {
  const started = run({ name: "main" }, function* () {
    yield* sleep(1);
    return 1;
  });
  assert.ok(started.fiber instanceof Fiber);
  assert.equal(started.fiber.name, "main");
  assert.equal(String(started.fiber), "#<Fiber: main (created)>");
  let ended = false;
  const all = await Promise.all([
    started.then((value) => value + 1),
    started.finally(() => (ended = true)),
    started.catch(() => 5),
  ]);
  assert.deepEqual([all, ended, started.fiber.alive], [[2, 1, 1], true, false]);
});

test("a run that is cancelled rejects with FiberError, after its clean-up", async () => {
  const order: string[] = [];
  const started = run(function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* shield(() => sleep(1));
      order.push("clean");
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  started.cancel("why");
  started.cancel("again");
  await assert.rejects(started, (error: FiberError) => {
    assert.equal(error.code, "cancelled");
    assert.match(error.message, /was cancelled: why$/);
    return true;
  });
  assert.deepEqual(order, ["clean"]);
});

test("await using: a run is cancelled and has cleaned up when its block is left", async () => {
  const order: string[] = [];
  {
    await using server = run(function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        yield* shield(() => sleep(1));
        order.push("closed");
      }
    });
    assert.equal(server.fiber.alive, true);
    await run(() => sleep(1));
    order.push("block ends");
  }
  assert.deepEqual(order, ["block ends", "closed"]);
});

test("await using: what its clean-up threw is thrown at the end of the block", async () => {
  const error = new Error("why");
  await assert.rejects(async () => {
    await using started = run(failsUncancelled(error));
    await run(() => sleep(1));
    assert.equal(started.fiber.alive, true);
  }, error);
});

test("runs of one host can wait for each other's fibers", async () => {
  const first = run(function* () {
    yield* sleep(2);
    return "first";
  });
  assert.equal(await run(() => first.fiber), "first");
  assert.equal(await run(() => until(first)), "first");
});

test("a run with a policy has a scheduler of its own, and can still be waited for", async () => {
  const other = run({ policy: seeded(3) }, function* () {
    yield* sleep(1);
    return "other";
  });
  const result = await run({ policy: fifo }, function* () {
    return yield* other.fiber;
  });
  assert.equal(result, "other");
});

test("runSync drives a program to its end in the call", () => {
  const result = runSync(function* (n: number) {
    const parts = Array.from({ length: n }, (_, i) =>
      spawn(function* () {
        yield* yieldNow();
        return i;
      }),
    );
    let sum = 0;
    for (const part of parts) sum += yield* part;
    return sum;
  }, 10);
  assert.equal(result, 45);
  checkKernel();
});

test("runSync throws what the fiber throws, and errors that nothing observed", () => {
  const error = new Error("why");
  const throws = function* (): Routine<void> {
    yield* yieldNow();
    throw error;
  };
  assert.equal(
    thrown(() => runSync(throws)),
    error,
  );
  assert.equal(
    thrown(() =>
      runSync(function* () {
        yield* supervised(function* () {
          spawn(throws);
        });
      }),
    ),
    error,
  );
});

test("runSync may be cancelled from within, and says so", () => {
  const error = thrown(() =>
    runSync(function* () {
      void Fiber.current.cancel("why");
      yield* yieldNow();
    }),
  ) as FiberError;
  assert.equal(error.code, "cancelled");
});

test("runSync in an op's place is misuse, and throws at once", () => {
  const error = thrown(() =>
    runSync(function* () {
      void yieldNow();
      runSync(function* () {});
      yield* yieldNow();
    }),
  ) as FiberError;
  assert.equal(error.code, "op-not-run");
  checkKernel();
});

test("a scheduler goes on after a program that misused it", async () => {
  await assert.rejects(
    run(function* () {
      void sleep(1);
      yield* sleep(1);
    }),
    (error: FiberError) => error.code === "op-not-run",
  );
  await assert.rejects(
    run(function* () {
      yield 5 as never;
    }),
    (error: FiberError) => error.code === "raw-yield",
  );
  refused(/needs a scheduler/, () => sleep(1));
  assert.equal(await run(() => sleep(1)), undefined);
});

test("more than 128 fibers that wait at once all complete", async () => {
  const results = await run(function* () {
    const fibers = Array.from({ length: 1000 }, (_, i) =>
      spawn(function* () {
        yield* sleep(i % 3);
        return i;
      }),
    );
    const got: number[] = [];
    for (const fiber of fibers) got.push(yield* fiber);
    return got;
  });
  assert.deepEqual(
    results,
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test("a hundred thousand children are spawned and joined", () => {
  const sum = runSync(function* () {
    const children: Fiber<[], never, never, number>[] = [];
    for (let i = 0; i < 100_000; i++) {
      children.push(
        spawn(function* (n: number) {
          yield* yieldNow();
          return n;
        }, i),
      );
    }
    let total = 0;
    for (const child of children) total += yield* child;
    return total;
  });
  assert.equal(sum, 4_999_950_000);
});
