import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeadlockError,
  Fiber,
  park,
  run,
  runSync,
  scope,
  sleep,
  spawn,
  suspend,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { thrown } from "./support/expect.ts";
import { Program } from "./support/program.ts";

/** Two fibers that wait for each other's result. */
function* circle(first: string, second: string) {
  let other: Fiber | undefined;
  const one = spawn(first, function* () {
    yield* yieldNow();
    yield* other as Fiber;
  });
  other = spawn(second, function* () {
    yield* one;
  });
}

const CIRCLE = `every fiber is waiting and nothing can wake them:
  in a cycle: fiber "a" waits for the result of fiber "b", \
fiber "b" waits for the result of fiber "a"
  fiber "main" (routine circle) waits for its 2 children
  fiber "a" waits for the result of fiber "b"
  fiber "b" waits for the result of fiber "a"`;

test("a cycle is named, and every fiber that waits: runSync", () => {
  const error = thrown(() => runSync({ name: "main" }, circle, "a", "b"));
  assert.ok(error instanceof DeadlockError);
  assert.equal(error.code, "deadlock");
  assert.equal(error.message, CIRCLE);
  assert.deepEqual(error.waits, CIRCLE.split("\n  ").slice(1));
});

test("the same in virtual time, at once", async () => {
  const host = new VirtualHost();
  const error = await run({ name: "main", host }, circle, "a", "b").then(
    () => assert.fail("it ends"),
    (reason: unknown) => reason as DeadlockError,
  );
  assert.equal(error.message, CIRCLE);
  assert.equal(host.now(), 0);
});

test("the same on the host's loop, when it has nothing left to do", async () => {
  const { code, out, errors } = await new Program("deadlock").ended;
  assert.equal(errors, "");
  assert.match(
    out,
    /^every fiber is waiting .*:\n {2}in a cycle: fiber "first" .* "second", fiber "sec/,
  );
  assert.equal(code, 0);
});

test("waiting for a callback is not a deadlock", async () => {
  const { out, errors } = await new Program("callback").ended;
  assert.deepEqual([out, errors], ["woken, by the timer, later\n", ""]);
});

test("a cycle through a scope that waits for its children is one too", () => {
  const error = thrown(() =>
    runSync(function* main() {
      const self = Fiber.current;
      yield* scope(function* block() {
        spawn("child", function* wait() {
          yield* self;
        });
      });
    }),
  ) as DeadlockError;
  assert.equal(
    error.waits[0],
    'in a cycle: fiber "main" (routine scope) waits for its child, ' +
      'fiber "child" (routine wait) waits for the result of fiber "main" (routine scope)',
  );
});

test("a wait without a cycle is listed all the same", () => {
  const error = thrown(() =>
    runSync(function* main() {
      yield* suspend("a message", () => {});
    }),
  ) as DeadlockError;
  assert.deepEqual(error.waits, ['fiber "main" waits for a message']);
});

test("those that wait alike are one line, and the list has an end", () => {
  const error = thrown(() =>
    runSync(function* main() {
      for (let n = 0; n < 1000; n++) spawn("worker", park);
      for (let n = 0; n < 50; n++) spawn(`other ${n}`, park);
    }),
  ) as DeadlockError;
  assert.equal(error.waits.length, 21);
  assert.ok(error.waits.includes('1000 × fiber "worker" (routine park) waits for unpark(…)'));
  assert.equal(error.waits.at(-1), "and 32 more");
});

test("a long chain of waits costs no native stack, and a long cycle is shortened", () => {
  const error = thrown(() =>
    runSync(function* main() {
      const fibers: Fiber[] = [];
      for (let n = 0; n < 12_000; n++) {
        fibers.push(
          spawn("link", function* () {
            yield* yieldNow();
            yield* fibers[(n + 1) % 12_000] as Fiber;
          }),
        );
      }
    }),
  ) as DeadlockError;
  assert.match(error.waits[0] ?? "", /^in a cycle: .*, and so on, 12000 fibers in all$/);
});

test("fibers that get the error clean up, and may wait there for what still comes", async () => {
  const log: string[] = [];
  const host = new VirtualHost();
  await assert.rejects(
    run({ host }, function* () {
      try {
        yield* park();
      } finally {
        yield* sleep(1000);
        log.push(`cleaned up at ${host.now()}`);
      }
    }),
    DeadlockError,
  );
  assert.deepEqual(log, ["cleaned up at 1000"]);
});

test("a tree that is in a deadlock again after it got the error is unwound", async () => {
  const log: string[] = [];
  await assert.rejects(
    run({ host: new VirtualHost() }, function* () {
      try {
        yield* park();
      } catch {
        try {
          yield* park();
        } finally {
          log.push("unwound");
        }
      }
    }),
    { code: "cancelled" },
  );
  assert.deepEqual(log, ["unwound"]);
});
