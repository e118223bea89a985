import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  all,
  batches,
  Channel,
  FiberError,
  type Loader,
  loader,
  memoize,
  now,
  type Routine,
  run,
  scope,
  seeded,
  settled,
  sleep,
  spawn,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { SEED } from "./support/seed.ts";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

function logged(calls: number[][]): (keys: readonly number[]) => Routine<string[], never> {
  return function* (keys) {
    calls.push([...keys]);
    yield* sleep(10);
    return keys.map((key) => `#${key}`);
  };
}

test("loader: what fibers ask for in one round is loaded together, each key once", async () => {
  await virtual(function* () {
    const calls: number[][] = [];
    const items = loader(logged(calls));
    const got = yield* all([3, 1, 3, 2].map((key) => () => items.load(key)));
    assert.deepEqual(got, ["#3", "#1", "#3", "#2"]);
    assert.deepEqual(calls, [[3, 1, 2]]);
    assert.equal(yield* items.load(1), "#1");
    assert.deepEqual(yield* items.loadMany([2, 4, 5]), ["#2", "#4", "#5"]);
    assert.deepEqual(calls, [
      [3, 1, 2],
      [4, 5],
    ]);
  });
});

test("loader: those that ask while it loads are in the next batch, but not for the same keys", async () => {
  await virtual(function* () {
    const calls: number[][] = [];
    const items = loader(logged(calls));
    const first = spawn(() => items.load(1));
    yield* sleep(5);
    assert.deepEqual(yield* all([() => items.load(1), () => items.load(2)]), ["#1", "#2"]);
    yield* first;
    assert.deepEqual(calls, [[1], [2]]);
  });
});

test("loader: an Error in the list is thrown for its key alone, and not kept", async () => {
  await virtual(function* () {
    let calls = 0;
    const items = loader(function* (keys: readonly number[]) {
      calls++;
      return keys.map((key) => (key === 2 ? new Error(`no ${key}`) : key));
    });
    const outcomes = yield* settled([1, 2, 3].map((key) => () => items.load(key)));
    assert.deepEqual(
      outcomes.map(({ ending }) => ending),
      ["returned", "failed", "returned"],
    );
    yield* settled([() => items.load(1), () => items.load(2)]);
    assert.equal(calls, 2);
  });
});

test("loader: when the batch fails all are told, and the next ask tries again", async () => {
  await virtual(function* () {
    let calls = 0;
    const error = new Error("down");
    const items = loader(function* (keys: readonly number[]) {
      yield* sleep(1);
      if (++calls === 1) throw error;
      return keys;
    });
    const outcomes = yield* settled([1, 2].map((key) => () => items.load(key)));
    assert.deepEqual(
      outcomes.map(({ value }) => value),
      [error, error],
    );
    assert.equal(yield* items.load(1), 1);
    const wrong = loader(function* (_keys: readonly number[]) {
      return [1, 2, 3];
    });
    try {
      yield* wrong.load(1);
      assert.fail("it throws");
    } catch (caught) {
      assert.match(String(caught), /a value for each of its 1 keys, not one of 3/);
    }
  });
});

test("loader: when the fiber that loads is ended, another one that waits loads", async () => {
  for (const how of ["cancel", "kill"] as const) {
    for (const after of [0, 5]) {
      await virtual(function* () {
        const calls: number[][] = [];
        const items = loader(logged(calls));
        const first = spawn(() => items.load(1));
        const second = spawn(() => items.load(2));
        if (after === 0) yield* yieldNow();
        else yield* sleep(after);
        if (how === "kill") first.kill();
        else void first.cancel();
        assert.equal(yield* second, "#2");
        assert.deepEqual(calls.at(-1), [1, 2]);
        assert.equal(yield* items.load(1), "#1", "the one that was wanted no more has come too");
      });
    }
  }
});

test("loader: when all who wait are ended, the next ask begins anew", async () => {
  await virtual(function* () {
    const calls: number[][] = [];
    const items = loader(logged(calls));
    const fibers = [1, 2].map((key) => spawn(() => items.load(key)));
    yield* sleep(5);
    for (const fiber of fibers) yield* fiber.cancel();
    assert.equal(yield* items.load(1), "#1");
    assert.deepEqual(calls.at(-1), [1]);
  });
});

