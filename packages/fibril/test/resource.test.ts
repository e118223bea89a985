/** Resources: what is acquired is released, and what acquiring started belongs to it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cancelled,
  defer,
  dump,
  Fiber,
  FiberError,
  moveOnAfter,
  resource,
  type Routine,
  scope,
  type ScopeEnding,
  sleep,
  spawn,
  supervised,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

/** A resource that takes 5 ms to acquire and 1 ms to release. */
function* opens(log: Log, name = "it"): Routine<string> {
  return yield* resource(
    function* () {
      yield* sleep(5);
      log.say(`open ${name}`);
      return name;
    },
    function* (got: string, { ending }: ScopeEnding) {
      yield* sleep(1);
      log.say(`close ${got}: ${ending}`);
    },
  );
}

/** Runs until it is asked to end, and says how long its clean-up takes. */
function* serves(log: Log, name: string): Routine<void> {
  try {
    yield* sleep(Infinity);
  } catch (error) {
    log.say(`${name}: ${(error as Cancelled).reason as string}`);
    throw error;
  }
}

test("a request that comes while it is acquired is thrown at the first wait after it", () => {
  for (const [how, ask] of [
    ["cancelled", (task: AnyFiber) => void task.cancel("early")],
    ["killed", (task: AnyFiber) => void task.kill()],
  ] as const) {
    const log = new Log();
    play(function* () {
      const task = spawn(function* () {
        yield* opens(log);
        log.say("acquired");
        yield* sleep(1);
        log.say("must not be reached");
      });
      const other = spawn(() => Fiber.resume(new Fiber(() => opens(new Log())) as AnyFiber));
      yield* sleep(1);
      ask(task);
      ask(other);
      yield* sleep(20);
      assert.deepEqual([task.alive, other.alive], [false, false]);
    });
    log.is(["open it", ...(how === "killed" ? [] : ["acquired"]), `close it: ${how}`]);
  }
});

test("nothing is acquired by a fiber that was asked to end before", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        const error = yield* caught(() => opens(log));
        log.say((error as Error).message);
      }
    });
    yield* sleep(1);
    yield* task.cancel("over");
  });
  log.is([
    /^fiber "anonymous.* was cancelled by .*: over; resource\(…\) cannot wait here any more/,
  ]);
});

function* caught(work: () => Routine<unknown>): Routine<unknown> {
  try {
    return yield* work();
  } catch (error) {
    return error;
  }
}

test("cancellable: a request reaches acquire, which is on its own", () => {
  for (const end of ["cancel", "kill"] as const) {
    const log = new Log();
    play(function* () {
      const task = spawn(function* () {
        yield* resource(
          function* () {
            try {
              yield* sleep(5);
            } finally {
              log.say("gave back the half");
            }
          },
          function* () {
            log.say("must not be released");
          },
          { cancellable: true },
        );
      });
      yield* sleep(1);
      task[end]();
      yield* sleep(1);
      assert.equal(task.alive, false);
    });
    log.is(["gave back the half"]);
  }
});

test("a grace ends acquiring too, and does not wait for a release", () => {
  const log = new Log();
  const { host } = outcome({}, function* () {
    const task = spawn(function* () {
      yield* opens(log, "first");
      yield* resource(
        function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.say("unwound");
          }
        },
        function* () {},
      );
    });
    yield* sleep(6);
    yield* task.cancel("enough", { grace: 3 });
    assert.equal(task.alive, false);
  });
  log.is(["open first", "unwound"]);
  assert.equal(host.time, 9);
});

test("what acquire spawned lives until the release, which comes between it and what acquire deferred", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      defer(() => log.say("deferred before"));
      yield* resource(
        function* () {
          defer((ending) => log.say(`acquire's own: ${ending.ending}`));
          spawn("server", serves, log, "server");
          yield* sleep(1);
        },
        function* (_got, { ending }) {
          yield* sleep(1);
          log.say(`release: ${ending}`);
        },
      );
      defer(() => log.say("deferred after"));
      yield* sleep(1);
      spawn(function* () {
        yield* sleep(5);
        log.say("child of the block");
      });
    });
    log.say("after");
  });
  log.is([
    "child of the block",
    "deferred after",
    "server: its resource is released",
    "release: returned",
    "acquire's own: returned",
    "deferred before",
    "after",
  ]);
});

test("a request to the block reaches a resource's children at the release, and not before", () => {
  const log = new Log();
  play(function* () {
    const task = spawn("task", function* () {
      try {
        yield* scope(function* () {
          yield* resource(
            function* () {
              spawn("server", serves, log, "server");
            },
            function* () {
              log.say("released");
            },
          );
          defer(() => sleep(5));
          yield* sleep(Infinity);
        });
      } finally {
        log.say("left");
      }
    });
    yield* sleep(1);
    void task.cancel("over");
    yield* sleep(1);
    const [server] = task.children;
    assert.equal(server?.name, "server");
    assert.equal(server?.parent, task);
    assert.match(dump(), /fiber "server"/);
    log.say("still serves");
  });
  log.is(["still serves", "server: its resource is released", "released", "left"]);
});

