/** Mutex, and what holds of every lock: what they do one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeadlockError,
  defer,
  dump,
  Fiber,
  FiberError,
  Mutex,
  type Routine,
  run,
  runSync,
  RwLock,
  scope,
  Semaphore,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";
import { Log, play } from "./support/manual-host.ts";

test("with results in what its routine returns, and throws what that throws, and is free again", () => {
  play(function* () {
    const mutex = new Mutex();
    function* adds(a: number, b: number): Routine<number> {
      assert.equal(mutex.locked, true);
      assert.equal(mutex.holder, Fiber.current);
      yield* sleep(1);
      return a + b;
    }
    assert.equal(yield* mutex.with(adds, 20, 22), 42);
    assert.equal(mutex.locked, false);
    const failure = new Error("failure");
    for (const early of [true, false]) {
      try {
        yield* mutex.with(function* () {
          if (!early) yield* sleep(1);
          throw failure;
        });
        assert.fail("it throws");
      } catch (error) {
        assert.equal(error, failure);
      }
      assert.equal(mutex.locked, false);
      assert.equal(mutex.holder, undefined);
    }
  });
});

test("a routine of with that is no generator function, or cannot start, leaves it free", () => {
  play(function* () {
    const mutex = new Mutex();
    yield* mutex.with(() => sleep(1));
    refused(/never run/, () => {
      void mutex.acquire();
      void mutex.acquire();
    });
    for (const [routine, type] of [
      [() => 42, TypeError],
      [
        () => {
          throw new RangeError("at once");
        },
        RangeError,
      ],
    ] as const) {
      try {
        yield* mutex.with(routine as never);
        assert.fail("it throws");
      } catch (error) {
        assert.ok(error instanceof type, String(error));
      }
      assert.equal(mutex.locked, false);
    }
    assert.throws(() => mutex.with(undefined as never), TypeError);
  });
});

test("those who wait get it in the order of their coming, one after the other", () => {
  const log = new Log();
  play(function* () {
    const mutex = new Mutex();
    yield* mutex.acquire();
    yield* scope(function* () {
      for (const name of ["a", "b", "c"]) {
        spawn(function* () {
          yield* mutex.with(function* () {
            log.say(`${name} in`);
            yield* sleep(1);
            log.say(`${name} out`);
          });
        });
      }
      yield* sleep(1);
      assert.deepEqual(mutex.stats(), { held: 1, waiting: 3 });
      mutex.release();
      // It is handed over: who comes now does not pass those in the line.
      assert.equal(mutex.tryAcquire(), false);
    });
  });
  log.is(["a in", "a out", "b in", "b out", "c in", "c out"]);
});

test("a fiber that waits for what it holds is told so, and so is one that releases what it does not", () => {
  play(function* () {
    const mutex = new Mutex({ name: "db" });
    const lock = new RwLock({ name: "table" });
    yield* mutex.with(function* () {
      for (const again of [() => mutex.acquire(), () => mutex.with(function* () {})]) {
        try {
          yield* again();
          assert.fail("it throws");
        } catch (error) {
          assert.ok(error instanceof FiberError);
          assert.equal(error.code, "already-held");
          assert.match(error.message, /holds mutex "db" already/);
        }
      }
      refused(/already/, () => mutex.tryAcquire(), "already-held");
      yield* spawn("other", function* () {
        refused(/"other".*held by fiber/, () => mutex.release(), "not-held");
      });
      assert.equal(mutex.locked, true);
    });
    refused(/free/, () => mutex.release(), "not-held");
    for (const side of [lock.read, lock.write]) {
      yield* side.acquire();
      for (const other of [lock.read, lock.write]) {
        refused(/readers-writer lock "table"/, () => other.tryAcquire(), "already-held");
      }
      const wrong = side === lock.read ? lock.write : lock.read;
      refused(/does not hold/, () => wrong.release(), "not-held");
      side.release();
    }
    const semaphore = new Semaphore(2, { name: "s" });
    refused(/0 permits are held/, () => semaphore.release(), "not-held");
  });
});

test("a routine that releases by itself what with holds is told so", () => {
  play(function* () {
    const mutex = new Mutex({ name: "db" });
    for (const wrong of [
      () =>
        mutex.with(function* () {
          mutex.release();
        }),
    ]) {
      try {
        yield* wrong();
        assert.fail("it throws");
      } catch (error) {
        assert.ok(error instanceof FiberError);
        assert.equal(error.code, "not-held");
      }
    }
    assert.equal(mutex.locked, false);
  });
});

test("plain code and coroutines that no scheduler runs cannot hold a mutex", () => {
  const mutex = new Mutex();
  refused(/tryAcquire/, () => mutex.tryAcquire(), "outside");
  refused(/plain code/, () => mutex.release(), "not-held");
  refused(/mutex.acquire/, () => mutex.acquire(), "outside");
  const coroutine = new Fiber(function* () {
    yield* mutex.with(function* () {});
  });
  refused(/mutex.with/, () => coroutine.resume(), "outside");
});

for (const when of ["while others wait", "before others come"]) {
  test(`a fiber that ends with a lock in its hands: others are told, ${when}`, () => {
    play(function* () {
      const mutex = new Mutex({ name: "db" });
      const lock = new RwLock({ name: "table" });
      for (const [take, wait] of [
        [() => mutex.acquire(), () => mutex.with(function* () {})],
        [() => lock.write.acquire(), () => lock.read.acquire()],
        [() => new RwLock().read.acquire(), undefined],
        [() => lock.read.acquire(), undefined],
      ] as const) {
        if (wait === undefined) continue;
        const holder = spawn("careless", function* () {
          yield* take();
          if (when === "while others wait") yield* sleep(10);
        });
        yield* sleep(5);
        for (let i = 0; i < 2; i++) {
          try {
            yield* wait();
            assert.fail("it throws");
          } catch (error) {
            assert.ok(error instanceof FiberError, String(error));
            assert.equal(error.code, "abandoned");
            assert.match(error.message, /fiber "careless" .*has ended while it held/);
          }
        }
        yield* holder;
      }
    });
  });
}

test("a reader that ends with the lock in its hands: a writer is told", () => {
  play(function* () {
    for (const ms of [0, 10]) {
      const lock = new RwLock({ name: "table" });
      spawn("careless", function* () {
        yield* lock.read.acquire();
        yield* sleep(ms);
      });
      yield* sleep(5);
      for (let i = 0; i < 2; i++) {
        try {
          yield* lock.write.acquire();
          assert.fail("it throws");
        } catch (error) {
          assert.ok(error instanceof FiberError, String(error));
          assert.equal(error.code, "abandoned");
        }
      }
    }
  });
});

test("a deadlock tells who holds what, and the circle", () => {
  const error = thrown(() =>
    runSync(function* main() {
      const [a, b] = [new Mutex({ name: "a" }), new Mutex({ name: "b" })];
      const both = (first: Mutex, second: Mutex) =>
        function* () {
          yield* first.with(function* () {
            yield* yieldNow();
            yield* second.with(function* () {});
          });
        };
      spawn("ab", both(a, b));
      spawn("ba", both(b, a));
    }),
  );
  assert.ok(error instanceof DeadlockError);
  const [circle] = error.waits;
  assert.match(
    circle as string,
    /in a cycle: fiber "ab".* waits for mutex "b", held by fiber "ba".*, fiber "ba".* waits for mutex "a", held by fiber "ab"/,
  );
});

test("dumps say what is waited for, and who has it", () => {
  play(function* () {
    const mutex = new Mutex({ name: "db" });
    const semaphore = new Semaphore(3, { name: "slots" });
    const lock = new RwLock();
    yield* semaphore.acquire(2);
    yield* scope(function* (all) {
      yield* mutex.acquire();
      yield* lock.read.acquire();
      spawn("a", () => mutex.acquire());
      spawn("b", () => semaphore.acquire(2));
      spawn("c", () => lock.write.acquire());
      yield* sleep(1);
      const text = dump();
      assert.match(text, /fiber "a" waits for mutex "db", held by fiber/);
      assert.match(text, /fiber "b" waits for a permit of semaphore "slots", 2 of 3 held/);
      assert.match(text, /fiber "c" waits for a readers-writer lock, read and held by fiber/);
      all.cancel();
      mutex.release();
      lock.read.release();
    });
    semaphore.release(2);
  });
});

test("a with on a free lock is refused to a fiber that was asked to end", () => {
  let ran = false;
  play(function* () {
    const mutex = new Mutex();
    const fiber: AnyFiber = spawn(function* () {
      void Fiber.current.cancel();
      yield* mutex.with(function* () {
        ran = true;
      });
    }) as never;
    yield* sleep(1);
    assert.equal(fiber.outcome?.ending, "cancelled");
    assert.equal(mutex.locked, false);
  });
  assert.equal(ran, false);
});

test("a loop over a free lock does not keep others from their turns", () => {
  play(function* () {
    const mutex = new Mutex();
    let turns = 0;
    const other = spawn(function* () {
      for (let i = 0; i < 100; i++) {
        yield* yieldNow();
        turns++;
      }
    });
    for (let i = 0; other.alive; i++) {
      assert.ok(i < 4_000); // at most 33 in a turn
      yield* mutex.with(function* () {});
    }
    assert.equal(turns, 100);
  });
});

test("with calls itself with other locks as deep as memory", () => {
  const DEPTH = 5_000;
  play(function* () {
    function* down(depth: number): Routine<number> {
      if (depth === 0) return 0;
      return 1 + (yield* new Mutex().with(down, depth - 1));
    }
    assert.equal(yield* new Mutex().with(down, DEPTH), DEPTH);
  });
});

test("an error from a with shows the routines, and no line of the library", async () => {
  const error = (await run(function* main() {
    const mutex = new Mutex();
    try {
      return yield* mutex.with(function* inner() {
        yield* yieldNow();
        throw new Error("inside");
      });
    } catch (failure) {
      return failure;
    }
  })) as Error;
  assert.match(error.stack as string, /inner/);
  assert.doesNotMatch(error.stack as string, /lock\/claim/);
});

test("a with in what a killed fiber has deferred waits its turn; in its finally it is cut, as every wait", () => {
  const log = new Log();
  play(function* () {
    const mutex = new Mutex();
    yield* supervised(function* () {
      yield* mutex.acquire();
      const fiber = spawn(function* () {
        defer(() =>
          mutex.with(function* () {
            log.say("in");
            yield* sleep(1);
            log.say("out");
          }),
        );
        try {
          yield* sleep(Infinity);
        } finally {
          log.say("finally");
          yield* mutex.with(function* () {
            log.say("not reached");
          });
        }
      });
      yield* sleep(1);
      fiber.kill();
      yield* sleep(1);
      mutex.release();
      yield* sleep(5);
      assert.equal(fiber.outcome?.ending, "killed");
    });
    assert.deepEqual(mutex.stats(), { held: 0, waiting: 0 });
  });
  log.is(["finally", "in", "out"]);
});

test("options that are none are refused", () => {
  assert.throws(() => new Mutex({ nane: "x" } as never), /has no option "nane"/);
  assert.throws(() => new Mutex({ name: 1 } as never), TypeError);
  assert.throws(() => new Semaphore(-1), RangeError);
  assert.throws(() => new Semaphore(1.5), RangeError);
  assert.throws(() => new Semaphore(1).tryAcquire(0), RangeError);
  assert.throws(() => new Semaphore(1).resize(Number.NaN), RangeError);
});
