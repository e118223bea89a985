/** `park`, the wait that nothing is registered for, and `unpark`, which ends it and says whether it did. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  fifo,
  locality,
  moveOnAfter,
  park,
  type Routine,
  run,
  runSync,
  scope,
  type Scope,
  seeded,
  sleep,
  spawn,
  suspend,
  unpark,
  until,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { refused } from "./support/expect.ts";
import { begin, checkIdle, Log, ManualHost, play } from "./support/manual-host.ts";
import { parks } from "./support/parks.ts";

for (const [policyName, policy] of [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(1)],
] as const) {
  test(`unpark delivers its value, whatever it is, and answers true (${policyName})`, () => {
    const values: unknown[] = ["value", undefined, null, 0, false, [1, 2], new Error("a value")];
    play(
      function* () {
        const got: unknown[] = [];
        const fiber = spawn(function* () {
          for (const _ of values) got.push(yield* park<unknown>());
        });
        for (const value of values) {
          while (fiber.waitingOn === undefined) yield* yieldNow();
          assert.equal(unpark(fiber, value), true);
          yield* yieldNow();
        }
        yield* fiber;
        assert.deepEqual(got, values);
      },
      { policy },
    );
  });

  test(`fibers that park and unpark each other lose nothing (${policyName})`, () => {
    const LAPS = 100;
    const laps = play(
      function* () {
        const ring: AnyFiber[] = [];
        let count = 0;
        yield* scope(function* () {
          for (let i = 0; i < 10; i++) {
            ring.push(
              spawn(function* () {
                for (let lap = 0; lap < LAPS; lap++) {
                  assert.equal(yield* park<number>(), lap * 10 + i);
                  count++;
                  const next = ring[(i + 1) % 10] as Fiber;
                  // The last one has no fiber left to wake.
                  assert.equal(unpark(next, count), count < LAPS * 10);
                }
              }),
            );
          }
          yield* sleep(1);
          assert.equal(unpark(ring[0] as Fiber, 0), true);
        });
        return count;
      },
      { policy },
    );
    assert.equal(laps, LAPS * 10);
  });
}

test("without a value park results in undefined", () => {
  play(function* () {
    const fiber = spawn(() => park() as never);
    yield* sleep(1);
    assert.equal(unpark(fiber), true);
    assert.equal(yield* fiber, undefined);
  });
});

test("the woken one has its turn later, not within the call", () => {
  const log = new Log();
  play(function* () {
    const fiber = parks(log, "fiber");
    yield* sleep(1);
    unpark(fiber, "value");
    log.say("goes on");
    yield* fiber;
  });
  log.is(["goes on", "fiber gets value", "fiber ends"]);
});

test("a second unpark before the turn answers false, and the first value stays", () => {
  const log = new Log();
  play(function* () {
    for (const first of ["first", undefined]) {
      const fiber = parks(log, "fiber");
      yield* sleep(1);
      assert.deepEqual([unpark(fiber, first), unpark(fiber, "second")], [true, false]);
      yield* fiber;
    }
  });
  log.is(["fiber gets first", "fiber ends", "fiber gets undefined", "fiber ends"]);
});

test("there are no permits: an unpark before the park is not kept, the next park is another wait", () => {
  const log = new Log();
  play(function* () {
    const fiber = spawn(function* () {
      yield* sleep(1);
      log.say(yield* park<string>());
      log.say(yield* park<string>());
    });
    yield* yieldNow();
    assert.equal(unpark(fiber, "too early"), false);
    yield* sleep(5);
    assert.equal(unpark(fiber, "one"), true);
    yield* sleep(1);
    assert.equal(unpark(fiber, "two"), true);
    yield* fiber;
  });
  log.is(["one", "two"]);
});

/** What a fiber does that is not parked, and what it ends with although it is unparked. */
const NOT_PARKED: [name: string, routine: () => Routine<unknown>][] = [
  [
    "yieldNow",
    function* () {
      for (let i = 0; i < 5; i++) yield* yieldNow();
      return "own";
    },
  ],
  [
    "sleep",
    function* () {
      yield* sleep(5);
      return "own";
    },
  ],
  [
    "suspend",
    function* () {
      const fiber = Fiber.current;
      return yield* suspend<string>((wake) => {
        spawn(function* () {
          yield* sleep(5);
          assert.equal(unpark(fiber), false);
          wake("own");
        });
      });
    },
  ],
  [
    "join",
    function* () {
      return yield* spawn(function* () {
        yield* sleep(5);
        return "own";
      });
    },
  ],
  [
    "a scope's end",
    function* () {
      yield* scope(function* () {
        spawn(() => sleep(5));
      });
      return "own";
    },
  ],
  [
    "its own children's end",
    function* () {
      spawn(() => sleep(5));
      return "own";
    },
  ],
  [
    "a sleep in a coroutine",
    function* () {
      return yield* Fiber.resume(
        new Fiber(function* () {
          yield* sleep(5);
          return "own";
        }),
      );
    },
  ],
];

