/** Time limits, on a clock that a test moves. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  currentDeadline,
  type Deadline,
  defer,
  failAfter,
  failAt,
  Fiber,
  FiberError,
  moveOnAfter,
  moveOnAt,
  now,
  resource,
  type Routine,
  runSync,
  scope,
  shield,
  sleep,
  spawn,
  TimeoutError,
  yieldNow,
} from "fibril";
import { refused, thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { begin, Log, ManualHost, outcome, play } from "./support/manual-host.ts";

const forEver = (): Routine<never> => sleep(Infinity) as never;

test("sleep waits at least so long, in whole milliseconds, and fires in the order of the deadlines", () => {
  const log = new Log();
  const { host } = outcome({}, function* () {
    for (const ms of [3, 1, 2.5, 0, 1]) {
      spawn(function* () {
        yield* sleep(ms);
        log.say(`${ms} at ${now()}`);
      });
    }
  });
  assert.deepEqual(log.lines.toSorted(), ["0 at 0", "1 at 1", "1 at 1", "2.5 at 3", "3 at 3"]);
  assert.equal(host.time, 3);
  refused(/sleep\(…\) needs a scheduler/, () => sleep(1), "outside");
  for (const ms of [-1, Number.NaN, "5"]) {
    assert.throws(() => play(() => sleep(ms as number) as never), RangeError);
  }
});

test("moveOnAfter: the block's result in time, otherwise the fallback, after its clean-up", () => {
  const log = new Log();
  const results = play(function* () {
    return [
      yield* moveOnAfter(
        10,
        function* () {
          yield* sleep(5);
          return "in time";
        },
        "too late",
      ),
      yield* moveOnAfter(
        10,
        function* () {
          try {
            yield* sleep(20);
            return "in time";
          } finally {
            log.say(`cleans up at ${now()}`);
          }
        },
        "too late",
      ),
      yield* moveOnAfter(10, forEver),
    ];
  });
  assert.deepEqual(results, ["in time", "too late", undefined]);
  log.is(["cleans up at 15"]);
});

test("the value that a block returns although it was cancelled counts", () => {
  const result = play(
    () =>
      moveOnAfter(
        5,
        function* () {
          try {
            yield* sleep(Infinity);
          } catch {
            return "saved";
          }
          return "never";
        },
        "fallback",
      ) as never,
  );
  assert.equal(result, "saved");
});

test("failAfter throws TimeoutError, which names the block and the time", () => {
  const error = thrown(() =>
    play(function* () {
      yield* failAfter(5, function* request() {
        yield* sleep(Infinity);
      });
    }),
  );
  assert.ok(error instanceof TimeoutError && error instanceof FiberError);
  assert.equal(error.code, "timeout");
  assert.equal(
    error.message,
    "request was not done in time: 5 ms have passed; it was waiting for sleep(Infinity ms)",
  );
});

test("the earliest of nested limits ends what is in it, and only there", () => {
  const log = new Log();
  play(function* () {
    const outer = yield* moveOnAfter(
      10,
      function* () {
        log.say(yield* moveOnAfter(5, forEver, "inner"));
        log.say(yield* moveOnAfter(50, forEver, "never"));
        log.say("never");
      },
      "outer",
    );
    log.say(`${String(outer)} at ${now()}`);
  });
  log.is(["inner", "outer at 10"]);
});

test("two limits that pass at one moment are both obeyed", () => {
  for (const limits of [
    [5, 5],
    [5, 4],
    [4, 5],
  ] as const) {
    const log = new Log();
    play(function* () {
      const outer = yield* moveOnAfter(
        limits[0],
        function* () {
          const inner = yield* moveOnAfter(limits[1], () => forEver(), "inner");
          log.say(inner);
          yield* sleep(20);
        },
        "outer",
      );
      log.say(String(outer));
    });
    assert.equal(log.lines.at(-1), "outer", limits.join());
  }
});

test("a limit of nothing lets the block run to its first wait for time", () => {
  const log = new Log();
  const result = play(function* () {
    return yield* moveOnAfter(
      0,
      function* () {
        log.say("runs");
        yield* sleep(0);
        log.say("never");
      },
      "over",
    );
  });
  log.is(["runs"]);
  assert.equal(result, "over");
});

test("a limit that has passed long ago is the same as one of nothing", () => {
  const { end } = outcome({ host: new ManualHost() }, function* () {
    yield* sleep(10);
    return yield* moveOnAt(3, forEver, "over");
  });
  assert.equal(end.value, "over");
});

test("the children of a block are under its limit, and it is not left before they have ended", () => {
  const log = new Log();
  play(function* () {
    yield* moveOnAfter(5, function* () {
      spawn(function* () {
        try {
          yield* sleep(Infinity);
        } catch (error) {
          log.say(`${(error as Cancelled).source} at ${now()}`);
          throw error;
        }
      });
    });
    log.say(`left at ${now()}`);
  });
  log.is(["deadline at 5", "left at 5"]);
});

test("a deadline can be read, moved and cleared until it has passed", () => {
  const log = new Log();
  play(function* () {
    let kept: Deadline | undefined;
    yield* moveOnAfter(10, function* (deadline) {
      kept = deadline;
      log.say(`${deadline.at} ${deadline.remaining} ${deadline.passed}`);
      yield* sleep(4);
      log.say(`${deadline.at} ${deadline.remaining}`);
      assert.equal(deadline.reset(10), true);
      log.say(`${deadline.at} ${deadline.remaining}`);
      assert.equal(deadline.resetAt(20), true);
      log.say(`${deadline.at} ${deadline.remaining}`);
      deadline.clear();
      log.say(`${deadline.at} ${deadline.remaining}`);
      yield* sleep(100);
      assert.equal(deadline.reset(1), true);
      try {
        yield* sleep(100);
      } finally {
        log.say(`${deadline.at} ${deadline.remaining} ${deadline.passed}`);
        assert.equal(deadline.reset(10), false);
      }
    });
    assert.equal(kept?.reset(10), false);
    log.say(`${kept?.remaining}`);
  });
  log.is(["10 10 false", "10 6", "14 10", "20 16", "Infinity Infinity", "105 0 true", "0"]);
});

test("a limit of Infinity never passes, and says so", () => {
  const host = new ManualHost();
  play(
    function* () {
      yield* failAfter(Infinity, function* (deadline) {
        yield* sleep(5);
        assert.deepEqual(
          [deadline.at, deadline.remaining, deadline.passed],
          [Infinity, Infinity, false],
        );
      });
    },
    { host },
  );
  assert.equal(host.time, 5);
});

test("a block that is cancelled for another reason has not passed its deadline", () => {
  const error = new Error("why");
  play(function* () {
    try {
      yield* moveOnAfter(100, function* (deadline) {
        spawn(fails(error, 1));
        try {
          yield* sleep(Infinity);
        } finally {
          assert.deepEqual([deadline.passed, deadline.at], [false, 100]);
        }
      });
    } catch (caught) {
      assert.equal(caught, error);
    }
  });
});

test("a failure in the block comes out, not the time-out that would have come", () => {
  const error = new Error("why");
  for (const limit of [moveOnAfter, failAfter]) {
    const got = thrown(() =>
      play(function* () {
        yield* limit(5, function* () {
          try {
            yield* sleep(Infinity);
          } catch {
            throw error;
          }
        });
      }),
    );
    assert.equal(got, error);
  }
});

test("failAt and moveOnAt share one limit between blocks", () => {
  const log = new Log();
  play(function* () {
    const limit = now() + 10;
    for (let i = 0; i < 3; i++) {
      try {
        yield* failAt(limit, function* block() {
          yield* sleep(6);
          log.say(`${i} in time`);
        });
      } catch (error) {
        log.say(`${(error as Error).message} at ${now()}`);
      }
    }
  });
  log.is([
    "0 in time",
    "block was not done in time: 4 ms have passed; it was waiting for sleep(6 ms) at 10",
    "block was not done in time: 0 ms have passed at 10",
  ]);
});

test("a limit that is not a number of milliseconds is refused at the call", () => {
  play(function* () {
    for (const ms of [-1, Number.NaN, undefined, "5"]) {
      assert.throws(() => moveOnAfter(ms as number, forEver), RangeError);
      assert.throws(() => failAfter(ms as number, forEver), RangeError);
    }
    for (const time of [Number.NaN, undefined, "5"]) {
      assert.throws(() => moveOnAt(time as number, forEver), RangeError);
      assert.throws(() => failAt(time as number, forEver), RangeError);
    }
    yield* moveOnAfter(5, function* (deadline) {
      assert.throws(() => deadline.reset(-1), RangeError);
      assert.throws(() => deadline.resetAt(Number.NaN), RangeError);
      yield* yieldNow();
    });
    assert.throws(() => moveOnAfter(5, 5 as never), TypeError);
    yield* yieldNow();
  });
});

test("without a host there is no time: the error says so, and the fiber goes on in order", () => {
  const log = new Log();
  runSync(function* () {
    for (const block of [
      () => sleep(1),
      () => moveOnAfter(1, forEver),
      () => failAfter(1, forEver),
    ]) {
      try {
        yield* block();
      } catch (error) {
        log.say((error as FiberError).code);
      }
    }
    yield* scope(function* () {
      spawn(function* () {
        yield* yieldNow();
        log.say("child");
      });
    });
    log.say("end");
  });
  log.is(["needs-host", "needs-host", "needs-host", "child", "end"]);
});

test("a deadline that is moved from outside every turn wakes the host in time", () => {
  let deadline: Deadline | undefined;
  const { fiber, host } = begin({}, function* () {
    yield* moveOnAfter(1000, function* (limit) {
      deadline = limit;
      yield* sleep(Infinity);
    });
  });
  host.advance(10);
  assert.equal(deadline?.reset(5), true);
  host.advance(4);
  assert.equal(fiber.alive, true);
  host.advance(1);
  assert.equal(fiber.alive, false);
});

test("a million milliseconds, days and years are waited for as they are", () => {
  const log = new Log();
  play(function* () {
    for (const ms of [1e6, 2 ** 31, 2 ** 31 + 1, 1e12, 2 ** 45]) {
      const before = now();
      yield* sleep(ms);
      log.say(String(now() - before === ms));
    }
  });
  log.is(["true", "true", "true", "true", "true"]);
});

test("the deadline in force is the earliest around the fiber, up to the first shield", () => {
  play(function* () {
    const of = function* (): Routine<number> {
      return currentDeadline();
    };
    assert.equal(currentDeadline(), Infinity);
    yield* sleep(5);
    yield* moveOnAfter(100, function* (outer) {
      assert.equal(currentDeadline(), 105);
      yield* moveOnAfter(200, function* () {
        assert.equal(currentDeadline(), 105);
        assert.equal(yield* spawn(of), 105);
        assert.equal(yield* Fiber.resume(new Fiber(of)), 105);
        yield* failAfter(10, function* (inner) {
          assert.equal(currentDeadline(), 15);
          assert.equal(currentDeadline() - now(), inner.remaining);
          inner.clear();
          assert.equal(currentDeadline(), 105);
        });
        yield* shield(function* () {
          assert.equal(currentDeadline(), Infinity);
          yield* moveOnAfter(1, function* () {
            assert.equal(currentDeadline(), 6);
          });
        });
        outer.reset(50);
        assert.equal(currentDeadline(), 55);
        defer(function* () {
          assert.equal(currentDeadline(), Infinity);
        });
      });
      yield* resource(
        function* () {
          spawn(function* () {
            yield* sleep(1);
            assert.equal(currentDeadline(), Infinity);
          });
        },
        () => sleep(5),
      );
    });
    assert.equal(currentDeadline(), Infinity);
  });
  refused(/currentDeadline\(\) needs a scheduler/, () => currentDeadline(), "outside");
});