test("loader: limits, keys, and what is put into the cache or taken out", async () => {
  await virtual(function* () {
    const calls: string[][] = [];
    const options = { size: 2, key: (name: string) => name.toLowerCase() };
    const names = loader(function* (keys: readonly string[]) {
      calls.push([...keys]);
      return keys.map((key) => key.length);
    }, options);
    yield* all(["a", "A", "b", "c"].map((key) => () => names.load(key)));
    assert.deepEqual(calls, [["a", "b"], ["c"]]);
    names.prime("D", 4);
    assert.equal(yield* names.load("d"), 4);
    assert.equal(names.delete("A"), true);
    yield* names.load("a");
    assert.equal(calls.length, 3);
    names.clear();
    yield* names.load("a");
    assert.equal(calls.length, 4);

    const uncached: number[][] = [];
    const items = loader(logged(uncached), { cache: false });
    yield* items.load(1);
    yield* items.load(1);
    assert.deepEqual(uncached, [[1], [1]]);
  });
});

test(`loader, model: everybody gets its value, whoever is ended, seed ${SEED}`, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          key: fc.nat(5),
          at: fc.nat(20),
          ended: fc.option(fc.record({ at: fc.nat(30), kill: fc.boolean() })),
        }),
        { maxLength: 12 },
      ),
      fc.integer({ min: 1, max: 4 }),
      fc.boolean(),
      fc.nat(),
      async (customers, size, cache, seed) => {
        await run({ host: new VirtualHost(), policy: seeded(seed) }, function* () {
          const calls: number[][] = [];
          const items: Loader<number, string> = loader(logged(calls), { size, cache });
          yield* scope(function* () {
            for (const { at, ended, key } of customers) {
              const fiber = spawn(function* () {
                yield* sleep(at);
                assert.equal(yield* items.load(key), `#${key}`);
              });
              if (ended === null) continue;
              spawn(function* () {
                yield* sleep(ended.at);
                if (!fiber.alive) return;
                if (ended.kill) fiber.kill();
                else void fiber.cancel();
              });
            }
          });
          for (const call of calls) {
            assert.ok(call.length <= size);
            assert.equal(new Set(call).size, call.length);
          }
        });
      },
    ),
    { seed: SEED, numRuns: 300 },
  );
});

test("memoize: a result is kept, and fibers that ask at once share one computation", async () => {
  await virtual(function* () {
    let calls = 0;
    const square = memoize(function* (n: number) {
      calls++;
      yield* sleep(5);
      return n * n;
    });
    assert.deepEqual(yield* all([2, 2, 3].map((n) => () => square(n))), [4, 4, 9]);
    assert.equal(yield* square(2), 4);
    assert.equal(now(), 5);
    assert.equal(calls, 2);
    assert.deepEqual(square.stats(), { size: 2, hits: 2, misses: 2 });
    assert.equal(square.delete(2), true);
    assert.equal(square.delete(2), false);
    yield* square(2);
    square.clear();
    yield* square(2);
    assert.equal(calls, 4);
  });
});

test("memoize: limits of time and of number", async () => {
  await virtual(function* () {
    const calls: string[] = [];
    const options = { ttl: 100, size: 2, key: (a: string, b: string) => a + b };
    const join = memoize(function* (a: string, b: string) {
      calls.push(a + b);
      return a + b;
    }, options);
    yield* join("a", "b");
    yield* sleep(99);
    yield* join("a", "b");
    assert.deepEqual(calls, ["ab"]);
    yield* sleep(1);
    yield* join("a", "b");
    assert.deepEqual(calls, ["ab", "ab"]);
    yield* join("c", "d");
    yield* join("a", "b"); // used: so the other one is the least recent
    yield* join("e", "f");
    yield* join("a", "b");
    assert.deepEqual(calls, ["ab", "ab", "cd", "ef"]);
    yield* join("c", "d");
    assert.equal(calls.at(-1), "cd");
    assert.equal(join.stats().size, 2);
  });
});

