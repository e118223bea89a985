import assert from "node:assert/strict";
import { test } from "node:test";
import {
  all,
  any,
  Cancelled,
  Fiber,
  FiberError,
  inCompletionOrder,
  moveOnAfter,
  now,
  park,
  race,
  type Routine,
  run,
  scope,
  settled,
  shield,
  sleep,
  spawn,
  supervised,
} from "fibril";
import { VirtualHost } from "fibril/testing";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

function later<T>(ms: number, value: T): () => Routine<T, never> {
  return function* () {
    yield* sleep(ms);
    return value;
  };
}

function failing(ms: number, error: Error): () => Routine<never, never> {
  return function* () {
    yield* sleep(ms);
    throw error;
  };
}

/** Logs its end, and takes time for it. */
function tidy(log: string[], name: string, ms = 5): () => Routine<string, never> {
  return function* () {
    try {
      yield* sleep(1_000);
      return name;
    } finally {
      yield* shield(() => sleep(ms));
      log.push(`${name} ended at ${now()}`);
    }
  };
}

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => assert.fail("it throws"),
    (error: unknown) => error,
  );

test("all: the results stand in the order of the works, whenever they come", async () => {
  await virtual(function* () {
    assert.deepEqual(yield* all([later(3, "a"), later(1, 2), later(2, true)]), ["a", 2, true]);
    assert.equal(now(), 3, "at once");
    assert.deepEqual(yield* all([]), []);
    assert.deepEqual(yield* all({ x: later(1, 1), y: later(2, "y") }), { x: 1, y: "y" });
  });
});

test("all: takes generators and fibers beside routines, and fibers are only waited for", async () => {
  await virtual(function* () {
    const fiber = spawn(later(5, "fiber"));
    const long = spawn(later(50, "long"));
    assert.deepEqual(yield* all([later(1, 1)(), fiber, later(2, 2)]), [1, "fiber", 2]);
    const error = new Error("no");
    try {
      yield* all([long, failing(1, error)]);
      assert.fail("it throws");
    } catch (caught) {
      assert.equal(caught, error);
    }
    assert.ok(long.alive, "it belongs to whoever spawned it");
    assert.equal(yield* long, "long");
  });
});

test("all: the first failure ends the others, which are waited for, and is thrown once", async () => {
  const log: string[] = [];
  const error = new Error("no");
  const thrown = await thrownBy(
    virtual(function* () {
      try {
        yield* all([tidy(log, "a"), failing(10, error), tidy(log, "b", 7)]);
      } finally {
        log.push(`over at ${now()}`);
      }
    }),
  );
  assert.equal(thrown, error);
  assert.deepEqual(log, ["a ended at 15", "b ended at 17", "over at 17"]);
});

test("all: several errors come as one AggregateError", async () => {
  const [first, second] = [new Error("1"), new Error("2")];
  const thrown = await thrownBy(
    virtual(() => all([failing(1, first), failing(1, second)]) as never),
  );
  assert.ok(thrown instanceof AggregateError);
  assert.deepEqual(thrown.errors, [first, second]);
});

test("all: a given fiber that fails ends the others at once", async () => {
  const error = new Error("no");
  await virtual(function* () {
    yield* supervised(function* () {
      const fiber = spawn(failing(3, error));
      try {
        yield* all([later(1_000, 1), fiber]);
        assert.fail("it throws");
      } catch (caught) {
        assert.equal(caught, error);
      }
      assert.equal(now(), 3);
    });
  });
});

test("all: one that somebody else cancels leaves no result", async () => {
  await virtual(function* () {
    let victim: Fiber | undefined;
    spawn(function* () {
      yield* sleep(1);
      void victim?.cancel();
    });
    try {
      yield* all([
        function* () {
          victim = Fiber.current;
          yield* park();
        },
        later(2, 2),
      ]);
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof FiberError);
      assert.equal(error.code, "cancelled");
    }
  });
});

test("race: the first result counts; the others are ended and waited for", async () => {
  const log: string[] = [];
  await virtual(function* () {
    assert.equal(yield* race([tidy(log, "a"), later(10, "winner"), tidy(log, "b")]), "winner");
    assert.equal(now(), 15);
  });
  assert.deepEqual(log, ["a ended at 15", "b ended at 15"]);
});

test("race: an error may be the first", async () => {
  const error = new Error("no");
  const log: string[] = [];
  const thrown = await thrownBy(virtual(() => race([tidy(log, "a"), failing(1, error)]) as never));
  assert.equal(thrown, error);
  assert.equal(log.length, 1);
});

test("race: what a loser gives or throws in the same round is dropped", async () => {
  await virtual(function* () {
    assert.equal(yield* race([later(1, "a"), later(1, "b"), failing(1, new Error("c"))]), "a");
  });
});

test("race: an error of a loser's clean-up is not lost", async () => {
  const error = new Error("clean-up");
  const thrown = await thrownBy(
    virtual(
      () =>
        race([
          later(1, "winner"),
          function* () {
            try {
              yield* sleep(100);
            } finally {
              // oxlint-disable-next-line no-unsafe-finally -- that is the case
              throw error;
            }
          },
        ]) as never,
    ),
  );
  assert.equal(thrown, error);
});

test("race: a given fiber that loses goes on", async () => {
  await virtual(function* () {
    const fiber = spawn(later(50, "fiber"));
    assert.equal(yield* race([fiber, later(1, "quick")]), "quick");
    assert.equal(yield* fiber, "fiber");
  });
});

test("any: failures count for nothing while another may succeed", async () => {
  const log: string[] = [];
  await virtual(function* () {
    const works = [failing(1, new Error("1")), later(3, "yes"), tidy(log, "slow")];
    assert.equal(yield* any(works), "yes");
    assert.equal(now(), 8);
  });
});

