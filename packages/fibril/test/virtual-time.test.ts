import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeadlockError,
  failAfter,
  moveOnAfter,
  now,
  park,
  run,
  scope,
  sleep,
  spawn,
  suspend,
  TimeoutError,
  until,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";

const never = new Promise<never>(() => {});

/** The real event loop goes round, once or more. */
async function turns(count = 1): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("time jumps when every fiber waits, and stands still otherwise", async () => {
  const host = new VirtualHost();
  const log: string[] = [];
  await run({ host }, function* () {
    yield* scope(function* () {
      for (const ms of [3_600_000, 1, 1000]) {
        spawn(function* () {
          yield* sleep(ms);
          log.push(`${ms} at ${now()}`);
        });
      }
      let sum = 0;
      for (let n = 0; n < 1e6; n++) sum += n;
      assert.ok(sum > 0);
      assert.equal(now(), 0);
    });
  });
  assert.deepEqual(log, ["1 at 1", "1000 at 1000", "3600000 at 3600000"]);
  assert.equal(host.now(), 3_600_000);
});

test("it jumps to every deadline in turn, those of several runs in their common order", async () => {
  const host = new VirtualHost({ start: 1000 });
  const log: string[] = [];
  function* ticks(name: string, ms: number) {
    for (let n = 0; n < 3; n++) {
      yield* sleep(ms);
      log.push(`${name} ${now()}`);
    }
  }
  await Promise.all([
    run({ host }, ticks, "a", 10),
    run({ host, budget: { switches: 1 } }, ticks, "b", 15),
  ]);
  assert.deepEqual(log, ["a 1010", "b 1015", "a 1020", "b 1030", "a 1030", "b 1045"]);
});

test("time limits pass in virtual time", async () => {
  const host = new VirtualHost();
  await run({ host }, function* () {
    const late = yield* moveOnAfter(1000, function* () {
      yield* sleep(2000);
      return "in time";
    });
    assert.deepEqual([late, now()], [undefined, 1000]);
    yield* sleep(Number.POSITIVE_INFINITY);
  }).then(
    () => assert.fail("nothing ends this sleep"),
    (error: unknown) => assert.ok(error instanceof DeadlockError),
  );
});

test("a real promise that is about to resolve does so before time jumps", async () => {
  const host = new VirtualHost({ grace: 60_000 });
  const log: string[] = [];
  await run({ host }, function* () {
    yield* scope(function* () {
      spawn(function* () {
        yield* sleep(1);
        log.push("slept");
      });
      yield* until(turns(5));
      log.push(`resolved at ${now()}`);
    });
  });
  assert.deepEqual(log, ["resolved at 0", "slept"]);
});

test("a promise that never resolves does not hold up the clock", async () => {
  const host = new VirtualHost({ grace: 1 });
  await assert.rejects(
    run({ host }, function* () {
      yield* failAfter(100, () => until(never));
    }),
    TimeoutError,
  );
  assert.equal(host.now(), 100);
});

test("a deadlock is reported at once; a wait for the real world is not one", async () => {
  const host = new VirtualHost();
  await assert.rejects(
    run({ host }, function* () {
      yield* park();
    }),
    DeadlockError,
  );
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  const waiting = run({ host }, function* () {
    yield* until(promise);
    return "woken";
  });
  await turns(10);
  resolve();
  assert.equal(await waiting, "woken");
});

test("no deadlock as long as another run on the same host has a deadline", async () => {
  const host = new VirtualHost();
  let wake!: (value: string) => void;
  const waits = run({ host, budget: { switches: 10 } }, function* () {
    return yield* suspend<string>("the other run", (given) => {
      wake = given;
    });
  });
  const wakes = run({ host }, function* () {
    yield* sleep(50);
    wake("hello");
  });
  assert.deepEqual(await Promise.all([waits, wakes]), ["hello", undefined]);
});

test("a run that ends does not keep another one's deadline from coming", async () => {
  const host = new VirtualHost();
  const long = run({ host, budget: { switches: 10 } }, function* () {
    yield* sleep(100);
    return now();
  });
  const short = run({ host, budget: { switches: 1 } }, function* () {
    for (let n = 0; n < 10; n++) yield* until(Promise.resolve());
  });
  await short;
  assert.equal(await long, 100);
});

