/** The start handshake: `scope.start` goes on when the child says that it has started. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  defer,
  Fiber,
  FiberError,
  type Routine,
  scope,
  type Scope,
  sleep,
  spawn,
  started,
  supervised,
} from "fibril";
import { thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

function* server(log: Log, port: number, delay = 1): Routine<void> {
  yield* sleep(delay);
  if (port < 1024) throw new Error(`port ${port} is not for us`);
  started(port);
  log.say(`listens on ${port}`);
  yield* sleep(10);
  log.say("served");
}

test("start results in what the child says, and the child goes on", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      log.say(`port ${yield* all.start(server, log, 8080)}`);
    });
  });
  log.is(["listens on 8080", "port 8080", "served"]);
});

test("a child that fails before it has started fails its starter, which may try another way", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      try {
        yield* all.start(server, log, 80);
      } catch (error) {
        log.say((error as Error).message);
        log.say(`port ${yield* all.start(server, log, 8080)}`);
      }
    });
  });
  log.is(["port 80 is not for us", "listens on 8080", "port 8080", "served"]);
});

test("a failure at the start that the starter does not catch comes out once", () => {
  const error = new Error("why");
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* (all) {
          yield* all.start(fails(error, 1));
        });
      }),
    ),
    error,
  );
});

test("a failure after the start fails the scope, like any child's", () => {
  const error = new Error("why");
  const log = new Log();
  const got = thrown(() =>
    play(function* () {
      yield* scope(function* (all) {
        yield* all.start(function* () {
          started();
          yield* sleep(1);
          throw error;
        });
        log.say("started");
        yield* sleep(Infinity);
      });
    }),
  );
  assert.equal(got, error);
  log.is(["started"]);
});

test("a child that ends without a word is an error of its starter's", () => {
  for (const open of [scope, supervised]) {
    const error = thrown(() =>
      play(function* () {
        yield* open(function* (all: Scope) {
          yield* all.start(function* silent() {
            yield* sleep(1);
          });
        });
      }),
    ) as FiberError;
    assert.equal(error.code, "not-started");
    assert.match(error.message, /^fiber "silent" ended without calling started\(…\)$/);
  }
});

test("a child that is cancelled or killed before it has started fails its starter", () => {
  for (const [end, code] of [
    [(f: Fiber) => f.cancel(), "cancelled"],
    [(f: Fiber) => f.kill(), "killed"],
  ] as const) {
    play(function* () {
      yield* scope(function* (all) {
        spawn(function* () {
          yield* sleep(1);
          end(all.children.at(-1) as Fiber);
        });
        try {
          yield* all.start("service", () => sleep(Infinity));
          assert.fail("it has not started");
        } catch (error) {
          assert.equal((error as FiberError).code, code);
        }
      });
    });
  }
});

test("a starter that is cancelled takes the child with it; one that has its value has let it go", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (services) {
      const starter = spawn(function* () {
        yield* services.start(function* () {
          try {
            yield* sleep(Infinity);
          } catch (error) {
            log.say((error as Cancelled).message);
            throw error;
          }
        });
      });
      yield* sleep(1);
      yield* starter.cancel();
      const second = spawn(function* () {
        yield* services.start(server, log, 8080, 0);
        yield* sleep(Infinity);
      });
      yield* sleep(1);
      yield* second.cancel();
    });
  });
  log.is([
    /^fiber "anonymous( \d+)?" was cancelled: its starter has given up$/,
    "listens on 8080",
    "served",
  ]);
});

test("the child lives in the scope it was started in, which may be another fiber's", () => {
  play(function* () {
    yield* scope(function* (services) {
      const owner = Fiber.current;
      yield* spawn(function* () {
        const child = (yield* services.start(function* () {
          started(Fiber.current);
          yield* sleep(5);
        })) as Fiber;
        assert.equal(child.parent, owner);
      });
    });
  });
});

test("a coroutine of the child may call started; calls without a waiting starter, and second calls, do nothing", () => {
  const { end } = outcome({}, function* () {
    started("to nobody");
    return yield* scope(function* (all) {
      return (yield* all.start(function* () {
        yield* Fiber.resume(
          new Fiber(function* () {
            started("by a coroutine");
            started("again");
          }),
        );
        yield* sleep(1);
      })) as string;
    });
  });
  assert.equal(end.value, "by a coroutine");
  started("outside of every fiber");
});

test("a scope that has closed starts nothing", () => {
  const log = new Log();
  play(function* () {
    let kept: Scope | undefined;
    yield* scope(function* (all) {
      kept = all;
    });
    for (const start of [
      () => kept?.spawn(function* () {}),
      () => kept?.daemon(function* () {}),
      () => kept?.start(function* () {}),
    ]) {
      log.say((thrown(start) as FiberError).code);
    }
    kept?.cancel();
    assert.deepEqual(kept?.children, []);
    yield* sleep(1);
  });
  log.is(["scope-closed", "scope-closed", "scope-closed"]);
});

test("a starter that is ended waits until the child has cleaned up, also in a scope of another fiber", () => {
  const why = new RangeError("why");
  for (const [how, end, says] of [
    ["cancelled", (f: Fiber) => void f.cancel("over"), "Cancelled"],
    ["raised into", (f: Fiber) => void f.raise(why), "RangeError"],
    ["killed", (f: Fiber) => void f.kill(), "finally"],
  ] as const) {
    const log = new Log();
    play(function* () {
      yield* scope(function* (services) {
        const starter = spawn(function* () {
          try {
            yield* services.start(function* slow() {
              defer(function* () {
                yield* sleep(10);
                log.say("cleaned up");
              });
              yield* sleep(Infinity);
            });
          } catch (error) {
            log.say((error as Error).name);
          } finally {
            log.say("finally");
          }
        });
        yield* sleep(1);
        end(starter);
        yield* sleep(1);
        assert.match(starter.waitingOn?.what ?? "", /^the end of fiber "slow"/, how);
        end(starter); // again, in a wait that is firm
        yield* sleep(20);
        assert.equal(starter.alive, false);
      });
    });
    log.is(says === "finally" ? ["cleaned up", says] : ["cleaned up", says, "finally"]);
  }
});

test("what the child fails with in its clean-up comes out of start, and does not fail the scope", () => {
  const error = new Error("in clean-up");
  for (const [end, expected] of [
    [(f: Fiber) => void f.cancel("over"), [error]],
    [(f: Fiber) => void f.raise(new RangeError("why")), [new RangeError("why"), error]],
  ] as const) {
    const log = new Log();
    play(function* () {
      yield* scope(function* (services) {
        const starter = spawn(function* () {
          try {
            yield* services.start(function* () {
              defer(fails(error, 5));
              yield* sleep(Infinity);
            });
            assert.fail("it has not started");
          } catch (got) {
            const all = got instanceof AggregateError ? got.errors : [got];
            assert.deepEqual(all, expected);
          }
        });
        yield* sleep(1);
        end(starter);
        yield* starter.cancel();
        log.say("the scope goes on");
      });
    });
    log.is(["the scope goes on"]);
  }
});

test("a starter whose grace is over does not wait for a child in another fiber's scope", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (services) {
      const starter = spawn(function* () {
        yield* services.start(function* () {
          defer(function* () {
            yield* sleep(50);
            log.say("the child has cleaned up");
          });
          yield* sleep(Infinity);
        });
      });
      yield* sleep(1);
      yield* starter.cancel("over", { grace: 5 });
      log.say("the starter has ended");
    });
  });
  log.is(["the starter has ended", "the child has cleaned up"]);
});

test("a child that says started when its starter has given up is not let go", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (services) {
      const starter = spawn(function* () {
        yield* services.start(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            started("too late");
            log.say("child");
          }
        });
        log.say("must not be reached");
      });
      yield* sleep(1);
      yield* starter.cancel();
    });
  });
  log.is(["child"]);
});
