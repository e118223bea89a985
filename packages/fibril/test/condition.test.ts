/** Condition, Event, Latch and Barrier: what they do one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Barrier,
  Cancelled,
  Condition,
  DeadlockError,
  type Deadline,
  dump,
  Event,
  Fiber,
  FiberError,
  fifo,
  Latch,
  locality,
  moveOnAfter,
  Mutex,
  type Policy,
  type Routine,
  runSync,
  scope,
  type Scope,
  seeded,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";
import { Log, play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const policies: readonly [string, Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
];

test("notify tells those that have waited longest; they go on when the mutex is free", () => {
  const log = new Log();
  play(function* () {
    const condition = new Condition({ name: "c" });
    yield* scope(function* () {
      for (const name of ["a", "b", "c", "d"]) {
        spawn(function* () {
          yield* condition.with(function* () {
            yield* condition.wait();
            log.say(name);
            yield* sleep(1);
          });
        });
      }
      yield* sleep(1);
      assert.deepEqual(condition.stats(), { waiting: 4 });
      yield* condition.with(function* () {
        condition.notify();
        condition.notify(2);
        yield* sleep(5);
        log.say("the notifier is done");
      });
      yield* sleep(10);
      assert.deepEqual(condition.stats(), { waiting: 1 });
      yield* condition.with(function* () {
        condition.notifyAll();
        condition.notifyAll();
      });
    });
  });
  log.is(["the notifier is done", "a", "b", "c", "d"]);
});

test("waitUntil does not wait when the predicate holds, and looks again after each notification", () => {
  play(function* () {
    const condition = new Condition();
    let n = 0;
    let asked = 0;
    yield* condition.with(() => condition.waitUntil(() => n === 0));
    const waits = spawn(() =>
      condition.with(function* () {
        yield* condition.waitUntil(() => (asked++, n === 3));
        assert.equal(condition.mutex.holder, Fiber.current);
        return n;
      }),
    );
    for (let i = 0; i < 3; i++) {
      yield* sleep(1);
      yield* condition.with(function* () {
        n++;
        condition.notify();
      });
    }
    assert.equal(yield* waits, 3);
    assert.equal(asked, 4);
    const failure = new Error("predicate");
    try {
      yield* condition.with(() =>
        condition.waitUntil(() => {
          throw failure;
        }),
      );
      assert.fail("it throws");
    } catch (error) {
      assert.equal(error, failure);
    }
    assert.equal(condition.mutex.locked, false);
  });
});

test("who does not hold the mutex is told so", () => {
  play(function* () {
    const condition = new Condition({ mutex: new Mutex({ name: "m" }) });
    for (const call of [() => condition.notify(), () => condition.notifyAll()]) {
      refused(/does not hold mutex "m"/, call, "not-held");
    }
    try {
      yield* condition.wait();
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof FiberError);
      assert.equal(error.code, "not-held");
    }
  });
  assert.throws(() => new Condition({ mutex: {} as never }), TypeError);
});

/** How a fiber in a condition's wait is ended. */
const ends: Record<string, (fiber: AnyFiber, scene: { inner: Scope; deadline: Deadline }) => void> =
  {
    cancel: (fiber) => void fiber.cancel(),
    kill: (fiber) => fiber.kill(),
    raise: (fiber) => fiber.raise(new Error("why")),
    "scope.cancel": (_fiber, { inner }) => inner.cancel(),
    deadline: (_fiber, { deadline }) => void deadline.reset(0),
    "cancel without grace": (fiber) => void fiber.cancel("why", { grace: 0 }),
  };

const MOMENTS = [
  "waiting",
  "notified, at once",
  "in the line for the mutex",
  "in the line, after a cancel",
] as const;

for (const [name, ask] of Object.entries(ends)) {
  test(`${name} × the wait for a condition, at every moment: the mutex is held on the way out, and no notification is lost`, () => {
    for (const moment of MOMENTS) {
      for (const [policyName, policy] of policies) {
        const held: string[] = [];
        let others = 0;
        const forced = name === "cancel without grace";
        try {
          play(
            function* () {
              const condition = new Condition({ name: "c" });
              const { mutex } = condition;
              yield* supervised(function* (all: Scope) {
                const scene = {} as { inner: Scope; deadline: Deadline };
                function* waits(): Routine<void> {
                  yield* mutex.with(function* () {
                    try {
                      yield* condition.wait();
                      held.push("notified");
                    } finally {
                      held.push(mutex.holder === Fiber.current ? "holds" : "does not hold");
                    }
                  });
                }
                const target = all.spawn(function* () {
                  yield* moveOnAfter(1_000_000, function* (deadline) {
                    scene.deadline = deadline;
                    yield* scope(function* (inner) {
                      scene.inner = inner;
                      yield* waits();
                    });
                  });
                }) as AnyFiber;
                spawn(function* () {
                  try {
                    yield* target;
                  } catch {
                    // told here
                  }
                });
                yield* sleep(1);
                const other = all.spawn(function* () {
                  yield* condition.with(function* () {
                    yield* condition.wait();
                    others++;
                  });
                });
                yield* sleep(1);
                yield* mutex.acquire();
                if (moment !== "waiting") condition.notify();
                if (moment.startsWith("in the line")) yield* sleep(2);
                if (moment === "in the line, after a cancel") void target.cancel("first");
                ask(target, scene);
                yield* sleep(5);
                assert.equal(mutex.holder, Fiber.current);
                mutex.release();
                yield* sleep(5);
                const gone = held.includes("notified") ? 0 : 1;
                const passedOn = moment === "waiting" ? 0 : gone;
                assert.equal(others, passedOn, "the notification is passed on");
                yield* condition.with(function* () {
                  condition.notifyAll();
                });
                yield* sleep(5);
                assert.equal(others, 1);
                assert.equal(other.alive, false);
                assert.equal(target.alive, false);
                assert.deepEqual(mutex.stats(), { held: 0, waiting: 0 });
              });
            },
            { policy },
          );
          assert.equal(held.at(-1), forced ? held.at(-1) : "holds");
          assert.ok(held.length >= 1);
        } catch (cause) {
          throw new Error(`${moment}, by ${policyName}, seed ${SEED}`, { cause });
        }
      }
    }
  });
}

