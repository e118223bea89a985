/** Which plain code receives a fiber's end, and that an error is reported once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { FiberError, run, shield, sleep, spawn, supervised, until } from "fibril";
import { fails, failsUncancelled } from "./support/failing.ts";
import { Program } from "./support/program.ts";

test("a host reports the failures that nothing has observed, and only those", async () => {
  const { code, out, errors } = await new Program("unheard").ended;
  assert.deepEqual([code, errors], [0, ""]);
  assert.deepEqual(out.split("\n").toSorted(), [
    "",
    "asked: in clean-up",
    "joined: a joiner",
    "unheard: a child's promise",
    "unheard: nobody",
  ]);
});

test("a fiber has one promise, and that of its run is the same", async () => {
  const started = run(fails(new Error("why"), 1));
  assert.equal(started.fiber.promise(), started.fiber.promise());
  const [error] = await Promise.allSettled([started.fiber.promise()]);
  assert.equal(started.fiber.promise(), started.fiber.promise());
  assert.equal(error.status, "rejected");
});

test("with a signal too: both reject with its reason, a fiber that it reached does not", async () => {
  for (const early of [true, false]) {
    const controller = new AbortController();
    const reason = new Error("enough");
    if (early) controller.abort(reason);
    let child: Promise<unknown> | undefined;
    const started = run({ signal: controller.signal }, function* () {
      child = spawn(function* () {
        yield* sleep(Infinity);
      }).promise();
      yield* sleep(Infinity);
    });
    if (!early) {
      await run(() => sleep(1));
      controller.abort(reason);
    }
    await assert.rejects(started, reason);
    await assert.rejects(started.fiber.promise(), reason);
    if (!early) await assert.rejects(child as Promise<unknown>, FiberError);
  }
});

test("a promise that is made after the end has the result, or the error", async () => {
  const returns = run(function* () {
    return 1;
  });
  await returns;
  assert.equal(await returns.fiber.promise(), 1);
  const error = new Error("why");
  await run(function* () {
    yield* supervised(function* () {
      const child = spawn(fails(error));
      try {
        yield* child;
      } catch {}
      // Its joiner observed the error, so this promise may go unhandled.
      void child.promise();
      assert.equal(yield* caught(child.promise()), error);
    });
  });
});

function* caught(promise: Promise<unknown>) {
  return yield* until(promise.catch((error: unknown) => error));
}

test("a run's cancel() can be waited for: in plain code", async () => {
  const order: string[] = [];
  const started = run(function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* shield(() => sleep(2));
      order.push("clean");
    }
  });
  await run(() => sleep(1));
  assert.equal(await started.cancel("why"), undefined);
  order.push("waited");
  await started.cancel("again");
  assert.deepEqual(order, ["clean", "waited"]);
});

test("a run's cancel() can be waited for: in a fiber", async () => {
  const order: string[] = [];
  await run(function* () {
    const started = run(function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        yield* shield(() => sleep(2));
        order.push("clean");
      }
    });
    yield* sleep(1);
    yield* started.cancel("why");
    order.push("waited");
  });
  assert.deepEqual(order, ["clean", "waited"]);
});

test("code that waits for a cancelled run gets what its clean-up threw, and nothing else", async () => {
  const error = new Error("in clean-up");
  const failing = run(failsUncancelled(error));
  await run(() => sleep(1));
  const answer = failing.cancel();
  await assert.rejects(() => Promise.resolve(answer), error);
  await assert.rejects(() => Promise.resolve(answer), error);
  // It had ended before it was asked.
  await failing.cancel();
  const failed = run(fails(error));
  await failed.catch(() => {});
  await failed.cancel();
  await run(function* () {
    yield* failed.cancel();
  });
});
