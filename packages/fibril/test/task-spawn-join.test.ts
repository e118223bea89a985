/** Starting fibers and waiting for them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  daemon,
  dump,
  Fiber,
  FiberError,
  monitor,
  park,
  type Routine,
  run,
  runSync,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { refused, thrown } from "./support/expect.ts";
import { fails, failsUncancelled } from "./support/failing.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

function* add(a: number, b: number): Routine<number> {
  yield* yieldNow();
  return a + b;
}

test("joining a child gives its result, before its end and after, once and again", () => {
  const results = play(function* () {
    const child = spawn(add, 1, 2);
    const early = yield* child;
    const late = yield* child.join();
    yield* sleep(1);
    return [early, late, yield* child];
  });
  assert.deepEqual(results, [3, 3, 3]);
});

test("spawn takes no argument, one, several, and a name before the routine", () => {
  play(function* () {
    const children = [
      spawn(function* none() {
        return "none";
      }),
      spawn(function* one(a: unknown) {
        return a;
      }, undefined),
      spawn("adder", add, 1, 2),
      daemon("daemon", add, 3, 4),
    ];
    const names = children.map((child) => child.name);
    assert.deepEqual(names, ["none", "one", "adder", "daemon"]);
    const results: unknown[] = [];
    for (const child of children) results.push(yield* child);
    assert.deepEqual(results, ["none", undefined, 3, 7]);
  });
});

test("what cannot be spawned is refused at the call", () => {
  refused(
    "spawn(…) needs a scheduler: use it in a fiber that run(…), main(…) or spawn(…) started",
    () => spawn(function* () {}),
    "outside",
  );
  refused(/^daemon\(…\) needs a scheduler/, () => daemon(function* () {}), "outside");
  const coroutine = new Fiber(function* () {
    refused(/^spawn\(…\) needs/, () => spawn(function* () {}), "outside");
  });
  coroutine.resume();
  play(function* () {
    assert.throws(() => spawn(5 as never), /tried to spawn a number: pass a generator function/);
    function* work() {}
    assert.throws(() => spawn(work() as never), /a generator: write spawn\(routine, argument\)$/);
    yield* sleep(1);
  });
});

test("a routine that is not a generator function is the child's error, which names it", () => {
  const error = thrown(() =>
    play(function* () {
      yield* spawn("wrong", (() => 5) as never);
    }),
  );
  assert.match(
    (error as Error).message,
    /^the routine of fiber "wrong".* must be a generator function/,
  );
});

test("many may wait for one fiber, and are woken in the order in which they came", () => {
  const log = new Log();
  play(function* () {
    const target = spawn(function* () {
      yield* sleep(5);
      return "result";
    });
    for (let i = 0; i < 5; i++) {
      spawn(function* () {
        yield* sleep(i % 3);
        const got = yield* target;
        log.say(`${i} ${got}`);
      });
    }
  });
  log.is(["0 result", "3 result", "1 result", "4 result", "2 result"]);
});

test("a waiter that gives up leaves the others waiting: first, middle and last", () => {
  for (const gone of [0, 1, 2, 3, 4]) {
    const log = new Log();
    play(function* () {
      const target = spawn(function* () {
        yield* sleep(5);
        return "result";
      });
      const waiters = Array.from({ length: 5 }, (_, i) =>
        spawn(function* () {
          yield* sleep(1);
          log.say(`${i} ${yield* target}`);
        }),
      );
      yield* sleep(2);
      yield* (waiters[gone] as Fiber).cancel();
    });
    assert.equal(log.lines.length, 4);
    assert.ok(!log.lines.includes(`${gone} result`));
  }
});

test("a callback that learns of a fiber's end may leave, cancel, join and watch others of the same fiber", () => {
  const log = new Log();
  play(function* () {
    const target = spawn(() => sleep(5));
    const others: Fiber[] = [];
    const undo: (() => void)[] = [];
    const watch = (name: string, then: () => void) =>
      undo.push(
        monitor(target, () => {
          log.say(name);
          then();
        }),
      );
    watch("first", () => {
      undo[2]?.(); // not told yet
      undo[0]?.(); // told already
      void others[0]?.cancel();
      monitor(target, () => log.say("at once"));
    });
    watch("second", () => void others[1]?.kill());
    watch("never", () => {});
    yield* supervised(function* () {
      for (let i = 0; i < 3; i++) {
        others.push(
          spawn(function* () {
            yield* target;
            log.say(`joined ${i}`);
          }),
        );
      }
    });
    watch("after", () => {});
  });
  log.is(["first", "at once", "second", "joined 2", "after"]);
});

test("a fiber cannot wait for itself, not by way of a coroutine either", () => {
  play(function* () {
    const self = Fiber.current;
    refused(/^fiber "anonymous( \d+)?" cannot wait for its own end$/, () => self.join(), "itself");
    yield* Fiber.resume(
      new Fiber(function* () {
        refused(/cannot wait for its own end/, () => self.join(), "itself");
      }),
    );
    yield* sleep(1);
  });
});

test("join, cancel, promise and monitor are for fibers that a scheduler runs", () => {
  const coroutine = new Fiber(function* bare() {});
  for (const [name, use] of [
    // @ts-expect-error a coroutine is not joined
    ["join", () => coroutine.join()],
    ["cancel", () => coroutine.cancel()],
    ["promise", () => coroutine.promise()],
    ["monitor", () => monitor(coroutine, () => {})],
  ] as const) {
    refused(
      `${name} is for fibers that a scheduler runs, and fiber "bare" is not one: ` +
        "start it with spawn(…), or use resume, raise and kill",
      use,
      "unscheduled",
    );
  }
});

test("waiting for a cancelled fiber ends when its clean-up has", () => {
  const log = new Log();
  const { host } = outcome({}, function* () {
    const child = spawn(function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        yield* shield(() => sleep(10));
        log.say("clean");
      }
    });
    yield* sleep(1);
    yield* child.cancel();
    log.say("over");
  });
  log.is(["clean", "over"]);
  assert.equal(host.time, 11);
});

test("waiting for a cancelled fiber throws the errors of its clean-up and not those of its body, in any order", () => {
  const [body, cleanUp] = [new Error("body"), new Error("clean-up")];
  const ends: [name: string, routine: () => Routine<unknown>, expected: unknown][] = [
    ["returned before", add as never, undefined],
    ["failed before", fails(body), undefined],
    ["cancelled", () => sleep(Infinity) as never, undefined],
    ["failed in its clean-up", failsUncancelled(cleanUp), cleanUp],
  ];
  for (const [name, routine, expected] of ends) {
    play(function* () {
      yield* supervised(function* () {
        const child = spawn(routine);
        monitor(child, () => {});
        yield* sleep(5);
        let got: unknown;
        try {
          yield* child.cancel();
        } catch (error) {
          got = error;
        }
        assert.equal(got, expected, name);
      });
    });
  }
});

test("a caller can cancel now and wait for the teardown later", () => {
  const cleanUp = new Error("clean-up");
  play(function* () {
    yield* supervised(function* () {
      const child = spawn(failsUncancelled(cleanUp));
      monitor(child, () => {});
      yield* sleep(1);
      const teardown = child.cancel();
      yield* sleep(5);
      assert.equal(child.alive, false);
      let got: unknown;
      try {
        yield* teardown;
      } catch (error) {
        got = error;
      }
      assert.equal(got, cleanUp);
    });
  });
});

test("a promise of a fiber's result is for code outside, before its end and after", async () => {
  const promises: Promise<unknown>[] = [];
  const error = new Error("why");
  play(function* () {
    yield* supervised(function* () {
      const [good, bad] = [spawn(add, 1, 2), spawn(fails(error, 1))];
      promises.push(good.promise(), bad.promise());
      yield* sleep(5);
      promises.push(good.promise(), bad.promise());
    });
  });
  const settled = await Promise.allSettled(promises);
  assert.deepEqual(
    settled.map((each) => (each.status === "fulfilled" ? each.value : each.reason)),
    [3, error, 3, error],
  );
});

test("a fiber of another run can be joined", () => {
  const other = { fiber: undefined as Fiber | undefined };
  play(function* () {
    other.fiber = spawn(add, 1, 2);
    yield* sleep(1);
  });
  const result = runSync(function* () {
    return yield* other.fiber as Fiber;
  });
  assert.equal(result, 3);
});

test("parent and children, and what a fiber waits for, can be read", () => {
  const log = new Log();
  play(function* () {
    const root = Fiber.current;
    assert.equal(root.parent, undefined);
    yield* scope(function* () {
      const child = spawn("child", function* () {
        spawn("grandchild", () => sleep(8));
        yield* scope(function* () {
          spawn("second", () => sleep(9));
          yield* sleep(5);
        });
      });
      yield* sleep(2);
      assert.equal(child.parent, root);
      assert.deepEqual(root.children, [child]);
      assert.deepEqual(
        child.children.map(({ name }) => name),
        ["grandchild", "second"],
      );
      assert.ok(child.children.every(({ parent }) => parent === child));
      assert.equal(child.status, "suspended");
      log.say(`${child.waitingOn?.what} since ${child.waitingOn?.since}`);
      yield* sleep(4);
      log.say(`${child.waitingOn?.what} since ${child.waitingOn?.since}`);
      yield* child;
      assert.deepEqual([child.children, child.parent, child.waitingOn], [[], undefined, undefined]);
    });
  });
  log.is(["sleep(5 ms) since 0", "its child since 5"]);
});

test("a fiber that is cancelled before its start runs to its first wait, and has no result to give", () => {
  play(function* () {
    const child = spawn(add, 1, 2);
    void child.cancel();
    assert.equal(child.status, "created");
    let got: unknown;
    try {
      yield* child;
    } catch (error) {
      got = error;
    }
    assert.equal((got as FiberError).code, "cancelled");
  });
});

test("a fiber that has not had its first turn is created, as a coroutine is", () => {
  runSync(function* () {
    const child = spawn("child", park);
    assert.equal(child.status, "created");
    assert.equal(String(child), "#<Fiber: child (created)>");
    yield* yieldNow();
    assert.equal(child.status, "suspended");
    yield* child.cancel();
    assert.equal(child.status, "terminated");
  });
});

test("since when a fiber waits: also for ever; park does not remember it", async () => {
  const host = new VirtualHost();
  await run({ host }, function* () {
    yield* sleep(60_000);
    const forever = spawn(sleep, Number.POSITIVE_INFINITY);
    const parked = spawn(park);
    yield* sleep(5);
    assert.deepEqual(forever.waitingOn, { what: "sleep(Infinity ms)", since: 60_000 });
    assert.equal(parked.waitingOn?.since, undefined);
    assert.match(dump(), /sleep\(Infinity ms\), 5 ms so far/);
    forever.cancel();
    parked.cancel();
  });
});