test("a paused clock moves by hand, through everything that is due, and no further", async () => {
  const host = new VirtualHost({ paused: true });
  const log: number[] = [];
  const heart = run({ host }, function* () {
    for (;;) {
      yield* sleep(100);
      log.push(now());
    }
  });
  await turns(5);
  assert.deepEqual([log, host.now()], [[], 0]);
  await host.advance(250);
  assert.deepEqual([log, host.now()], [[100, 200], 250]);
  await host.advance(50);
  assert.deepEqual([log, host.now()], [[100, 200, 300], 300]);
  await turns(5);
  assert.equal(host.now(), 300);
  heart.cancel();
  await assert.rejects(heart, { code: "cancelled" });
});

test("advancing lets what is woken at its end run, new deadlines of the same time included", async () => {
  const host = new VirtualHost({ paused: true });
  let reached = 0;
  const chain = run({ host }, function* () {
    yield* sleep(10);
    for (; reached < 5; reached++) yield* sleep(0);
  });
  await host.advance(10);
  assert.equal(reached, 5);
  await chain;
});

test("pausing stops the jumps, and unpausing goes on with them", async () => {
  const host = new VirtualHost();
  const sleeper = run({ host }, function* () {
    yield* sleep(10);
    host.pause();
    yield* sleep(10);
  });
  await turns(10);
  assert.deepEqual([host.now(), host.paused], [10, true]);
  host.unpause();
  await sleeper;
  assert.deepEqual([host.now(), host.paused], [20, false]);
});

test("a paused clock calls nothing a deadlock: the test is going to do something", async () => {
  const host = new VirtualHost({ paused: true });
  let wake!: () => void;
  const waits = run({ host }, function* () {
    yield* suspend("the test", (given) => {
      wake = given;
    });
    return "woken";
  });
  await host.advance(1000);
  wake();
  assert.equal(await waits, "woken");
});

test("settled: all fibers wait, and time stands until then", async () => {
  const host = new VirtualHost();
  const log: string[] = [];
  const started = run({ host, budget: { switches: 3 } }, function* () {
    for (let n = 0; n < 20; n++) yield* yieldNow();
    spawn(function* () {
      yield* until(Promise.resolve());
      log.push("child");
      yield* sleep(500);
    });
    yield* sleep(1000);
    log.push("slept");
  });
  await host.settled();
  assert.deepEqual([log, host.now()], [["child"], 0]);
  await started;
  assert.deepEqual([log, host.now()], [["child", "slept"], 1000]);
  await host.settled();
});

test("settled between moves of a paused clock, and for fibers that wait for the real world", async () => {
  const host = new VirtualHost({ paused: true });
  let steps = 0;
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  const stepper = run({ host }, function* () {
    for (; steps < 3; steps++) yield* sleep(100);
    yield* until(promise);
    steps++;
  });
  await Promise.all([host.settled(), host.settled()]);
  assert.equal(steps, 0);
  await host.advance(100);
  assert.equal(steps, 1);
  await host.advance(200);
  await host.settled();
  assert.equal(steps, 3);
  resolve();
  await host.settled();
  assert.equal(steps, 4);
  await stepper;
});

test("virtual time is in whole milliseconds", () => {
  assert.throws(() => new VirtualHost({ start: 0.5 }), RangeError);
  assert.throws(() => new VirtualHost().advance(-1), RangeError);
  assert.throws(() => new VirtualHost().advance(Number.NaN), RangeError);
});

test("failures that no fiber receives go to report", async () => {
  const reported: unknown[] = [];
  const host = new VirtualHost({ report: (error) => reported.push(error) });
  await run({ host }, function* () {
    const { supervised } = yield* until(import("fibril"));
    yield* supervised(function* () {
      spawn(function* () {
        throw new Error("of a child");
      });
    });
  });
  assert.deepEqual(
    reported.map((error) => (error as Error).message),
    ["of a child"],
  );
});

test("a fiber's own host contexts work in virtual time", async (t) => {
  const host = new VirtualHost();
  if (host.context === undefined) return t.skip("this host has none");
  const { AsyncLocalStorage } = await import("node:async_hooks");
  const storage = new AsyncLocalStorage<string>();
  const seen = await storage.run("request 1", () =>
    run({ host, asyncContext: true }, function* () {
      yield* sleep(10);
      return storage.getStore();
    }),
  );
  assert.equal(seen, "request 1");
});