test("any: when all fail it tells all errors, in the order of the works", async () => {
  const errors = [new Error("1"), new Error("2"), new Error("3")] as const;
  const works = errors.map((error, index) => failing(5 - index, error));
  const thrown = await thrownBy(virtual(() => any(works) as never));
  assert.ok(thrown instanceof AggregateError);
  assert.deepEqual(thrown.errors, errors);
});

test("settled: tells how each ended, and nothing is reported", async () => {
  const reported: unknown[] = [];
  const host = new VirtualHost({ report: (error) => reported.push(error) });
  const error = new Error("no");
  await run({ host }, function* () {
    const stopped = spawn(() => sleep(1_000));
    const outcomes = yield* settled([
      later(2, "a"),
      failing(1, error),
      function* () {
        yield* stopped.cancel("why");
        return 1;
      },
      stopped,
    ]);
    assert.deepEqual(
      outcomes.map(({ ending }) => ending),
      ["returned", "failed", "returned", "cancelled"],
    );
    assert.equal(outcomes[0].value, "a");
    assert.equal(outcomes[1].value, error);
  });
  assert.deepEqual(reported, []);
});

test("inCompletionOrder: each result goes to the body as it comes, one at a time", async () => {
  await virtual(function* () {
    const log: string[] = [];
    const fiber = spawn(later(4, "fiber"));
    yield* inCompletionOrder(
      [later(3, "c"), later(1, "a"), fiber, later(2, "b")],
      function* (value, index) {
        log.push(`${value} ${index} at ${now()}`);
        yield* sleep(5);
      },
    );
    assert.deepEqual(log, ["a 1 at 1", "b 3 at 6", "c 0 at 11", "fiber 2 at 16"]);
  });
});

test("inCompletionOrder: a failure of the body ends the others", async () => {
  const error = new Error("body");
  const log: string[] = [];
  const thrown = await thrownBy(
    virtual(
      () =>
        inCompletionOrder([later(1, "a"), tidy(log, "b")], function* () {
          throw error;
        }) as never,
    ),
  );
  assert.equal(thrown, error);
  assert.deepEqual(log, ["b ended at 6"]);
});

const combinators: Record<string, (log: string[]) => Routine<unknown, never>> = {
  *all(log) {
    return yield* all([tidy(log, "a"), tidy(log, "b")]);
  },
  *race(log) {
    return yield* race([tidy(log, "a"), tidy(log, "b")]);
  },
  *any(log) {
    return yield* any([tidy(log, "a"), tidy(log, "b")]);
  },
  *settled(log) {
    return yield* settled([tidy(log, "a"), tidy(log, "b")]);
  },
  *inCompletionOrder(log) {
    return yield* inCompletionOrder([tidy(log, "a"), tidy(log, "b")], function* () {});
  },
};

for (const [name, combine] of Object.entries(combinators)) {
  test(`${name}: when it is cancelled, all are ended and waited for, and it throws Cancelled`, async () => {
    const log: string[] = [];
    await virtual(function* () {
      const fiber = spawn(() => combine(log));
      yield* sleep(10);
      yield* fiber.cancel("why");
      assert.equal(now(), 15);
      assert.equal(fiber.outcome?.ending, "cancelled");
      assert.ok(fiber.outcome?.value instanceof Cancelled);
    });
    assert.deepEqual(log, ["a ended at 15", "b ended at 15"]);
  });

  test(`${name}: a time limit ends it with the fallback, a kill without a word`, async () => {
    const log: string[] = [];
    await virtual(function* () {
      assert.equal(yield* moveOnAfter(10, () => combine(log), "late"), "late");
      assert.equal(now(), 15);
      const fiber = spawn(() => combine(log));
      yield* sleep(10);
      fiber.kill();
      yield* sleep(100);
      assert.equal(fiber.outcome?.ending, "killed");
    });
    assert.equal(log.length, 4);
  });

  test(`${name}: asked to end before it begins, it starts nothing`, async () => {
    const log: string[] = [];
    await virtual(function* () {
      yield* scope(function* (block) {
        block.cancel();
        yield* combine(log);
        assert.fail("it throws");
      });
    });
    assert.deepEqual(log, []);
  });
}

test("they nest", async () => {
  await virtual(function* () {
    const result = yield* all([
      () => race([later(5, "slow"), () => any([failing(1, new Error("no")), later(2, "quick")])]),
      () => settled([later(1, 1)]),
    ]);
    assert.deepEqual(result, ["quick", [{ ending: "returned", value: 1 }]]);
  });
});

test("what is no work is refused at once", async () => {
  await virtual(function* () {
    assert.throws(() => all([1] as never), /takes routines, generators and fibers/);
    assert.throws(() => all(1 as never), TypeError);
    // Objects without routines, of which nothing would be done.
    assert.throws(() => all(new Set([later]) as never), /not an iterable: \[\.\.\.iterable\]$/);
    assert.throws(() => all([later].values() as never), /not an iterable/);
    assert.throws(() => all(Promise.resolve([later]) as never), /not a promise/);
    // oxlint-disable-next-line unicorn/no-thenable -- a routine may have any name
    const works = Object.fromEntries([["then", later(1, "a name as any other")]]);
    assert.deepEqual(Object.values(yield* all(works)), ["a name as any other"]);
    assert.throws(() => race([]), /at least one/);
    assert.throws(() => any([]), /at least one/);
    assert.throws(() => settled("ab" as never), /a list of routines/);
    assert.throws(() => inCompletionOrder([], undefined as never), TypeError);
  });
});
