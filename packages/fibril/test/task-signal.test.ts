/** AbortSignals: into a run, and out of one. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import {
  Cancelled,
  FiberError,
  type Routine,
  run,
  scope,
  shield,
  sleep,
  spawn,
  until,
} from "fibril";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

test("a signal that aborts cancels the run, which rejects with its reason, after the clean-up", async () => {
  const order: unknown[] = [];
  const controller = new AbortController();
  const started = run({ signal: controller.signal }, function* () {
    spawn(function* () {
      try {
        yield* sleep(Infinity);
      } catch (error) {
        order.push((error as Cancelled).source, (error as Cancelled).reason);
        throw error;
      }
    });
    try {
      yield* sleep(Infinity);
    } finally {
      yield* shield(() => sleep(1));
      order.push("clean");
    }
  });
  assert.equal(listeners(controller.signal), 1);
  await run(() => sleep(1));
  const reason = new Error("enough");
  controller.abort(reason);
  await assert.rejects(started, (error) => error === reason);
  assert.deepEqual(order, ["signal", reason, "clean"]);
  assert.equal(listeners(controller.signal), 0);
});

test("a signal that has aborted already lets nothing run", async () => {
  let ran = false;
  const started = run({ signal: AbortSignal.abort("early") }, function* () {
    ran = true;
  });
  await assert.rejects(started, (reason) => reason === "early");
  assert.equal(ran, false);
});

test("a run that ends leaves no listener on its signal, however it ends", async () => {
  const { signal } = new AbortController();
  const ends: [routine: () => Routine<unknown>, cancel: boolean][] = [
    [() => sleep(0) as never, false],
    [
      function* () {
        throw new Error("why");
      },
      false,
    ],
    [() => sleep(Infinity) as never, true],
  ];
  for (const [routine, cancel] of ends) {
    const started = run({ signal }, routine);
    assert.equal(listeners(signal), 1);
    if (cancel) started.cancel();
    await started.catch(() => {});
    assert.equal(listeners(signal), 0);
  }
});

test("a run that ended otherwise is not the signal's, also when that aborts at the same time", async () => {
  const controller = new AbortController();
  const own = new Error("own");
  await assert.rejects(
    run({ signal: controller.signal }, function* () {
      try {
        yield* sleep(1);
      } finally {
        controller.abort(new Error("late"));
        throw own; // oxlint-disable-line no-unsafe-finally
      }
    }),
    own,
  );
  const second = new AbortController();
  const result = await run({ signal: second.signal }, function* () {
    second.abort();
    return "done already";
  });
  assert.equal(result, "done already");
});

test("a run that was cancelled before its signal aborts says who cancelled it", async () => {
  const controller = new AbortController();
  const started = run({ signal: controller.signal }, function* () {
    try {
      yield* sleep(Infinity);
    } finally {
      yield* shield(() => sleep(2));
    }
  });
  await run(() => sleep(1));
  started.cancel("by hand");
  controller.abort("later");
  await assert.rejects(started, (error) => {
    assert.ok(error instanceof FiberError);
    assert.match(error.message, /was cancelled: by hand$/);
    return true;
  });
});

test("a thousand waits with signals of their own leave none behind, and no warning", async () => {
  const warnings: unknown[] = [];
  const warn = (warning: unknown): void => void warnings.push(warning);
  process.on("warning", warn);
  const seen = new Set<AbortSignal>();
  await run({ signal: new AbortController().signal }, function* () {
    yield* scope(function* () {
      for (let i = 0; i < 1000; i++) {
        spawn(() =>
          until((signal) => {
            seen.add(signal);
            signal.addEventListener("abort", () => {});
            return Promise.resolve();
          }),
        );
      }
    });
  });
  await new Promise((resolve) => setTimeout(resolve, 1));
  process.off("warning", warn);
  assert.equal(seen.size, 1000);
  assert.deepEqual(warnings, []);
});

test("an abort listener that throws, or makes ops, spoils nothing", async () => {
  const controller = new AbortController();
  const order: string[] = [];
  const started = run({ signal: controller.signal }, function* () {
    try {
      yield* until((signal) => {
        signal.addEventListener("abort", () => {
          order.push("abort");
          try {
            sleep(1);
          } catch (error) {
            order.push((error as FiberError).code);
          }
        });
        return new Promise(() => {});
      });
    } finally {
      order.push("finally");
    }
  });
  await run(() => sleep(1));
  controller.abort("why");
  await assert.rejects(started, (reason) => reason === "why");
  assert.deepEqual(order, ["abort", "outside", "finally"]);
});
