/** Values of the user's that are no good text, no good error, no good argument: what comes of them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import vm from "node:vm";
import {
  Cancelled,
  defer,
  dump,
  Fiber,
  FiberError,
  monitor,
  type Routine,
  run,
  scope,
  sleep,
  spawn,
  supervise,
  suspend,
  unpark,
} from "fibril";
import { simulate } from "fibril/testing";
import { thrown } from "./support/expect.ts";
import { ManualHost, outcome, play } from "./support/manual-host.ts";

const forEver = function* (): Routine<void> {
  yield* sleep(Infinity);
};

test("an error without a prototype ends its scope, and nothing else", () => {
  const error: unknown = Object.create(null);
  const { end } = outcome({}, function* () {
    yield* scope(function* () {
      spawn(function* () {
        yield* sleep(1);
        throw error;
      });
      yield* sleep(Infinity);
    });
  });
  assert.equal(end.value, error);
});

for (const [what, reason] of [
  ["no prototype", Object.create(null)],
  ["symbol", Symbol("why")],
] as const) {
  test(`the first cancel counts, also with a reason that is not a string: ${what}`, () => {
    play(function* () {
      const child = spawn(forEver);
      yield* sleep(1);
      void child.cancel(reason);
      void child.cancel("again");
      try {
        yield* child;
        assert.fail("it has a result");
      } catch (error) {
        assert.ok(error instanceof FiberError && error.code === "cancelled");
        assert.equal((error.cause as Cancelled).reason, reason);
      }
    });
  });
}

test("a routine whose name is a symbol can be cancelled, and looked at", () => {
  const work = Object.defineProperty(
    function* (): Routine<void> {
      yield* sleep(Infinity);
    },
    "name",
    { value: Symbol("work") },
  );
  play(function* () {
    const fiber = spawn(work);
    yield* sleep(1);
    assert.match(dump(fiber), /anonymous/);
    yield* fiber.cancel("x");
  });
});

test("a Cancelled prints small at any depth, and is JSON", () => {
  const { fiber } = outcome({}, function* () {
    const child = spawn(forEver);
    yield* sleep(1);
    yield* child.cancel("why");
    try {
      yield* child;
    } catch (error) {
      const cancelled = (error as FiberError).cause as Cancelled;
      assert.ok(inspect(cancelled, { depth: null }).split("\n").length <= 20);
      assert.ok(inspect(error, { depth: null, showHidden: true }).split("\n").length <= 30);
      const json = JSON.parse(JSON.stringify(cancelled)) as Record<string, unknown>;
      assert.deepEqual(
        [json["name"], json["source"], json["reason"]],
        ["Cancelled", "fiber", "why"],
      );
    }
  });
  assert.equal(fiber.alive, false);
});

test("a registration that is async, or returns no function, gets an error at once", () => {
  for (const [register, says] of [
    [async () => {}, /async function/],
    [() => "undo", /returned undo/],
  ] as const) {
    const { end } = outcome({}, function* () {
      yield* suspend(register as never);
    });
    assert.ok(end.value instanceof TypeError);
    assert.match(end.value.message, says);
  }
});

test("a value that is not a fiber is told from a fiber", () => {
  for (const value of [{}, undefined, null, 1] as never[]) {
    for (const call of [
      () => unpark(value),
      () => monitor(value, () => {}),
      () => Fiber.resume(value),
    ]) {
      const error = thrown(call);
      assert.ok(error instanceof TypeError);
      assert.match(error.message, /expected a fiber, not /);
    }
  }
});

test("invalid signals, unknown options and invalid counts are refused before anything runs", async () => {
  let runs = 0;
  const routine = function* (): Routine<void> {
    runs++;
  };
  assert.throws(() => run({ signal: new AbortController() as never }, routine), TypeError);
  await assert.rejects(async () => simulate({ runs: NaN }, routine), RangeError);
  const { end } = outcome({}, function* () {
    yield* supervise([routine], { restart: "sometimes" as never });
  });
  assert.ok(end.value instanceof RangeError || end.value instanceof TypeError);
  assert.equal(runs, 0);
});

test("raise with a message leaves the caller's error as it was", () => {
  const original = new Error("original");
  const fiber = new Fiber(function* (): Routine<unknown, any> {
    try {
      yield* Fiber.yield();
    } catch (error) {
      return [(error as Error).message, error === original];
    }
    return [];
  });
  fiber.resume();
  assert.deepEqual(fiber.raise(original, "new"), ["new", false]);
  assert.equal(original.message, "original");
});

test("backtrace refuses negative levels and sizes, and has nothing beyond its end", () => {
  const fiber = new Fiber(function* (): Routine<void, any> {
    yield* Fiber.yield();
  });
  fiber.resume();
  assert.throws(() => fiber.backtrace(-1), { name: "RangeError", message: "negative level (-1)" });
  assert.throws(() => fiber.backtrace(0, -1), {
    name: "RangeError",
    message: "negative size (-1)",
  });
  assert.equal(fiber.backtrace(100), undefined);
});

test("a monitor that throws is reported, also of a fiber that has ended", () => {
  const host = new ManualHost();
  const error = new Error("of the monitor");
  outcome({ host, reports: [error] }, function* () {
    const child = spawn(function* () {});
    monitor(child, () => {
      throw error;
    });
  });
});

test("several failures say how many they are; a value that is not a routine is named; defer takes a function", () => {
  const said: string[] = [];
  const { end } = outcome({}, function* () {
    yield* scope(function* () {
      defer(() => void said.push("deferred"));
      for (const n of [1, 2]) {
        spawn(function* () {
          throw new Error(`${n}`);
        });
      }
    });
  });
  assert.equal((end.value as Error).message, "2 errors in one scope");
  assert.deepEqual(said, ["deferred"]);
  const { end: other } = outcome({}, (() => "123") as never);
  assert.match((other.value as Error).message, /calling it gave a string/);
});

test("a generator of another realm does not leak past a kill", () => {
  const realm = vm.createContext({ Fiber, cleaned: [] as string[] });
  const made = vm.runInContext(
    `(function* () {
      function* helper() { try { yield* Fiber.yield(); } finally { cleaned.push("helper"); } }
      yield* helper();
      cleaned.push("leaked");
    })`,
    realm,
  ) as () => Routine<void, any>;
  const fiber = new Fiber(made);
  fiber.resume();
  fiber.kill();
  assert.deepEqual([...(realm["cleaned"] as string[])], ["helper"]);
  assert.equal(fiber.alive, false);
});
