import assert from "node:assert/strict";
import { test } from "node:test";
import { run, scope, type Scope, sleep, spawn } from "fibril";
import { expectNoLeaks, VirtualHost } from "fibril/testing";

const leaking = (work: () => unknown): Promise<string> =>
  expectNoLeaks(work).then(
    () => assert.fail("it tells of a leak"),
    (error: Error & { code?: string }) => {
      assert.equal(error.code, "leaked");
      return error.message;
    },
  );

test("work that ends what it has started passes, and gives its result", async () => {
  const result = await expectNoLeaks(() =>
    run(function* () {
      yield* scope(function* () {
        for (let n = 0; n < 100; n++) spawn(sleep, 1);
      });
      return "done";
    }),
  );
  assert.equal(result, "done");
  assert.equal(await expectNoLeaks(() => 5), 5);
});

test("a fiber that is ending is not a leak", async () => {
  await expectNoLeaks(() => {
    run(sleep, 1000)
      .catch(() => {})
      .finally(() => {});
    const other = run(sleep, 1000);
    other.catch(() => {});
    other.cancel();
    return run({ host: new VirtualHost() }, sleep, 1000);
  }).then(
    () => assert.fail("the first one is a leak"),
    (error: Error) => assert.match(error.message, /^a fiber has not ended:/),
  );
});

test("a leak is listed with what it waits for and where it was spawned", async () => {
  function* worker() {
    yield* sleep(60_000);
  }
  function startWorkers(into: Scope): void {
    into.spawn("second", worker);
  }
  const message = await leaking(() => {
    const leaked = run(function* main() {
      spawn(worker);
      yield* scope(function* (inner) {
        startWorkers(inner);
      });
    });
    leaked.catch(() => {});
    return run(function* () {
      yield* sleep(1);
    });
  });
  const [title, ...lines] = message.split("\n");
  assert.equal(title, "3 fibers have not ended:");
  const place = String.raw`.*leaks\.test\.[jt]s:\d+:\d+\)?`;
  assert.match(
    lines[0] ?? "",
    new RegExp(`^  fiber "main", started at ${place}: waits for its child$`),
  );
  const [worker1, second] = lines.slice(1).toSorted((a, b) => (a > b ? -1 : 1));
  assert.match(
    worker1 ?? "",
    new RegExp(
      `^  fiber "worker", spawned by fiber "main" at main ?.*${place}: waits for sleep\\(60000 ms\\)$`,
    ),
  );
  assert.match(
    second ?? "",
    new RegExp(
      `^  fiber "second", spawned by fiber "main" at startWorkers .*${place}: waits for sleep`,
    ),
  );
});

test("leaks are ended, so that the process can end", async () => {
  let ended = "";
  await leaking(() => {
    run(function* () {
      try {
        yield* sleep(60_000);
      } finally {
        ended = "cleaned up";
      }
    }).catch(() => {});
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ended, "cleaned up");
});

test("many leaks are counted", async () => {
  const message = await leaking(() => {
    const many = run(function* main() {
      yield* scope(function* () {
        for (let n = 0; n < 1000; n++) spawn(sleep, 60_000);
      });
    });
    many.catch(() => {});
    return run(sleep, 1);
  });
  assert.match(message, /^1001 fibers have not ended:/);
  assert.match(message, /\n {2}and 981 more$/);
});

test("an error of the work itself comes out as it is", async () => {
  await assert.rejects(
    expectNoLeaks(() => Promise.reject(new Error("mine"))),
    /^Error: mine$/,
  );
});

test("fibers from before do not count as leaks", async () => {
  const before = run(sleep, 60_000);
  before.catch(() => {});
  await expectNoLeaks(() => run(sleep, 1));
  before.cancel();
});
