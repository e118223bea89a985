/** The host's ambient context, `AsyncLocalStorage`, seen in fibers as in async functions: opt-in. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { Fiber, fifo, type Routine, run, scope, sleep, spawn, until, yieldNow } from "fibril";
import type { Scheduler } from "#core/schedule/scheduler";

const storage = new AsyncLocalStorage<string>();

test("values set around run are visible in its fibers after every kind of wait", async () => {
  const seen: (string | undefined)[] = [];
  const see = (): void => void seen.push(storage.getStore());
  await storage.run("request", () =>
    run({ asyncContext: true }, function* () {
      see();
      yield* yieldNow();
      see();
      yield* sleep(1);
      see();
      yield* until(Promise.resolve());
      see();
      yield* scope(function* () {
        spawn(function* () {
          see();
          yield* sleep(1);
          see();
        });
      });
      yield* Fiber.resume(
        new Fiber(function* () {
          yield* sleep(0);
          see();
        }),
      );
    }),
  );
  assert.deepEqual(
    seen,
    Array.from({ length: 7 }, () => "request"),
  );
});

test("runs and fibers do not see each other's", async () => {
  const work = function* (expected: string): Routine<void> {
    yield* scope(function* () {
      for (let i = 0; i < 5; i++) {
        spawn(function* () {
          for (let j = 0; j < 5; j++) {
            assert.equal(storage.getStore(), expected);
            yield* j % 2 === 0 ? yieldNow() : sleep(0);
          }
        });
      }
    });
  };
  await Promise.all(
    ["a", "b", "c"].map((name) => storage.run(name, () => run({ asyncContext: true }, work, name))),
  );
  assert.equal(storage.getStore(), undefined);
});

test("a fiber spawned within storage.run has that value, and keeps it; its parent has its own", async () => {
  await storage.run("outer", () =>
    run({ asyncContext: true }, function* () {
      const child = storage.run("inner", () =>
        spawn(function* () {
          yield* sleep(1);
          return storage.getStore();
        }),
      );
      assert.equal(storage.getStore(), "outer");
      assert.equal(yield* child, "inner");
      assert.equal(storage.getStore(), "outer");
    }),
  );
});

test("a context that a fiber enters applies to that fiber only", async () => {
  if (typeof storage.enterWith !== "function") return;
  await storage.run("outer", () =>
    run({ asyncContext: true }, function* () {
      const child = spawn(function* () {
        storage.enterWith("entered");
        yield* sleep(1);
        return storage.getStore();
      });
      yield* yieldNow();
      assert.equal(storage.getStore(), "outer");
      assert.equal(yield* child, "entered");
      assert.equal(storage.getStore(), "outer");
    }),
  );
  assert.equal(storage.getStore(), undefined);
});

test("a promise that a fiber makes has its context", async () => {
  const seen = await storage.run("request", () =>
    run({ asyncContext: true }, function* () {
      yield* sleep(1);
      return yield* until(
        (async () => {
          await new Promise((resolve) => setTimeout(resolve, 1));
          return storage.getStore();
        })(),
      );
    }),
  );
  assert.equal(seen, "request");
});

test("it is opt-in: a scheduler whose runs do not ask takes the short way", async () => {
  for (const asyncContext of [false, true]) {
    const started = run({ policy: fifo, asyncContext }, function* () {
      yield* sleep(0);
    });
    const { scheduler } = (started.fiber as never as { _scope: { scheduler: Scheduler } })._scope;
    assert.equal(scheduler.special, asyncContext);
    await started;
  }
});
