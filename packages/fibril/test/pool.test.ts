/** Pool: what it does, one by one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeadlockError,
  dump,
  FiberError,
  openPool,
  type Pool,
  type Routine,
  runSync,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
} from "fibril";
import { refused, thrown } from "./support/expect.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

interface Thing {
  readonly id: number;
}

/** Makes things, and says what becomes of them. */
function making(
  log: Log,
  ms = 1,
): { create: () => Routine<Thing>; destroy: (thing: Thing) => Routine<void> } {
  let made = 0;
  return {
    *create() {
      yield* sleep(ms);
      const id = ++made;
      log.say(`made ${id}`);
      return { id };
    },
    *destroy({ id }) {
      yield* sleep(1);
      log.say(`destroyed ${id}`);
    },
  };
}

test("resources are made when they are needed, up to the limit, and lent in the order of asking", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      const pool = yield* openPool({ name: "things", limit: 2, ...making(log) });
      assert.deepEqual(pool.stats(), {
        limit: 2,
        size: 0,
        idle: 0,
        lent: 0,
        creating: 0,
        checking: 0,
        destroying: 0,
        waiting: 0,
      });
      assert.equal(pool.tryAcquire(), undefined);
      yield* scope(function* () {
        for (const name of ["a", "b", "c", "d"]) {
          spawn(function* () {
            const got = yield* pool.with(function* ({ id }, by: string) {
              log.say(`${by} has ${id}`);
              yield* sleep(5);
              return id;
            }, name);
            assert.ok(got === 1 || got === 2);
          });
        }
      });
      assert.equal(pool.stats().idle, 2);
      const thing = pool.tryAcquire() as Thing;
      assert.equal(pool.stats().lent, 1);
      pool.release(thing);
      refused(/has not lent/, () => pool.release(thing), "not-held");
    });
  });
  log.is([
    "made 1",
    "made 2",
    "a has 1",
    "b has 2",
    "c has 1",
    "d has 2",
    /destroyed/,
    /destroyed/,
  ]);
});

test("the minimum is there when the pool is open, and what is idle for too long is destroyed down to it", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      const pool = yield* openPool({ limit: 3, minimum: 1, idleTime: 100, ...making(log) });
      assert.equal(pool.stats().idle, 1);
      yield* scope(function* () {
        for (let i = 0; i < 3; i++) spawn(() => pool.with(() => sleep(10)));
      });
      assert.equal(pool.stats().idle, 3);
      yield* sleep(90);
      assert.equal(pool.stats().idle, 3);
      yield* pool.with(() => sleep(5));
      yield* sleep(10);
      assert.equal(pool.stats().idle, 1, "two were idle for too long");
      yield* sleep(500);
      assert.equal(pool.stats().idle, 1);
      const thing = yield* pool.acquire();
      pool.discard(thing);
      yield* sleep(10);
      assert.deepEqual([pool.stats().idle, pool.stats().size], [1, 1], "the minimum is made again");
    });
  });
  assert.equal(log.lines.filter((line) => line.startsWith("made")).length, 4);
  assert.equal(log.lines.filter((line) => line.startsWith("destroyed")).length, 4);
});

test("one that is unfit, or whose check fails, is replaced", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      const pool: Pool<Thing> = yield* openPool<Thing>({
        limit: 1,
        ...making(log),
        *check({ id }) {
          yield* sleep(1);
          if (id === 2) throw new Error("broken");
          return id !== 1;
        },
      });
      for (const id of [1, 2, 3, 3]) {
        assert.equal(
          yield* pool.with(function* (thing) {
            return thing.id;
          }),
          id,
        );
      }
    });
  });
  log.is(["made 1", "destroyed 1", "made 2", "destroyed 2", "made 3", "destroyed 3"]);
});

test("what create throws goes to the one that has waited longest; then it is tried for the next", () => {
  const failures = [new Error("first"), new Error("second"), new Error("nobody waits")];
  let attempt = 0;
  const { end } = outcome({ reports: [failures[2]] }, function* () {
    const seen: unknown[] = [];
    yield* scope(function* () {
      const pool = yield* openPool<Thing>({
        limit: 1,
        *create() {
          yield* sleep(1);
          const failure = failures[attempt++];
          if (failure !== undefined) throw failure;
          return { id: attempt };
        },
      });
      yield* scope(function* () {
        for (let i = 0; i < 2; i++) {
          spawn(function* () {
            try {
              yield* pool.acquire();
            } catch (error) {
              seen.push(error);
            }
          });
        }
      });
      assert.deepEqual(seen, failures.slice(0, 2));
      // The one that asks has gone when it fails: the host is told.
      const asks = spawn(() => pool.acquire());
      yield* sleep(0);
      void asks.cancel();
      yield* sleep(5);
      const thing = yield* pool.acquire();
      assert.equal(thing.id, 4);
      pool.release(thing);
    });
  });
  assert.equal(end.ending, "returned", String(end.value));
});

