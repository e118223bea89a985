/** Scopes that plain code opens and closes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createContext,
  createScope,
  DeadlockError,
  Fiber,
  FiberError,
  type Routine,
  run,
  seeded,
  sleep,
  started,
  suspend,
  until,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { thrown } from "./support/expect.ts";
import { fails, failsUncancelled } from "./support/failing.ts";
import { Log } from "./support/manual-host.ts";
import { Program } from "./support/program.ts";

/** What a promise rejects with. */
function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  return Promise.resolve(promise).then(
    () => assert.fail("it did not fail"),
    (error: unknown) => error,
  );
}

const cleaning = (log: Log, ms: number) =>
  function* (): Routine<void> {
    try {
      yield* sleep(Infinity);
    } finally {
      log.say(`cleaned up after ${ms}`);
    }
  };

test("close waits for all children, and takes no more", async () => {
  const log = new Log();
  const host = new VirtualHost();
  const fibers = createScope({ host });
  const child = fibers.spawn(
    "worker",
    function* (n: number) {
      yield* sleep(n);
      log.say("worked");
      return n;
    },
    5,
  );
  fibers.daemon(cleaning(log, 0));
  assert.deepEqual(fibers.children.map(({ name }) => name).slice(0, 1), ["worker"]);
  assert.equal(child.parent?.name, "scope");
  assert.equal(fibers.statistics().children, 2);
  await fibers.close();
  await fibers.close();
  assert.deepEqual(child.outcome, { ending: "returned", value: 5 });
  log.is(["worked", "cleaned up after 0"]);
  assert.equal((thrown(() => fibers.spawn(sleep, 1)) as FiberError).code, "scope-closed");
  assert.deepEqual(fibers.statistics(), {
    children: 0,
    daemons: 0,
    waiting: 0,
    deferred: 0,
    failures: 0,
    cancelled: false,
  });
});

test("children may come at any time until it is closed", async () => {
  const host = new VirtualHost();
  const fibers = createScope({ host });
  await host.advance(1_000);
  const child = fibers.spawn(function* () {
    yield* sleep(1);
    return "late";
  });
  assert.equal(await child.promise(), "late");
  await fibers.close();
});

test("a failure cancels the rest, and close rejects with it, once; before that it is not reported", async () => {
  const log = new Log();
  const host = new VirtualHost();
  const error = new Error("why");
  const fibers = createScope({ host });
  fibers.spawn(cleaning(log, 1));
  fibers.spawn(fails(error, 1));
  await host.advance(100);
  log.is(["cleaned up after 1"]);
  assert.equal(thrown(() => fibers.spawn(sleep, 1)) instanceof FiberError, true);
  assert.equal(await failure(fibers.close()), error);
  assert.equal(await failure(fibers.close()), error);
});

test("cancel ends what is in it, quietly; with a grace, also before anything has started", async () => {
  for (const early of [true, false]) {
    for (const grace of [undefined, 0, 5]) {
      for (const policy of [undefined, seeded(3), seeded(4)]) {
        const log = new Log();
        const host = new VirtualHost();
        const fibers = createScope({ host, ...(policy === undefined ? {} : { policy }) });
        for (let n = 0; n < 3; n++) fibers.spawn(cleaning(log, n));
        if (!early) await host.settled();
        fibers.cancel("enough", grace === undefined ? undefined : { grace });
        assert.equal(fibers.cancelled, true);
        await fibers.close();
        assert.deepEqual(fibers.children, []);
      }
    }
  }
});

test("disposing cancels what is left and waits for its clean-up, whose error it throws", async () => {
  const log = new Log();
  const host = new VirtualHost();
  const fibers = createScope({ host, name: "session" });
  const child = fibers.spawn(cleaning(log, 1));
  await host.settled();
  await fibers[Symbol.asyncDispose]();
  assert.equal(child.outcome?.ending, "cancelled");
  log.is(["cleaned up after 1"]);

  const error = new Error("in clean-up");
  const failing = createScope({ host });
  failing.spawn(failsUncancelled(error));
  await host.settled();
  assert.equal(await failure(failing[Symbol.asyncDispose]()), error);
});

test("a signal ends it, and close rejects with its reason", async () => {
  const host = new VirtualHost();
  for (const when of ["before", "at once", "later"] as const) {
    const log = new Log();
    const controller = new AbortController();
    const reason = new Error("aborted");
    if (when === "before") controller.abort(reason);
    const fibers = createScope({ host, signal: controller.signal });
    fibers.spawn(cleaning(log, 1));
    if (when === "later") await host.advance(1);
    controller.abort(reason);
    assert.equal(await failure(fibers.close()), reason, when);
    log.is(["cleaned up after 1"]);
  }
});

test("fibers may use it too: they start services in it and wait for its end", async () => {
  const host = new VirtualHost();
  const fibers = createScope({ host });
  const got = await run({ host }, function* () {
    const port = (yield* fibers.start(function* () {
      started(8080);
      yield* sleep(5);
    })) as number;
    yield* until(fibers.close());
    return port;
  });
  assert.equal(got, 8080);
});

test("what plain code spawns in it has the context values of the code that created it", async () => {
  const user = createContext("nobody");
  const host = new VirtualHost();
  const got = await run({ host }, function* () {
    const fibers = yield* user.with("ada", function* () {
      yield* sleep(1);
      return createScope({ host });
    });
    const child = yield* suspend<Fiber>((wake) => {
      void Promise.resolve().then(() =>
        wake(
          fibers.spawn(function* () {
            return user.get();
          }),
        ),
      );
    });
    yield* until(fibers.close());
    return child.outcome;
  });
  assert.deepEqual(got, { ending: "returned", value: "ada" });
});

test("its options are checked", () => {
  assert.throws(
    () => createScope({ nmae: "x" } as never),
    /^TypeError: createScope has no option "nmae"/,
  );
  const fibers = createScope({ host: new VirtualHost() });
  assert.throws(() => fibers.cancel("why", { grace: -1 }), RangeError);
  fibers.cancel();
});

test("fibers in it that wait for each other get a DeadlockError, and the host gets it too", async () => {
  const reported: unknown[] = [];
  const host = new VirtualHost({ sealed: true, report: (error) => void reported.push(error) });
  const fibers = createScope({ host });
  const child = fibers.spawn(function* () {
    yield* suspend(() => {});
  });
  assert.equal(((await failure(child.promise())) as FiberError).code, "cancelled");
  const error = await failure(fibers.close());
  assert.ok(error instanceof DeadlockError);
  assert.deepEqual(reported, [error]);
});

test("a scope that is never closed keeps no process alive, and is not an error", async () => {
  const { code, errors, out } = await new Program("created-scope").ended;
  assert.deepEqual([code, out, errors], [0, "done\n", ""]);
});
