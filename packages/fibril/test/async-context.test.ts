/** `asyncContext`: AsyncLocalStorage seen in fibers as in async functions, where the host has it. */
import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { activeSchedulers } from "#core/schedule/scheduler";
import { defer, Fiber, run, type RunOptions, scope, sleep, spawn, until, yieldNow } from "fibril";

const storage = new AsyncLocalStorage<string>();
const ON: RunOptions = { asyncContext: true };

const seen = (): string | undefined => storage.getStore();

test("what middleware set before the run is there after every kind of wait", async () => {
  const log = await storage.run("request 1", () =>
    run(ON, function* () {
      const log = [seen()];
      yield* yieldNow();
      log.push(seen());
      yield* sleep(1);
      log.push(seen());
      yield* until(new Promise((resolve) => setImmediate(resolve)));
      log.push(seen());
      yield* scope(function* () {
        yield* yieldNow();
        log.push(seen());
      });
      return log;
    }),
  );
  assert.deepEqual(log, ["request 1", "request 1", "request 1", "request 1", "request 1"]);
  assert.equal(seen(), undefined);
});

test("runs at the same time each see their own", async () => {
  const requests = [1, 2, 3, 4, 5].map((n) =>
    storage.run(`request ${n}`, () =>
      run(ON, function* () {
        const log: unknown[] = [];
        for (let turn = 0; turn < 10; turn++) {
          log.push(seen());
          yield* turn % 2 === 0 ? yieldNow() : sleep(n % 3);
        }
        return new Set(log);
      }),
    ),
  );
  for (const [index, log] of (await Promise.all(requests)).entries()) {
    assert.deepEqual([...log], [`request ${index + 1}`]);
  }
});

test("spawned fibers inherit it, their children too, and clean-up sees it", async () => {
  const log: (string | undefined)[] = [];
  await storage.run("request", () =>
    run(ON, function* () {
      yield* yieldNow();
      spawn(function* () {
        yield* sleep(1);
        log.push(seen());
        yield* spawn(function* () {
          yield* yieldNow();
          log.push(seen());
        });
      });
      defer(function* () {
        yield* yieldNow();
        log.push(seen());
      });
    }),
  );
  assert.deepEqual(log, ["request", "request", "request"]);
});

test("enterWith in a fiber is kept across its waits, inherited, and does not leak to others", async () => {
  const log: string[] = [];
  const note = (who: string): void => void log.push(`${who}: ${seen()}`);
  await storage.run("outer", () =>
    run(ON, function* () {
      yield* scope(function* () {
        spawn(function* () {
          storage.enterWith("mine");
          yield* yieldNow();
          note("enters");
          yield* sleep(1);
          note("enters");
          yield* spawn(function* () {
            yield* yieldNow();
            note("its child");
            storage.enterWith("the child's");
            yield* yieldNow();
          });
          note("enters");
        });
        for (let n = 0; n < 2; n++) {
          spawn(function* () {
            for (let turn = 0; turn < 3; turn++) yield* yieldNow();
            note("sibling");
            yield* sleep(2);
            note("sibling");
          });
        }
      });
      note("parent");
    }),
  );
  assert.deepEqual(log.toSorted(), [
    "enters: mine",
    "enters: mine",
    "enters: mine",
    "its child: mine",
    "parent: outer",
    "sibling: outer",
    "sibling: outer",
    "sibling: outer",
    "sibling: outer",
  ]);
  assert.equal(seen(), undefined);
});

test("run inside a storage's run in a fiber is over with it", async () => {
  const log: (string | undefined)[] = [];
  await storage.run("outer", () =>
    run(ON, function* () {
      storage.run("inner", () => log.push(seen()));
      log.push(seen());
      yield* yieldNow();
      log.push(seen());
    }),
  );
  assert.deepEqual(log, ["inner", "outer", "outer"]);
});

test("a promise or a callback that a fiber starts has its context", async () => {
  const log: (string | undefined)[] = [];
  await storage.run("request", () =>
    run(ON, function* () {
      yield* sleep(1);
      yield* until(
        (async () => {
          await Promise.resolve();
          log.push(seen());
        })(),
      );
      yield* until(
        new Promise<void>((resolve) => {
          setTimeout(() => {
            log.push(seen());
            resolve();
          }, 1);
        }),
      );
    }),
  );
  assert.deepEqual(log, ["request", "request"]);
});

test("a coroutine that a fiber resumes runs in its context", async () => {
  const log: (string | undefined)[] = [];
  await storage.run("request", () =>
    run(ON, function* () {
      yield* yieldNow();
      const coroutine = new Fiber(function* () {
        log.push(seen());
        yield* sleep(1);
        log.push(seen());
      });
      yield* Fiber.resume(coroutine);
    }),
  );
  assert.deepEqual(log, ["request", "request"]);
});

test("an error in a fiber with a context reaches its run, and the next turn is sound", async () => {
  await assert.rejects(
    storage.run("request", () =>
      run(ON, function* () {
        yield* sleep(1);
        throw new Error("mine");
      }),
    ),
    /^Error: mine$/,
  );
  assert.equal(seen(), undefined);
  assert.equal(await run(() => yieldNow()), undefined);
});

test("other runs keep their fast loop meanwhile, and the two can wait for each other", async () => {
  const result = await run(function* () {
    const other = storage.run("request", () =>
      run(ON, function* () {
        yield* sleep(1);
        return seen();
      }),
    );
    yield* yieldNow();
    const loops = [...activeSchedulers].map(({ special }) => special);
    assert.deepEqual(loops, [false, true]);
    return yield* other.fiber;
  });
  assert.equal(result, "request");
});

test("a server's requests, each in its own context", async () => {
  const server = createServer((request, response) => {
    storage.run(request.url ?? "", () => {
      void run(ON, function* handle() {
        yield* scope(function* () {
          spawn(function* () {
            yield* sleep(2);
            response.write(`${seen()} `);
          });
        });
        yield* sleep(1);
        response.end(seen());
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const fetched = (path: string): Promise<string> =>
    new Promise((resolve, reject) => {
      get({ host: "127.0.0.1", port, path, agent: false }, (response) => {
        let body = "";
        response.on("data", (chunk) => (body += String(chunk)));
        response.on("end", () => resolve(body));
      }).on("error", reject);
    });
  const paths = ["/a", "/b", "/c", "/d"];
  const bodies = await Promise.all(paths.map(fetched));
  server.close();
  assert.deepEqual(
    bodies,
    paths.map((path) => `${path} ${path}`),
  );
});
