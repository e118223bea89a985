/** Where errors go: each comes out exactly once, or is told to the host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  daemon,
  defer,
  Fiber,
  FiberError,
  fifo,
  locality,
  monitor,
  moveOnAfter,
  type Routine,
  runSync,
  scope,
  seeded,
  shield,
  sleep,
  spawn,
  supervised,
  suspend,
  yieldNow,
} from "fibril";
import { thrown } from "./support/expect.ts";
import { Log, ManualHost, outcome, play } from "./support/manual-host.ts";

const fails = (error: unknown, after = 0) =>
  function* failing(): Routine<never> {
    yield* sleep(after);
    throw error;
  };

const failsUncancelled = (error: unknown) =>
  function* failing(): Routine<never> {
    try {
      yield* sleep(Infinity);
    } finally {
      // oxlint-disable-next-line no-unsafe-finally -- that is the case
      throw error;
    }
  };

test("one child's error comes out of the scope as it is", () => {
  const error = new Error("why");
  assert.equal(
    thrown(() => play(() => scope(fails(error)) as never)),
    error,
  );
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* () {
          spawn(fails(error, 3));
          spawn(function* () {
            yield* sleep(Infinity);
          });
        });
      }),
    ),
    error,
  );
});

test("several errors come out as one AggregateError, in the order in which they happened", () => {
  const errors = [new Error("body"), new Error("first"), new Error("second")];
  const aggregate = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        spawn(failsUncancelled(errors[1]));
        spawn(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* shield(() => sleep(5) as never);
            throw errors[2]; // oxlint-disable-line no-unsafe-finally
          }
        });
        yield* sleep(1);
        throw errors[0];
      });
    }),
  ) as AggregateError;
  assert.ok(aggregate instanceof AggregateError);
  assert.deepEqual(aggregate.errors, errors);
  assert.equal(aggregate.message, "3 fibers of one scope failed");
});

test("an error that is seen by a joiner and by the scope comes out once", () => {
  const error = new Error("why");
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* () {
          const child = spawn(fails(error, 1));
          spawn(function* () {
            yield* child;
          });
          yield* child;
        });
      }),
    ),
    error,
  );
});

test("an error that the joiner catches still fails the scope: the child is the scope's", () => {
  const error = new Error("why");
  const log = new Log();
  assert.equal(
    thrown(() =>
      play(function* () {
        yield* scope(function* () {
          const child = spawn(fails(error, 1));
          try {
            yield* child;
          } catch (caught) {
            log.say(String(caught === error));
          }
        });
      }),
    ),
    error,
  );
  log.is(["true"]);
});

test("a failing child of a plain fiber fails that fiber, which has returned already", () => {
  const error = new Error("why");
  const { end } = outcome({}, function* () {
    spawn(fails(error, 1));
    return "result";
  });
  assert.deepEqual([end.ending, end.value], ["failed", error]);
});

test("nested scopes pass one error on, and nest what is several", () => {
  const [a, b, c] = [new Error("a"), new Error("b"), new Error("c")];
  const outer = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        spawn(failsUncancelled(c));
        yield* scope(function* () {
          spawn(failsUncancelled(b));
          yield* sleep(1);
          throw a;
        });
      });
    }),
  ) as AggregateError;
  const inner = outer.errors[0] as AggregateError;
  assert.deepEqual([inner.errors, outer.errors[1]], [[a, b], c]);
});

test("a failure while the scope is being cancelled comes out, the cancelling is not lost in it", () => {
  const log = new Log();
  const error = thrown(() =>
    play(function* () {
      try {
        yield* moveOnAfter(5, function* () {
          spawn(failsUncancelled(new Error("in clean-up")));
          yield* sleep(Infinity);
        });
      } finally {
        log.say("after");
      }
    }),
  );
  assert.equal((error as Error).message, "in clean-up");
  log.is(["after"]);
});

test("supervised: a child's failure goes to who joins it, and its siblings go on", () => {
  const error = new Error("why");
  const log = new Log();
  play(function* () {
    yield* supervised(function* () {
      const child = spawn(fails(error, 1));
      spawn(function* () {
        yield* sleep(5);
        log.say("sibling is done");
      });
      try {
        yield* child;
      } catch (caught) {
        log.say(String(caught === error));
      }
    });
  });
  log.is(["true", "sibling is done"]);
});

test("supervised: a failure that nobody waits for is reported to the host, once", () => {
  const error = new Error("why");
  const { host } = outcome({ reports: [error] }, function* () {
    yield* supervised(function* () {
      spawn(fails(error, 1));
      yield* sleep(10);
    });
  });
  assert.equal(host.reported.length, 1);
});

test("supervised: a promise or a monitor counts as somebody who is told", async () => {
  const error = new Error("why");
  const promises: Promise<unknown>[] = [];
  const log = new Log();
  outcome({}, function* () {
    yield* supervised(function* () {
      promises.push(spawn(fails(error, 1)).promise());
      monitor(spawn(fails(error, 2)), ({ ending, value }) =>
        log.say(`${ending} ${String(value === error)}`),
      );
      yield* sleep(10);
    });
  });
  log.is(["failed true"]);
  await assert.rejects(promises[0] as Promise<unknown>, error);
});

test("supervised: the block's own failure cancels the children and comes out", () => {
  const error = new Error("why");
  const log = new Log();
  const got = thrown(() =>
    play(function* () {
      yield* supervised(function* () {
        spawn(function* () {
          try {
            yield* sleep(Infinity);
          } catch (caught) {
            log.say((caught as Error).name);
            throw caught;
          }
        });
        yield* sleep(1);
        throw error;
      });
    }),
  );
  assert.equal(got, error);
  log.is(["Cancelled"]);
});

test("pain 35, 36: an error that somebody waits for is not reported as well", () => {
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

test("pain 36: a child's error reaches its parent although nobody joins it", () => {
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

test("pain 24: an error that is pending is not replaced by a value that comes after it", () => {
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

test("pain 24: a thousand sleepers that are cancelled as they wake all end", () => {
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

test("a Cancelled that was kept and is thrown where nobody was asked to end is an error", () => {
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
  // One of them has not started: it ends at once, which must not be an error to who waits for it.
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

test("an error that cannot be clean-up's comes out after the clean-up, and clean-up's with it", () => {
  const [body, deferred, children] = [new Error("body"), new Error("deferred"), new Error("child")];
  const error = thrown(() =>
    play(function* () {
      yield* scope(function* () {
        defer(fails(deferred, 1));
        spawn(failsUncancelled(children));
        yield* sleep(1);
        throw body;
      });
    }),
  ) as AggregateError;
  assert.deepEqual(error.errors, [body, children, deferred]);
});

test("whatever is thrown comes out, also what is no Error", () => {
  for (const value of ["text", 0, undefined, null, { any: "thing" }]) {
    const { end } = outcome({}, function* () {
      yield* scope(function* () {
        spawn(fails(value, 1));
        yield* sleep(Infinity);
      });
    });
    assert.deepEqual([end.ending, end.value], ["failed", value]);
  }
});