for (const [name, routine] of NOT_PARKED) {
  test(`unpark answers false and does nothing to one that waits otherwise: ${name}`, () => {
    play(function* () {
      const fiber = spawn(routine);
      yield* yieldNow();
      assert.ok(fiber.alive);
      for (let i = 0; i < 2; i++) assert.equal(unpark(fiber, "not its own"), false);
      assert.equal(yield* fiber, "own");
    });
  });
}

test("unpark answers false before the start, in the fiber's own turn, and after the end", () => {
  const log = new Log();
  play(function* () {
    const fiber = spawn(function* (given: string) {
      assert.equal(unpark(Fiber.current, "itself"), false);
      const coroutine = new Fiber(function* (task: Fiber) {
        return unpark(task, "by its coroutine");
      });
      assert.equal(yield* Fiber.resume(coroutine, Fiber.current), false);
      log.say(given);
      return "result";
    }, "argument");
    assert.equal(unpark(fiber, "not started"), false);
    assert.equal(yield* fiber, "result");
    assert.equal(unpark(fiber, "ended"), false);
    assert.equal(yield* fiber, "result");

    const ends: AnyFiber[] = [parks(log, "cancelled"), parks(log, "killed")];
    yield* sleep(1);
    yield* (ends[0] as Fiber).cancel();
    (ends[1] as Fiber).kill();
    yield* sleep(1);
    for (const ended of ends) {
      assert.equal(ended.alive, false);
      assert.equal(unpark(ended, "ended"), false);
    }
  });
  log.is(["argument", "cancelled catches Cancelled", "cancelled ends", "killed ends"]);
});

test("a fiber that no scheduler runs cannot be unparked: that is an error", () => {
  const coroutine = new Fiber(function* coroutine() {
    yield* Fiber.yield();
  });
  refused(/unpark/, () => unpark(coroutine), "unscheduled");
  coroutine.resume();
  refused(/unpark/, () => unpark(coroutine), "unscheduled");
  refused(/unpark/, () => unpark(Fiber.root), "unscheduled");
  coroutine.resume();
  refused(/unpark/, () => unpark(coroutine), "unscheduled");
});

for (const enter of ["resume", "transfer"] as const) {
  test(`a park in a coroutine entered by ${enter} is its task's: unparking the task goes on there`, () => {
    const log = new Log();
    play(function* () {
      const coroutine = new Fiber(function* coroutine() {
        for (let i = 0; i < 2; i++) log.say(`coroutine gets ${String(yield* park<unknown>())}`);
        return "result";
      });
      const task = spawn("task", function* () {
        const op: Routine<unknown> = (Fiber[enter] as any)(coroutine);
        log.say(`task gets ${String(yield* op)}`);
        log.say(`task gets ${String(yield* park<unknown>())}`);
      });
      for (const value of ["a", undefined, "c"]) {
        yield* sleep(1);
        if (coroutine.alive) refused(/unpark/, () => unpark(coroutine, "x"), "unscheduled");
        assert.deepEqual([unpark(task, value), unpark(task, "again")], [true, false]);
      }
      yield* task;
    });
    log.is(["coroutine gets a", "coroutine gets undefined", "task gets result", "task gets c"]);
  });
}

