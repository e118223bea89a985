/** `AsyncLocalStorage` by default: a fiber sees what its `run` was called with, never another's. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { test } from "node:test";
import { activeSchedulers } from "#core/schedule/scheduler";
import {
  defer,
  Fiber,
  fifo,
  run,
  scope,
  sleep,
  spawn,
  suspend,
  until,
  type Wake,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { ALMOST_ALL, CANNOT, collected, collectGarbage } from "./support/garbage.ts";

const storage = new AsyncLocalStorage<string | object>();
const seen = (): unknown => storage.getStore();

const NAMES = ["alice", "bob", "carol"];

/** Notes what is seen after every kind of wait, here and below. */
function* looks(log: unknown[], depth = 2) {
  log.push(seen());
  yield* yieldNow();
  log.push(seen());
  yield* sleep(1);
  log.push(seen());
  yield* until(new Promise((resolve) => setImmediate(resolve)));
  log.push(seen());
  yield* scope(function* () {
    defer(function* () {
      yield* sleep(1);
      log.push(seen());
    });
    if (depth > 0) spawn(looks, log, depth - 1);
    yield* yieldNow();
    log.push(seen());
  });
  yield* Fiber.resume(
    new Fiber(function* () {
      yield* yieldNow();
      log.push(seen());
    }),
  );
}

const only = (log: readonly unknown[], value: unknown): void =>
  assert.deepEqual([...new Set(log)], [value]);

test("runs at the same time see their own, and so does all that they spawn", async () => {
  const logs = await Promise.all(
    NAMES.map(async (name) => {
      const log: unknown[] = [];
      await storage.run(name, () => run(looks, log));
      return log;
    }),
  );
  for (const [index, log] of logs.entries()) only(log, NAMES[index]);
  assert.equal(seen(), undefined);
});

test("a run without a context sees none, whichever code begins the turn or wakes it", async () => {
  const log: unknown[] = [];
  const wakes: Wake<void>[] = [];
  const none = run(function* () {
    spawn(looks, log);
    for (let n = 0; n < 5; n++) {
      yield* suspend((wake) => {
        wakes.push(wake);
      });
      log.push(seen());
    }
  });
  const others: Promise<void>[] = [];
  for (let n = 0; n < 5; n++) {
    do await new Promise((resolve) => setTimeout(resolve, 2));
    while (wakes[n] === undefined); // a busy machine may need longer
    storage.run("another's", () => {
      wakes[n]?.();
      others.push(run(() => yieldNow()));
      void Promise.resolve().then(() => wakes[n]?.());
    });
  }
  await Promise.all([none, ...others]);
  only(log, undefined);
});

test("a callback in another's context does not give it to the fiber that it wakes", async () => {
  const log: unknown[] = [];
  const wakes: Wake<void>[] = [];
  const mine = storage.run("mine", () =>
    run(function* () {
      for (let n = 0; n < 3; n++) {
        yield* suspend((wake) => {
          wakes.push(wake);
        });
        log.push(seen());
      }
    }),
  );
  for (let n = 0; n < 3; n++) {
    do await new Promise((resolve) => setTimeout(resolve, 2));
    while (wakes[n] === undefined);
    storage.run("another's", () => wakes[n]?.());
  }
  await mine;
  only(log, "mine");
});

test("a run that a fiber starts in another context starts in that, and leaves the fiber's alone", async () => {
  const outer: unknown[] = [];
  const inner: unknown[] = [];
  const plain: unknown[] = [];
  // Deno's resources do not remember that there is nothing.
  const exits = (globalThis as { Deno?: unknown }).Deno === undefined;
  await storage.run("outer", () =>
    run(function* () {
      spawn(looks, outer);
      const runs = [
        storage.run("inner", () => run(looks, inner)),
        ...(exits ? [storage.exit(() => run(looks, plain))] : []),
        run(looks, outer),
      ];
      outer.push(seen());
      yield* yieldNow();
      outer.push(seen());
      for (const { fiber } of runs) yield* fiber;
      outer.push(seen());
    }),
  );
  only(outer, "outer");
  only(inner, "inner");
  if (exits) only(plain, undefined);
});

test("the same in a round of many, in strict order, and in virtual time", async () => {
  for (const options of [{}, { policy: fifo }, { host: new VirtualHost() }]) {
    const logs = NAMES.map((): unknown[] => []);
    await Promise.all(
      NAMES.map((name, index) =>
        storage.run(name, () =>
          run(options, function* () {
            for (let n = 0; n < 500; n++) {
              spawn(function* () {
                yield* yieldNow();
                logs[index]?.push(seen());
                yield* sleep(n % 3);
                logs[index]?.push(seen());
              });
            }
          }),
        ),
      ),
    );
    for (const [index, log] of logs.entries()) {
      assert.equal(log.length, 1000);
      only(log, NAMES[index]);
    }
  }
});

test("a run that is killed or cancelled before it starts spoils nothing", async () => {
  const log: unknown[] = [];
  const runs = NAMES.map((name) => storage.run(name, () => run(looks, log)));
  runs[0]?.cancel();
  runs[1]?.fiber.kill();
  const ends = await Promise.allSettled(runs);
  assert.deepEqual(
    ends.map(({ status }) => status),
    ["rejected", "rejected", "fulfilled"],
  );
  // Cancelled, it still runs to its first wait; killed, it does not.
  assert.deepEqual(
    log.filter((name) => name !== "carol"),
    ["alice"],
  );
  while (activeSchedulers.size > 0) await new Promise((resolve) => setImmediate(resolve));
});

test("enterWith in a fiber ends with the turn, and reaches no other run", async () => {
  const log: unknown[] = [];
  await run(function* () {
    storage.enterWith("entered");
    yield* sleep(1);
    log.push(seen());
  });
  await run(function* () {
    log.push(seen());
  });
  await storage.run("mine", () =>
    run(function* () {
      storage.enterWith("entered");
      yield* sleep(1);
      log.push(seen());
    }),
  );
  assert.deepEqual(log, [undefined, undefined, "mine"]);
});

test("the fast loop is left only while there are runs of different contexts", async () => {
  const special = (): boolean[] => [...activeSchedulers].map((scheduler) => scheduler.special);
  const known = (globalThis as { Deno?: unknown; Bun?: unknown }).Deno === undefined;
  const says = known && (globalThis as { Bun?: unknown }).Bun === undefined;
  const loops: boolean[][] = [];
  await run(function* () {
    loops.push(special());
    const same = run(() => yieldNow());
    yield* yieldNow();
    if (says) loops.push(special());
    yield* same.fiber;
    const other = storage.run("other", () => run(() => sleep(1)));
    yield* yieldNow();
    assert.deepEqual(special(), [true]);
    yield* other.fiber;
    yield* sleep(1);
    yield* sleep(1);
    if (says) loops.push(special());
  });
  only(loops.flat(), false);
});

test("what a run saw is not kept when it has ended, though others go on", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const stores: WeakRef<object>[] = [];
  const stays = run(() => sleep(60_000));
  const first = storage.run({}, () => run(() => sleep(50)));
  for (let n = 0; n < 100; n++) {
    await (() => {
      const store = { n };
      stores.push(new WeakRef(store));
      return storage.run(store, () => run(() => sleep(1)));
    })();
  }
  await first;
  await run(() => sleep(1));
  assert.ok((await collected(stores)) >= ALMOST_ALL);
  stays.cancel();
  await stays.catch(() => {});
});
