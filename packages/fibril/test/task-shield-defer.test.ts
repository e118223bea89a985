/** Work that no cancelling reaches: under `shield`, and what was deferred. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  defer,
  Fiber,
  failAfter,
  moveOnAfter,
  type Routine,
  resource,
  routine,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
  TimeoutError,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

const say = (log: Log, line: string, ms = 0) =>
  function* saying(): Routine<void> {
    if (ms > 0) yield* sleep(ms);
    log.say(line);
  };

test("what was deferred runs last first, after the children, whichever way the scope ends", () => {
  const ways: [name: string, end: () => Routine<void>][] = [
    ["returns", function* () {}],
    [
      "throws",
      function* () {
        throw new Error("why");
      },
    ],
    [
      "is cancelled",
      function* () {
        yield* sleep(Infinity);
      },
    ],
    [
      "is killed",
      function* () {
        yield* Fiber.kill(Fiber.current);
      },
    ],
  ];
  for (const [name, end] of ways) {
    const log = new Log();
    outcome({}, function* () {
      yield* supervised(function* () {
        const task = spawn(function* () {
          defer(say(log, "first", 1));
          defer(say(log, "second", 1));
          spawn(function* () {
            try {
              yield* sleep(5);
            } finally {
              log.say("child");
            }
          });
          yield* yieldNow();
          yield* end();
        });
        void task.promise().catch(() => {});
        yield* sleep(1);
        if (name === "is cancelled") yield* task.cancel();
      });
    });
    assert.deepEqual(log.lines, ["child", "second", "first"], name);
  }
});

test("defer takes a routine with arguments, the call of a routine, or a wait", () => {
  const log = new Log();
  const close = routine("close", function* (what: string): Routine<void> {
    yield* sleep(1);
    log.say(`closed ${what}`);
  });
  const { end, host } = outcome({}, function* () {
    defer(close("by call"));
    defer(sleep(10));
    defer(
      function* (a: number, b: string) {
        log.say(`${a} ${b}`);
      },
      1,
      "two",
    );
    defer(() => sleep(5));
    defer(
      (function* () {
        yield* sleep(1);
        log.say("generator");
      })(),
    );
    const child = spawn(() => sleep(30));
    defer(child.cancel());
    const other = spawn(() => sleep(3));
    defer(other);
    log.say("body");
  });
  assert.equal(end.ending, "returned");
  log.is(["body", "generator", "1 two", "closed by call"]);
  assert.equal(host.time, 20);
});

test("defer takes a scope, a shield or a time limit, which no cancelling reaches either", () => {
  for (const [name, wrap] of [
    ["scope", scope],
    ["supervised", supervised],
    ["shield", shield],
    ["moveOnAfter", (work: () => Routine<void>) => moveOnAfter(100, work)],
    ["failAfter", (work: () => Routine<void>) => failAfter(100, work)],
  ] as const) {
    for (const where of ["the fiber", "a scope of its own", "a coroutine"] as const) {
      const log = new Log();
      play(function* () {
        const deferring = function* (): Routine<void> {
          defer(
            wrap(function* (): Routine<void> {
              yield* sleep(5);
              log.say("cleaned up");
              spawn(say(log, "child of the clean-up", 5));
            }),
          );
          yield* sleep(Infinity);
        };
        const task = spawn(function* () {
          if (where === "the fiber") yield* deferring();
          else if (where === "a coroutine") yield* Fiber.resume(new Fiber(deferring));
          else yield* scope(deferring);
        });
        yield* sleep(1);
        void task.cancel("early");
        yield* sleep(1);
        yield* task.cancel("again, while it cleans up");
        log.say("over");
      });
      assert.deepEqual(
        log.lines,
        ["cleaned up", "child of the clean-up", "over"],
        `${name} deferred in ${where}`,
      );
    }
  }
});

test("an error of deferred work comes out of the scope, and the rest is done all the same", () => {
  const log = new Log();
  const error = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        defer(say(log, "first"));
        defer(function* () {
          throw new Error("why");
        });
        defer(() => {
          throw new Error("not even started");
        });
        defer(say(log, "last"));
      });
    }),
  ) as AggregateError;
  log.is(["last", "first"]);
  assert.deepEqual(
    error.errors.map((each: Error) => each.message),
    ["not even started", "why"],
  );
});

test("deferred work may defer and spawn; the scope ends when that is done", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      defer(function* () {
        defer(say(log, "deferred by deferred", 1));
        spawn(say(log, "spawned by deferred", 5));
        log.say("deferred");
      });
    });
    log.say("after");
  });
  log.is(["deferred", "spawned by deferred", "deferred by deferred", "after"]);
});

test("defer in a coroutine is the task's; in a coroutine's scope, that scope's", () => {
  const log = new Log();
  play(function* () {
    const coroutine: AnyFiber = new Fiber(function* (): Routine<void> {
      defer(say(log, "the task's"));
      yield* scope(function* () {
        defer(say(log, "the scope's"));
      });
      yield* Fiber.yield();
    });
    yield* Fiber.resume(coroutine);
    log.say("the coroutine has yielded");
  });
  log.is(["the scope's", "the coroutine has yielded", "the task's"]);
});

test("what defer cannot take is refused at the call, and nothing stays in hand", () => {
  play(function* () {
    refused(/^defer takes the call of a routine/, () => defer(yieldNow()), "op-misused");
    yield* sleep(1);
    for (const wrong of [5, null, undefined, [], Promise.resolve()]) {
      assert.throws(() => defer(wrong as never), /^TypeError: defer takes a function/);
    }
    yield* sleep(1);
  });
  refused(/^defer\(…\) needs a scheduler/, () => defer(function* () {}), "outside");
});

test("a fiber in clean-up that was killed twice has finished its clean-up", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      defer(say(log, "first", 5));
      defer(say(log, "second", 5));
      yield* sleep(Infinity);
    });
    yield* sleep(1);
    assert.equal(task.kill(), task);
    yield* sleep(1);
    assert.equal(task.kill(), false);
    yield* sleep(5);
    assert.equal(yield* Fiber.kill(task), false);
    yield* sleep(20);
    assert.equal(task.alive, false);
  });
  log.is(["second", "first"]);
});

test("a kill that comes while what was deferred runs is done after it", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      yield* scope(function* () {
        defer(say(log, "first", 5));
        defer(function* () {
          yield* scope(function* () {
            yield* sleep(5);
          });
          log.say("second");
        });
      });
      log.say("must not go on");
    });
    yield* sleep(1);
    assert.equal(yield* Fiber.kill(task), task);
    assert.equal(task.kill(), false);
    yield* sleep(20);
    assert.equal(task.alive, false);
  });
  log.is(["second", "first"]);
});

test("a finally that waits under shield is not interrupted; the error of one without it says what to use", () => {
  const log = new Log();
  play(function* () {
    const task = spawn("task", function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        yield* shield(say(log, "said good-bye", 5));
        try {
          yield* sleep(5);
        } catch (error) {
          assert.ok(error instanceof Cancelled);
          log.say(error.message);
        }
      }
    });
    yield* sleep(1);
    yield* task.cancel("we close; really");
    log.say("over");
  });
  log.is([
    "said good-bye",
    new RegExp(
      '^fiber "task" was cancelled by fiber "anonymous( \\d+)?": we close; really; ' +
        "sleep\\(…\\) cannot wait here any more: clean-up that waits belongs in defer\\(…\\) or shield\\(…\\)$",
    ),
    "over",
  ]);
});

test("a request made under shield is thrown at the first wait after it, once the shield is left", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      yield* shield(function* () {
        yield* sleep(5);
        spawn(say(log, "its child", 5));
        yield* sleep(1);
        log.say("its end");
      });
      log.say("no wait, no error");
      yield* sleep(0);
      log.say("must not be reached");
    });
    yield* sleep(1);
    yield* task.cancel();
  });
  log.is(["its end", "its child", "no wait, no error"]);
});

test("a shield may be cancelled from inside, and by its own time limits", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      yield* shield(function* (handle) {
        yield* moveOnAfter(5, () => sleep(Infinity));
        log.say("moved on");
        yield* sleep(1);
        handle.cancel();
        yield* sleep(1);
      });
      log.say("out");
      try {
        yield* failAfter(5, () => sleep(Infinity));
      } catch (error) {
        log.say((error as Error).name);
        throw error;
      }
    });
    yield* sleep(1);
    yield* task.cancel();
  });
  log.is(["moved on", "out", "Cancelled"]);
  assert.ok(TimeoutError.prototype instanceof Error);
});

test("a resource is released when its scope ends, and one that could not be acquired is not", () => {
  const log = new Log();
  const open = (name: string, fails = false) =>
    resource(
      function* () {
        yield* sleep(1);
        if (fails) throw new Error(`cannot open ${name}`);
        log.say(`open ${name}`);
        return name;
      },
      function* (got) {
        yield* sleep(1);
        log.say(`close ${got}`);
      },
    );
  const error = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        assert.equal(yield* open("a"), "a");
        yield* open("b");
        yield* open("c", true);
      });
    }),
  );
  assert.equal((error as Error).message, "cannot open c");
  log.is(["open a", "open b", "close b", "close a"]);
});

test("a kill of a task whose coroutine does what it deferred is done after it", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      try {
        const coroutine: AnyFiber = new Fiber(function* (): Routine<void> {
          yield* scope(function* () {
            defer(say(log, "first", 5));
            defer(say(log, "second", 5));
          });
          log.say("must not go on");
        });
        yield* Fiber.resume(coroutine);
      } finally {
        log.say("task unwinds");
      }
    });
    yield* sleep(1);
    assert.equal(task.kill(), task);
    assert.equal(task.kill(), false);
    yield* sleep(20);
    assert.equal(task.alive, false);
  });
  log.is(["second", "first", "task unwinds"]);
});