test("a child of a resource that fails fails the scope that uses it, supervised or not, once", () => {
  for (const open of [scope, supervised]) {
    const error = new Error("why");
    const log = new Log();
    const got = thrown(() =>
      play(function* () {
        yield* open(function* () {
          yield* resource(
            function* () {
              yield* resource(
                function* () {
                  spawn(fails(error, 5));
                },
                function* (_got, { ending, value }) {
                  assert.equal(value, error);
                  log.say(`inner: ${ending}`);
                },
              );
            },
            function* (_got, { ending, value }) {
              assert.equal(value, error);
              log.say(`outer: ${ending}`);
            },
          );
          yield* sleep(Infinity);
        });
      }),
    );
    assert.equal(got, error);
    log.is(["outer: failed", "inner: failed"]);
  }
});

test("a child that fails while acquire runs makes it fail; what was acquired all the same is released", () => {
  const error = new Error("why");
  for (const insists of [false, true]) {
    const log = new Log();
    play(function* () {
      const got = yield* caught(function* () {
        yield* resource(
          function* () {
            spawn(fails(error, 1));
            try {
              yield* sleep(5);
            } catch (cancelled) {
              if (!insists) throw cancelled;
            }
          },
          function* (_got, { ending, value }) {
            assert.equal(value, error);
            log.say(`released: ${ending}`);
          },
        );
        assert.fail("it was not acquired");
      });
      assert.equal(got, error);
      log.say("went on");
    });
    log.is([...(insists ? ["released: failed"] : []), "went on"]);
  }
});

test("acquire that fails ends what it has begun", () => {
  const log = new Log();
  play(function* () {
    const got = yield* caught(function* () {
      yield* resource(
        function* () {
          spawn("server", serves, log, "server");
          defer(() => log.say("deferred"));
          yield* sleep(1);
          throw new Error("cannot");
        },
        function* () {},
      );
    });
    assert.equal((got as Error).message, "cannot");
    log.say("went on");
  });
  assert.match(log.lines[0] ?? "", /^server: Error: cannot|^server: /);
  assert.deepEqual(log.lines.slice(1), ["deferred", "went on"]);
});

test("in a coroutine, a resource is the task's, or its own scope's", () => {
  const log = new Log();
  play(function* () {
    const coroutine: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* withServer(log, "task's");
      yield* scope(function* () {
        yield* withServer(log, "scope's");
      });
      yield* Fiber.yield();
    });
    yield* Fiber.resume(coroutine);
    log.say("yielded");
  });
  log.is([
    "scope's: its resource is released",
    "released scope's",
    "yielded",
    "task's: its resource is released",
    "released task's",
  ]);
});

function* withServer(log: Log, name: string): Routine<void> {
  yield* resource(
    function* () {
      spawn(serves, log, name);
      yield* sleep(1);
    },
    function* () {
      log.say(`released ${name}`);
    },
  );
}

test("a grace reaches the children of a resource, and of one within it", () => {
  for (const wrap of [
    (work: () => Routine<void>) => work(),
    (work: () => Routine<void>) => scope(work),
  ]) {
    const log = new Log();
    play(function* () {
      const task = spawn(function* () {
        yield* wrap(function* () {
          yield* resource(
            function* () {
              yield* resource(
                function* () {
                  spawn(function* () {
                    try {
                      yield* sleep(Infinity);
                    } finally {
                      log.say("inner child");
                    }
                  });
                },
                function* () {},
              );
            },
            function* () {
              yield* sleep(Infinity);
            },
          );
          yield* sleep(Infinity);
        });
      });
      yield* sleep(1);
      yield* task.cancel("enough", { grace: 5 });
      assert.equal(task.alive, false);
    });
    log.is(["inner child"]);
  }
});

test("a time limit cuts the block, not the acquiring; the limit shows right after it", () => {
  const log = new Log();
  play(function* () {
    const got = yield* moveOnAfter(
      1,
      function* () {
        yield* opens(log);
        log.say("acquired");
        yield* sleep(0);
        return "in time";
      },
      "late",
    );
    log.say(got);
  });
  log.is(["open it", "acquired", "close it: cancelled", "late"]);
});

test("what resource takes is checked", () => {
  play(function* () {
    const nothing = function* () {};
    assert.throws(() => resource(nothing, 5 as never), TypeError);
    assert.throws(() => resource(nothing, nothing, { cancelable: true } as never), {
      message: /^resource has no option "cancelable"/,
    });
    yield* sleep(1);
  });
  const error = thrown(() =>
    resource(
      function* () {},
      function* () {},
    ),
  ) as FiberError;
  assert.equal(error.code, "outside");
});
