/** A grace period: after it what was asked to end is unwound, whatever it waits for. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defer,
  Fiber,
  now,
  park,
  type Routine,
  runSync,
  scope,
  shield,
  sleep,
  spawn,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

/** Cleans up for longer than anybody wants to wait. */
function* stubborn(log: Log): Routine<void> {
  try {
    yield* sleep(Infinity);
  } finally {
    log.say(`asked at ${now()}`);
    try {
      yield* shield(function* () {
        try {
          yield* sleep(1000);
          log.say("clean-up is done");
        } finally {
          log.say(`cut at ${now()}`);
        }
      });
    } finally {
      log.say("unwound");
    }
  }
}

test("a fiber that does not end within its grace is unwound, its finally blocks included", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(stubborn, log);
    yield* sleep(5);
    yield* task.cancel("why", { grace: 10 });
    log.say(`over at ${now()}`);
  });
  log.is(["asked at 5", "cut at 15", "unwound", "over at 15"]);
});

test("a fiber that ends within its grace does so in good order, and no timer is left", () => {
  const log = new Log();
  const { host } = outcome({}, function* () {
    const task = spawn(stubborn, log);
    yield* sleep(5);
    yield* task.cancel("why", { grace: 5000 });
  });
  log.is(["asked at 5", "clean-up is done", "cut at 1005", "unwound"]);
  assert.equal(host.time, 1005);
});

test("a grace reaches everything below the fiber: children, shields, deferred work, coroutines", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      defer(function* () {
        log.say("deferred");
        yield* sleep(1000);
        log.say("never");
      });
      spawn(stubborn, log);
      spawn(function* () {
        yield* Fiber.resume(new Fiber(() => stubborn(log)));
      });
      yield* shield(() => sleep(Infinity));
    });
    yield* sleep(5);
    yield* task.cancel("why", { grace: 10 });
    assert.equal(now(), 15);
  });
  assert.deepEqual([...log.lines].toSorted(), [
    "asked at 5",
    "asked at 5",
    "cut at 15",
    "cut at 15",
    "deferred",
    "unwound",
    "unwound",
  ]);
});

test("a grace of nothing is a kill after the first turn", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(stubborn, log);
    yield* sleep(5);
    yield* task.cancel("why", { grace: 0 });
    assert.equal(now(), 5);
  });
  log.is(["asked at 5", "cut at 5", "unwound"]);
});

test("a scope's grace unwinds what is in the scope, and only that: its owner goes on", () => {
  const log = new Log();
  const { end } = outcome({}, function* () {
    yield* scope(function* (all) {
      spawn(stubborn, log);
      yield* sleep(5);
      all.cancel("why", { grace: 10 });
      yield* sleep(Infinity);
    });
    log.say(`after the scope at ${now()}`);
    yield* sleep(5);
    return "result";
  });
  assert.deepEqual([end.ending, end.value], ["returned", "result"]);
  log.is(["asked at 5", "cut at 15", "unwound", "after the scope at 15"]);
});

test("the same when it is the owner of the scope that does not end", () => {
  const log = new Log();
  const { end } = outcome({}, function* () {
    yield* scope(function* (all) {
      spawn(function* () {
        yield* sleep(5);
        all.cancel("why", { grace: 10 });
      });
      yield* stubborn(log);
    });
    log.say(`after the scope at ${now()}`);
    yield* sleep(5);
    yield* yieldNow();
    return "result";
  });
  assert.deepEqual([end.ending, end.value], ["returned", "result"]);
  log.is(["asked at 5", "cut at 15", "unwound", "after the scope at 15"]);
});

test("the same in a coroutine's scope", () => {
  const log = new Log();
  const { end } = outcome({}, function* () {
    const coroutine: AnyFiber = new Fiber(function* (): Routine<string> {
      yield* scope(function* (all) {
        spawn(function* () {
          yield* sleep(5);
          all.cancel("why", { grace: 10 });
        });
        yield* stubborn(log);
      });
      log.say(`after the scope at ${now()}`);
      yield* sleep(1);
      return "result";
    });
    return yield* Fiber.resume(coroutine);
  });
  assert.deepEqual([end.ending, end.value], ["returned", "result"]);
  log.is(["asked at 5", "cut at 15", "unwound", "after the scope at 15"]);
});

for (const [who, cancel] of [
  [
    "fiber",
    (fiber: Fiber, _scope: unknown, grace?: number) =>
      fiber.cancel("why", { grace: grace ?? Infinity }),
  ],
  [
    "scope",
    (
      _fiber: Fiber,
      all: { cancel(reason: string, options: { grace: number }): void },
      grace?: number,
    ) => all.cancel("why", { grace: grace ?? Infinity }),
  ],
] as const) {
  test(`a grace may be given later, and be shortened, not lengthened (${who}.cancel)`, () => {
    const log = new Log();
    play(function* () {
      yield* scope(function* (all) {
        const task = spawn(stubborn, log);
        yield* sleep(5);
        void cancel(task, all);
        yield* shield(function* () {
          yield* sleep(5);
          void cancel(task, all, 100);
          yield* sleep(5);
          void cancel(task, all, 10);
          void cancel(task, all, 500);
        });
      });
      log.say(`over at ${now()}`);
    });
    log.is(["asked at 5", "cut at 25", "unwound", "over at 25"]);
  });
}

test("a grace that is not a number of milliseconds is refused", () => {
  play(function* () {
    const task = spawn(() => sleep(1));
    for (const grace of [-1, Number.NaN, "5"]) {
      assert.throws(() => task.cancel("why", { grace: grace as number }), RangeError);
    }
    yield* task;
    yield* scope(function* (all) {
      assert.throws(() => all.cancel("why", { grace: -1 }), RangeError);
      yield* sleep(1);
    });
  });
});

test("without a host no grace can pass: it is refused, and nothing is asked for", () => {
  runSync(function* () {
    const child = spawn(park);
    yield* yieldNow();
    assert.throws(() => child.cancel("x", { grace: 5 }), { code: "needs-host" });
    assert.equal(child.status, "suspended");
    yield* scope(function* (block) {
      assert.throws(() => block.cancel("x", { grace: 5 }), { code: "needs-host" });
      assert.equal(block.cancelled, false);
    });
    yield* child.cancel("x", { grace: 0 });
  });
});
