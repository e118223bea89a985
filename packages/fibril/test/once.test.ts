/** Once and lazy: computed by whoever comes first, handed over where that one is ended. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeadlockError,
  Fiber,
  FiberError,
  fifo,
  lazy,
  locality,
  moveOnAfter,
  Once,
  type Policy,
  type Routine,
  runSync,
  scope,
  seeded,
  sleep,
  spawn,
  supervised,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { thrown } from "./support/expect.ts";
import { play } from "./support/manual-host.ts";
import { SEED } from "./support/seed.ts";

const policies: readonly [string, Policy][] = [
  ["locality", locality],
  ["fifo", fifo],
  ["seeded", seeded(SEED)],
];

test("it is computed once, by the first, and all get the value", () => {
  play(function* () {
    let runs = 0;
    const once = new Once(function* () {
      yield* sleep(5);
      return { run: ++runs };
    });
    assert.equal(once.tryGet(), undefined);
    const values: unknown[] = [];
    yield* scope(function* () {
      for (let i = 0; i < 5; i++) {
        spawn(function* () {
          values.push(yield* once.get());
        });
      }
      yield* sleep(1);
      assert.deepEqual(once.stats(), { computed: 0, computing: 1, waiting: 4 });
    });
    assert.equal(new Set(values).size, 1);
    assert.equal(values.length, 5);
    assert.equal(once.tryGet(), yield* once.get());
    assert.equal(once.isComputed, true);
    assert.deepEqual(once.stats(), { computed: 1, computing: 0, waiting: 0 });
    assert.equal(runs, 1);
    // One that does not wait, whose value is undefined.
    let calls = 0;
    const nothing = lazy(function* (): Routine<void> {
      calls++;
    });
    yield* nothing();
    assert.equal(yield* nothing(), undefined);
    assert.equal(calls, 1);
  });
});

for (const end of ["cancel", "kill", "deadline", "cancel without grace"]) {
  for (const moment of ["computing", "handed over"]) {
    test(`one whose computing is ended by ${end} hands over to the next, ${moment}`, () => {
      for (const [name, policy] of policies) {
        try {
          play(
            function* () {
              const runs: unknown[] = [];
              const once = new Once(function* () {
                runs.push(Fiber.current);
                yield* sleep(10);
                return runs.length;
              });
              yield* supervised(function* () {
                const got: number[] = [];
                const fibers = [0, 1, 2, 3].map((index) =>
                  spawn(function* () {
                    yield* sleep(index);
                    yield* moveOnAfter(end === "deadline" && index === 0 ? 5 : 1_000, function* () {
                      got.push(yield* once.get());
                    });
                  }),
                ) as AnyFiber[];
                yield* sleep(5);
                const [first, second] = fibers as [AnyFiber, AnyFiber];
                const ends = (fiber: AnyFiber): void => {
                  if (end === "kill") fiber.kill();
                  else if (end === "cancel") void fiber.cancel();
                  else if (end !== "deadline") void fiber.cancel("why", { grace: 0 });
                };
                ends(first);
                if (moment === "handed over") {
                  // It may have been told already that it is its turn, and has not had it.
                  yield* yields(1);
                  ends(second);
                }
                yield* sleep(50);
                for (const fiber of fibers) assert.equal(fiber.alive, false);
                assert.ok(got.length >= 2, `${got.length} got it`);
                assert.equal(new Set(got).size, 1, "all the same");
                assert.equal(once.isComputed, true);
                assert.deepEqual(once.stats(), { computed: 1, computing: 0, waiting: 0 });
              });
            },
            { policy },
          );
        } catch (cause) {
          throw new Error(`by ${name}, seed ${SEED}`, { cause });
        }
      }
    });
  }
}

function* yields(ms: number): Routine<void> {
  yield* sleep(ms);
}

test("an error goes to all that wait, is not kept, and who comes later tries again", () => {
  play(function* () {
    let runs = 0;
    const failure = new Error("failure");
    for (const wait of [0, 5]) {
      runs = 0;
      const once = new Once(function* () {
        if (wait > 0) yield* sleep(wait);
        if (++runs === 1) throw failure;
        return runs;
      });
      const errors: unknown[] = [];
      yield* scope(function* () {
        for (let i = 0; i < 3; i++) {
          spawn(function* () {
            try {
              assert.equal(yield* once.get(), 2);
            } catch (error) {
              errors.push(error);
            }
          });
        }
      });
      assert.deepEqual(errors, wait > 0 ? [failure, failure, failure] : [failure]);
      assert.equal(yield* once.get(), 2);
      assert.equal(runs, 2);
    }
  });
});

test("one that asks for its own result is told so", () => {
  play(function* () {
    const once: Once<number> = new Once(
      function* (): Routine<number> {
        return 1 + (yield* once.get());
      },
      { name: "x" },
    );
    try {
      yield* once.get();
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof FiberError);
      assert.equal(error.code, "itself");
      assert.match(error.message, /once "x"/);
    }
  });
});

test("two that need each other's result are a circle", () => {
  const error = thrown(() =>
    runSync(function* () {
      const a: Once<number> = new Once(() => needs(b), { name: "a" });
      const b: Once<number> = new Once(() => needs(a), { name: "b" });
      function* needs(other: Once<number>): Routine<number> {
        yield* sleepless();
        return yield* other.get();
      }
      spawn("fa", () => a.get());
      spawn("fb", () => b.get());
    }),
  );
  assert.ok(error instanceof DeadlockError);
  assert.match(
    error.waits[0] as string,
    /in a cycle: .*waits for once "b", which fiber "fb".* computes/,
  );
});

function* sleepless(): Routine<void> {
  for (let i = 0; i < 5; i++) yield* Fiber.resume(new Fiber(function* () {}));
  yield* scope(function* () {
    spawn(function* () {});
  });
}

test("one that computes in a coroutine that it leaves behind hands over at its end", () => {
  play(function* () {
    let runs = 0;
    const once = new Once(function* (): Routine<number, string> {
      if (++runs === 1) yield* Fiber.yield("left");
      return runs;
    });
    spawn(function* () {
      const coroutine = new Fiber(function* () {
        yield* once.get();
      });
      assert.equal(yield* Fiber.resume(coroutine), "left");
      yield* sleep(5);
    });
    yield* sleep(1);
    assert.equal(yield* once.get(), 2);
  });
});