test("memoize: a failure is told to all that wait, and not kept", async () => {
  await virtual(function* () {
    const error = new Error("no");
    let calls = 0;
    const work = memoize(function* (_key: number) {
      yield* sleep(1);
      if (++calls === 1) throw error;
      return calls;
    });
    const outcomes = yield* settled([() => work(1), () => work(1)]);
    assert.deepEqual(
      outcomes.map(({ value }) => value),
      [error, error],
    );
    assert.equal(yield* work(1), 2);
  });
});

test("memoize: when the fiber that computes is ended, the next one computes", async () => {
  for (const how of ["cancel", "kill"] as const) {
    await virtual(function* () {
      let calls = 0;
      const work = memoize(function* (key: number) {
        calls++;
        yield* sleep(10);
        return key;
      });
      const fibers = [1, 2, 3].map(() => spawn(() => work(7)));
      yield* sleep(5);
      if (how === "kill") fibers[0]?.kill();
      else void fibers[0]?.cancel();
      while (fibers[0]?.alive === true) yield* yieldNow();
      // WaitEnd between being told to compute and its next turn.
      fibers[1]?.kill();
      assert.equal(yield* fibers[2]!, 7);
      assert.equal(calls, 2);
      assert.equal(yield* work(7), 7);
      assert.equal(calls, 2);
    });
  }
});

test("memoize: a computation that needs its own result is told so", async () => {
  await virtual(function* () {
    const loop: (n: number) => Routine<number, never> = memoize(function* (
      n: number,
    ): Routine<number, never> {
      return yield* loop(n);
    }) as never;
    try {
      yield* loop(1);
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof FiberError);
      assert.equal(error.code, "itself");
    }
    assert.throws(
      () =>
        memoize(function* (_a: number, _b: number) {
          return 1;
        }),
      /what results are kept by/,
    );
  });
});

test("batches: by number, and what is left at the end", async () => {
  const sources = {
    list: () => [1, 2, 3, 4, 5],
    async *stream() {
      yield* [1, 2, 3, 4, 5];
    },
    channel() {
      const channel = new Channel<number>(5);
      for (const n of [1, 2, 3, 4, 5]) channel.trySend(n);
      channel.close();
      return channel;
    },
  };
  await virtual(function* () {
    for (const source of Object.values(sources)) {
      const got: number[][] = [];
      yield* batches(source(), { size: 2, ms: 50 }, function* (batch) {
        got.push(batch);
        yield* sleep(1);
      });
      assert.deepEqual(got, [[1, 2], [3, 4], [5]]);
    }
  });
});

test("batches: by time, counted from the first item; nothing is lost at the limit", async () => {
  await virtual(function* () {
    const channel = new Channel<number>(0);
    spawn(function* () {
      for (let n = 0; n < 40; n++) {
        yield* sleep(n % 7);
        yield* channel.send(n);
      }
      channel.close();
    });
    const got: number[][] = [];
    yield* batches(channel, { size: 5, ms: 10 }, function* (batch) {
      assert.ok(batch.length > 0 && batch.length <= 5);
      got.push(batch);
    });
    assert.deepEqual(
      got.flat(),
      Array.from({ length: 40 }, (_, n) => n),
    );
    assert.ok(got.some((batch) => batch.length < 5));
  });
});

test("batches: an async source keeps the item that came too late for a batch", async () => {
  const host = new VirtualHost({ grace: 5 });
  const got: number[][] = [];
  await run({ host }, function* () {
    async function* slow(): AsyncGenerator<number> {
      for (let n = 0; n < 4; n++) {
        await new Promise((resolve) => setTimeout(resolve, 15));
        yield n;
      }
    }
    yield* batches(slow(), { size: 3, ms: 1 }, function* (batch) {
      got.push(batch);
    });
  });
  assert.deepEqual(got.flat(), [0, 1, 2, 3]);
});

test("batches: a failure of the body closes the source", async () => {
  let closed = false;
  function* source(): Generator<number> {
    try {
      yield* [1, 2, 3];
    } finally {
      closed = true;
    }
  }
  await assert.rejects(
    virtual(
      () =>
        batches(source(), { size: 2 }, function* () {
          throw new Error("body");
        }) as never,
    ),
    /body/,
  );
  assert.ok(closed);
});