test("a condition whose mutex was abandoned meanwhile says so", () => {
  play(function* () {
    const condition = new Condition();
    yield* supervised(function* () {
      const waits = spawn(() => condition.with(() => condition.wait()));
      yield* sleep(1);
      spawn("careless", function* () {
        yield* condition.mutex.acquire();
        condition.notify();
        yield* sleep(5);
      });
      try {
        yield* waits;
        assert.fail("it throws");
      } catch (error) {
        assert.ok(error instanceof FiberError, String(error));
        assert.equal(error.code, "abandoned");
      }
    });
  });
});

test("Event: all that wait go on when it is set, who comes later does not wait, until it is reset", () => {
  const log = new Log();
  play(function* () {
    const event = new Event({ name: "ready" });
    yield* scope(function* () {
      for (const name of ["a", "b"]) {
        spawn(name, function* () {
          yield* event.wait();
          log.say(name);
        });
      }
      yield* sleep(1);
      assert.deepEqual(event.stats(), { set: 0, waiting: 2 });
      assert.match(dump(), /waits for event "ready"/);
      assert.equal(event.set(), true);
      assert.equal(event.set(), false);
      event.reset();
      assert.equal(event.isSet, false);
      assert.deepEqual(event.stats(), { set: 0, waiting: 0 });
    });
    const late = spawn(() => event.wait());
    yield* sleep(1);
    assert.equal(late.alive, true);
    event.set();
    yield* late;
    yield* event.wait();
  });
  log.is(["a", "b"]);
});

test("Latch: it opens when so much has been done, for good", () => {
  play(function* () {
    const latch = new Latch(3, { name: "warm" });
    const waits = spawn(() => latch.wait());
    yield* yieldNow();
    assert.equal(latch.countDown(), false);
    assert.throws(() => latch.countDown(3), /2 was left/);
    yield* yieldNow();
    assert.deepEqual(latch.stats(), { count: 2, waiting: 1 });
    assert.equal(latch.countDown(2), true);
    yield* waits;
    yield* latch.wait();
    assert.equal(latch.isOpen, true);
    assert.throws(() => latch.countDown(), RangeError);
    yield* new Latch(0).wait();
  });
  assert.throws(() => new Latch(-1), RangeError);
});

for (const kind of ["Event", "Latch", "Barrier"] as const) {
  test(`who is ended while it waits at a ${kind} leaves nothing behind`, () => {
    for (const end of ["cancel", "kill", "raise", "deadline"]) {
      play(function* () {
        const gate =
          kind === "Event" ? new Event() : kind === "Latch" ? new Latch(1) : new Barrier(2);
        yield* supervised(function* () {
          const failure = new Error("why");
          const fiber = spawn(function* () {
            yield* moveOnAfter(end === "deadline" ? 2 : 1_000, () => gate.wait() as never);
          }) as AnyFiber;
          yield* sleep(1);
          assert.equal(gate.stats().waiting, 1);
          if (end === "cancel") void fiber.cancel();
          if (end === "kill") fiber.kill();
          if (end === "raise") fiber.raise(failure);
          if (end !== "deadline") assert.equal(gate.stats().waiting, 0);
          try {
            yield* fiber;
          } catch (error) {
            assert.ok(end !== "deadline", String(error));
            assert.equal(end === "raise", error === failure);
          }
          assert.equal(gate.stats().waiting, 0);
        });
      });
    }
  });
}

test("Barrier: so many go on together, each with its place, again and again", () => {
  const log = new Log();
  play(function* () {
    const barrier = new Barrier(2);
    yield* scope(function* () {
      for (const name of ["a", "b", "c", "d"]) {
        spawn(function* () {
          log.say(`${name} is ${yield* barrier.wait()}`);
        });
      }
    });
    assert.deepEqual(barrier.stats(), { parties: 2, waiting: 0, trips: 2 });
    assert.equal(barrier.tryWait(), false);
    const waits = spawn(() => barrier.wait());
    yield* yieldNow();
    yield* yieldNow();
    assert.equal(barrier.tryWait(), true);
    assert.equal(yield* waits, 0);
    assert.equal(yield* new Barrier(1).wait(), 0);
  });
  assert.deepEqual(log.lines.toSorted(), ["a is 0", "b is 1", "c is 0", "d is 1"]);
});

test("a deadlock at a barrier says how many have come", () => {
  const error = thrown(() =>
    runSync(function* () {
      yield* new Barrier(3, { name: "phase" }).wait();
    }),
  );
  assert.ok(error instanceof DeadlockError);
  assert.match(error.message, /barrier "phase", where 1 of 3 have come/);
});

test("Cancelled at a condition is the one of the request", () => {
  play(function* () {
    const condition = new Condition();
    const seen: unknown[] = [];
    const fiber = spawn(function* () {
      yield* condition.with(function* () {
        try {
          yield* condition.wait();
        } catch (error) {
          seen.push(error);
          throw error;
        }
      });
    });
    yield* sleep(1);
    yield* fiber.cancel("reason");
    assert.ok(seen[0] instanceof Cancelled);
    assert.equal(seen[0].reason, "reason");
  });
});
