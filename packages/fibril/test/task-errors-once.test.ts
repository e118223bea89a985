/** No error is lost, none is reported twice, and none is made up. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  daemon,
  Fiber,
  FiberError,
  fifo,
  locality,
  monitor,
  moveOnAfter,
  runSync,
  scope,
  seeded,
  sleep,
  spawn,
  supervised,
  suspend,
  yieldNow,
} from "fibril";
import { thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { Log, ManualHost, outcome, play } from "./support/manual-host.ts";

test("an error that a joiner receives is not reported to the host as well", () => {
  const error = new Error("why");
  outcome({ reports: [] }, function* () {
    yield* supervised(function* () {
      const child = spawn(fails(error, 1));
      spawn(function* () {
        try {
          yield* child;
        } catch {}
      });
      yield* sleep(10);
      // It has ended long ago.
      assert.equal(thrown(() => runSyncJoin(child)) instanceof Error, true);
    });
  });
});

function runSyncJoin(child: Fiber): unknown {
  return runSync(function* () {
    return yield* child;
  });
}

test("a child's error reaches its parent although no fiber joins it", () => {
  const error = new Error("why");
  const { end } = outcome({}, function* () {
    spawn(function* () {
      spawn(function* () {
        spawn(fails(error, 1));
        yield* sleep(Infinity);
      });
      yield* sleep(Infinity);
    });
    yield* sleep(Infinity);
  });
  assert.deepEqual([end.ending, end.value], ["failed", error]);
});

test("a pending error is not replaced by a value that comes after it", () => {
  const log = new Log();
  play(function* () {
    let give: ((value: string) => void) | undefined;
    const task = spawn(function* () {
      try {
        log.say(
          yield* suspend<string>((wake) => {
            give = wake;
          }),
        );
      } catch (error) {
        log.say((error as Error).message);
      }
    });
    yield* sleep(1);
    task.raise("the error");
    give?.("the value");
    yield* task;
  });
  log.is(["the error"]);
});

test("a thousand sleepers that are cancelled as they wake all end", () => {
  const { end } = outcome({ host: new ManualHost(1) }, function* () {
    let ended = 0;
    yield* scope(function* (all) {
      for (let i = 0; i < 1000; i++) {
        spawn(function* () {
          try {
            for (;;) yield* sleep(i % 2);
          } finally {
            ended++;
          }
        });
      }
      yield* sleep(1);
      all.cancel();
    });
    return ended;
  });
  assert.equal(end.value, 1000);
});

test("a Cancelled that was kept and is thrown in a fiber that was not asked to end is an error", () => {
  const log = new Log();
  const error = thrown(() =>
    play(function* () {
      let kept: unknown;
      yield* moveOnAfter(1, function* () {
        try {
          yield* sleep(Infinity);
        } catch (caught) {
          kept = caught;
          throw caught;
        }
      });
      yield* scope(function* () {
        spawn(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            log.say("the child ends");
          }
        });
        yield* sleep(1);
        throw kept;
      });
    }),
  );
  assert.ok(error instanceof Cancelled);
  log.is(["the child ends"]);
});

test("the same thrown by a fiber ends it as failed, not as cancelled", () => {
  play(function* () {
    let kept: unknown;
    const first = spawn(function* () {
      try {
        yield* sleep(Infinity);
      } catch (caught) {
        kept = caught;
        throw caught;
      }
    });
    yield* sleep(1);
    yield* first.cancel();
    const log = new Log();
    yield* supervised(function* () {
      monitor(spawn(fails(kept)), ({ ending }) => log.say(ending));
    });
    log.is(["failed"]);
  });
});

test("joining a fiber that was cancelled or killed is a FiberError that says so", () => {
  play(function* () {
    for (const [end, code, message] of [
      [(f: Fiber) => f.cancel("why"), "cancelled", /there is no result to wait for: .*: why$/],
      [(f: Fiber) => f.kill(), "killed", /^fiber "child".* was killed$/],
    ] as const) {
      for (const early of [true, false]) {
        const child = spawn("child", function* () {
          yield* sleep(Infinity);
        });
        if (!early) yield* sleep(1);
        end(child);
        const joins = [
          spawn(function* () {
            try {
              yield* child;
            } catch (error) {
              return error;
            }
            return undefined;
          }),
        ];
        yield* yieldNow();
        for (const join of joins) {
          const error = (yield* join) as FiberError;
          assert.ok(error instanceof FiberError);
          assert.equal(error.code, code);
          assert.match(error.message, message);
          if (code === "cancelled") assert.ok(error.cause instanceof Cancelled);
        }
      }
    }
  });
});

test("cancelling a scope does not make its children's joins of each other fail", () => {
  // One of them has not started: it ends at once, which must not be an error to a fiber that waits for it.
  for (const policy of [locality, fifo, seeded(1), seeded(2), seeded(3), seeded(4)]) {
    const { end } = outcome({ policy }, function* () {
      yield* scope(function* (all) {
        const others: Fiber[] = [];
        const joiner = () =>
          spawn(function* () {
            for (const other of others) yield* other;
          });
        const bystander = () =>
          spawn(function* () {
            yield* sleep(Infinity);
          });
        joiner();
        others.push(bystander());
        spawn(function* () {
          all.cancel();
        });
        others.push(bystander());
        joiner();
        yield* sleep(Infinity);
      });
      return "over";
    });
    assert.deepEqual([end.ending, end.value], ["returned", "over"]);
  }
});

test("the same for the daemons of a scope that ends", () => {
  const { end } = outcome({}, function* () {
    yield* scope(function* () {
      const bystander = daemon(function* () {
        yield* sleep(Infinity);
      });
      spawn(function* () {});
      daemon(function* () {
        yield* bystander;
      });
    });
    return "over";
  });
  assert.deepEqual([end.ending, end.value], ["returned", "over"]);
});