test("a minimum that cannot be made: openPool throws, and what was made is destroyed", () => {
  const log = new Log();
  const failure = new Error("failure");
  play(function* () {
    const { create, destroy } = making(log, 0);
    let attempts = 0;
    try {
      yield* openPool<Thing>({
        limit: 3,
        minimum: 3,
        destroy,
        *create() {
          if (++attempts === 3) {
            yield* sleep(5);
            throw failure;
          }
          return yield* create();
        },
      });
      assert.fail("it throws");
    } catch (error) {
      assert.equal(error, failure);
    }
  });
  assert.deepEqual(log.lines.toSorted(), ["destroyed 1", "destroyed 2", "made 1", "made 2"]);
});

test("what one who was cancelled has caused to be made is there for the next", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      const pool = yield* openPool({ limit: 2, ...making(log, 10) });
      const asks = spawn(() => pool.acquire());
      yield* sleep(5);
      yield* asks.cancel();
      assert.deepEqual([pool.stats().creating, pool.stats().waiting], [1, 0]);
      yield* sleep(10);
      assert.equal(pool.stats().idle, 1);
      const thing = pool.tryAcquire();
      assert.equal(thing?.id, 1);
    });
  });
  log.is(["made 1", "destroyed 1"]);
});

test("at the end of its scope all are destroyed, also what was not given back, and what destroy throws comes out", () => {
  const log = new Log();
  const failure = new Error("destroy");
  play(function* () {
    let kept: Pool<Thing> | undefined;
    try {
      yield* scope(function* () {
        const { create, destroy } = making(log);
        const pool = yield* openPool<Thing>({
          name: "things",
          limit: 3,
          create,
          *destroy(thing) {
            yield* destroy(thing);
            if (thing.id === 1) throw failure;
          },
        });
        kept = pool;
        yield* pool.acquire();
        yield* pool.acquire();
        pool.release(yield* pool.acquire());
      });
      assert.fail("it throws");
    } catch (error) {
      assert.equal(error, failure);
    }
    refused(/pool "things" has closed/, () => kept?.tryAcquire(), "pool-closed");
    try {
      yield* (kept as Pool<Thing>).acquire();
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof FiberError);
      assert.equal(error.code, "pool-closed");
    }
  });
  assert.equal(log.lines.filter((line) => line.startsWith("destroyed")).length, 3);
});

test("a scope that is cancelled destroys what is idle, lent and being made", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (own) {
      const pool = yield* openPool({ limit: 3, minimum: 1, ...making(log, 5) });
      spawn(() => pool.with(() => sleep(Infinity)));
      spawn(() => pool.with(() => sleep(Infinity)));
      yield* sleep(6);
      spawn(() => pool.with(() => shield(() => sleep(5))));
      yield* sleep(1);
      own.cancel();
    });
  });
  const made = log.lines.filter((line) => line.startsWith("made")).length;
  assert.equal(log.lines.filter((line) => line.startsWith("destroyed")).length, made);
});

test("discard in the routine of with: it does not go back", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* () {
      const pool = yield* openPool({ limit: 1, ...making(log) });
      yield* pool.with(function* (thing) {
        pool.discard(thing);
        refused(/has not lent/, () => pool.discard(thing), "not-held");
        yield* sleep(5);
      });
      assert.equal(pool.stats().size, 0);
      try {
        yield* pool.with(function* (thing) {
          pool.release(thing);
        });
        assert.fail("it throws");
      } catch (error) {
        assert.ok(error instanceof FiberError);
        assert.equal(error.code, "not-held");
      }
      assert.deepEqual([pool.stats().idle, pool.stats().lent], [1, 0]);
    });
  });
});

test("one that has all of them and asks for one more is told so; dumps and deadlocks say who has them", () => {
  play(function* () {
    yield* supervised(function* () {
      const pool = yield* openPool({ name: "db", limit: 1, ...making(new Log()) });
      yield* pool.with(function* () {
        try {
          yield* pool.acquire();
          assert.fail("it throws");
        } catch (error) {
          assert.ok(error instanceof FiberError);
          assert.equal(error.code, "already-held");
          assert.match(error.message, /every resource of pool "db"/);
        }
        const waits = spawn("waits", () => pool.acquire());
        yield* sleep(1);
        assert.match(
          dump(),
          /fiber "waits" waits for a resource of pool "db", 1 of 1 in use, held by fiber/,
        );
        yield* waits.cancel();
      });
    });
  });
  const error = thrown(() =>
    runSync(function* () {
      const pool = yield* openPool({
        name: "db",
        limit: 1,
        *create() {
          return {};
        },
      });
      yield* spawn("keeps", () => pool.acquire());
      yield* pool.acquire();
    }),
  );
  assert.ok(error instanceof DeadlockError, String(error));
  assert.match(error.message, /1 of 1 in use, held by fiber "keeps".*, which has ended/);
});

test("options that are none are refused", () => {
  play(function* () {
    const create = function* (): Routine<Thing> {
      return { id: 1 };
    };
    assert.throws(() => openPool({ create, limit: 0 }), RangeError);
    assert.throws(() => openPool({ create, limit: 1, minimum: 2 }), RangeError);
    assert.throws(() => openPool({ create, limit: 1, idleTime: -1 }), RangeError);
    assert.throws(() => openPool({ create } as never), TypeError);
    assert.throws(() => openPool({ create, limit: 1, max: 3 } as never), TypeError);
  });
});