test("unpark from plain code, between the turns", async () => {
  const { host, fiber, scheduler, promise } = begin({}, function* () {
    return yield* park<string>();
  });
  assert.equal(unpark(fiber, "not started"), false);
  host.advance(1);
  assert.equal(unpark(fiber, "value"), true);
  assert.equal(unpark(fiber, "again"), false);
  host.finish();
  assert.equal(await promise, "value");
  checkIdle(scheduler);
});

test("unpark from a timer, a promise and an undo of the host's", async () => {
  const log = new Log();
  await run(function* () {
    const fibers = ["by a timer", "by a promise", "by an undo"].map((name) => parks(log, name));
    yield* sleep(1);
    setTimeout(() => unpark(fibers[0] as Fiber, "tick"), 1);
    void Promise.resolve().then(() => unpark(fibers[1] as Fiber, "kept"));
    yield* moveOnAfter(1, () => suspend(() => () => void unpark(fibers[2] as Fiber, "undone")));
  });
  assert.deepEqual(log.lines.filter((line) => line.includes("gets")).toSorted(), [
    "by a promise gets kept",
    "by a timer gets tick",
    "by an undo gets undone",
  ]);
});

test("unpark from another run's fiber, on a scheduler of its own, on another host, or in runSync", async () => {
  const host = new ManualHost();
  const mine = run(function* () {
    return [yield* park<number>(), yield* park<number>(), yield* park<number>()];
  });
  const foreign = begin({ host }, function* () {
    return yield* park<number>();
  });
  host.advance(1);
  const parked = function* (): Routine<void> {
    while (mine.fiber.waitingOn === undefined) yield* sleep(1);
  };
  await run(function* () {
    yield* parked();
    assert.equal(unpark(mine.fiber, 1), true);
    assert.equal(unpark(mine.fiber, 1), false);
    assert.equal(unpark(foreign.fiber, 4), true);
  });
  await run({ policy: fifo }, function* () {
    yield* parked();
    assert.equal(unpark(mine.fiber, 2), true);
    yield* parked();
    runSync(function* () {
      yield* yieldNow();
      assert.equal(unpark(mine.fiber, 3), true);
    });
  });
  host.finish();
  assert.deepEqual(await mine, [1, 2, 3]);
  assert.equal(await foreign.promise, 4);
  checkIdle(foreign.scheduler);
});

test("a parent is unparked by its child, and the other way round", () => {
  const log = new Log();
  play(function* parent() {
    const self = Fiber.current;
    yield* scope(function* (all: Scope) {
      const child = all.spawn(function* () {
        assert.equal(unpark(self, "from the child"), true);
        log.say(yield* park<string>());
      });
      log.say(yield* park<string>());
      yield* yieldNow();
      assert.equal(unpark(child, "from the parent"), true);
    });
  });
  log.is(["from the child", "from the parent"]);
});

test("park waits for nothing outside, an until beside it does: only then is it no deadlock", async () => {
  const value = await run(function* () {
    const self = Fiber.current;
    spawn(function* () {
      yield* until(new Promise((resolve) => setTimeout(resolve, 1)));
      unpark(self, "value");
    });
    return yield* park<string>();
  });
  assert.equal(value, "value");
});

test("park outside of every scheduler is refused at the call", () => {
  refused(/^park\(\) needs a scheduler/, () => park(), "outside");
  refused(/^park\(\) needs a scheduler/, () =>
    new Fiber(function* () {
      yield* park();
    }).resume(),
  );
});
