/** `each`: async iterables item by item. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";
import {
  each,
  type Fiber,
  moveOnAfter,
  type Routine,
  run,
  scope,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";

async function* numbers(log: string[], count = 3): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) {
      log.push(`makes ${i}`);
      await new Promise((resolve) => setImmediate(resolve));
      yield i;
    }
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    log.push("finally");
  }
}

test("each item has had its turn before the next is asked for", async () => {
  const log: string[] = [];
  await run(() =>
    each(numbers(log), function* (n) {
      log.push(`takes ${n}`);
      yield* sleep(1);
      log.push(`done ${n}`);
    }),
  );
  assert.deepEqual(log, [
    ...[0, 1, 2].flatMap((n) => [`makes ${n}`, `takes ${n}`, `done ${n}`]),
    "finally",
  ]);
});

test("it takes async iterables, streams, plain iterables, and what has an each of its own", async () => {
  const seen: unknown[] = [];
  const body = function* (item: unknown): Routine<void> {
    seen.push(item);
  };
  await run(function* () {
    yield* each([1, 2], body);
    yield* each(Readable.from(["a", "b"]) as AsyncIterable<string>, body);
    yield* each(new Set([3]), body);
    yield* each({ each: (own: typeof body) => each(["own"], own) }, body);
    assert.throws(() => each(5 as never, body), TypeError);
    assert.throws(() => each([], 5 as never), TypeError);
  });
  assert.deepEqual(seen, [1, 2, "a", "b", 3, "own"]);
});

test("errors go both ways: the source's comes out, the body's ends the source first", async () => {
  const log: string[] = [];
  const failure = new Error("the body's");
  await run(function* () {
    try {
      yield* each(numbers(log), function* () {
        throw failure;
      });
    } catch (error) {
      assert.equal(error, failure);
      assert.equal(log.at(-1), "finally", "its end was waited for");
    }
    for (const source of [rejects(), { [Symbol.asyncIterator]: () => ({ next: throws }) }]) {
      let caught: unknown;
      try {
        yield* each(source as AsyncIterable<number>, function* () {});
      } catch (error) {
        caught = error;
      }
      assert.equal((caught as Error).message, "the source's");
    }
  });
  async function* rejects(): AsyncGenerator<number> {
    yield 1;
    throw new Error("the source's");
  }
  function throws(): never {
    throw new Error("the source's");
  }
});

test("an error of the source's end is not told where the body has failed, and is where it was killed", async () => {
  const source = (log: string[]): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: 1 }),
      return: async () => {
        log.push("return");
        throw new Error("the end's");
      },
    }),
  });
  const log: string[] = [];
  const running = run(() =>
    each(source(log), function* () {
      throw new Error("the body's");
    }),
  );
  await assert.rejects(running, /the body's/);
  assert.deepEqual(log, ["return"]);
});

interface Asked {
  readonly name: string;
  readonly by: (child: Fiber) => void;
}
const ENDS: readonly Asked[] = [
  { name: "cancel", by: (child) => void child.cancel() },
  { name: "kill", by: (child) => void child.kill() },
  { name: "raise", by: (child) => void child.raise(new Error("raised")) },
];

for (const { name, by } of ENDS) {
  test(`${name} in the body: the source is told and awaited`, async () => {
    const log: string[] = [];
    await run(() =>
      supervised(function* () {
        const child = spawn(() =>
          each(numbers(log), function* () {
            log.push("body");
            yield* sleep(10_000);
          }),
        );
        while (!log.includes("body")) yield* sleep(1);
        by(child);
        try {
          yield* child;
        } catch {}
        log.push("ended");
      }),
    );
    assert.deepEqual(log.slice(-2), ["finally", "ended"]);
  });

  test(`${name} while an item is awaited that never comes: it is left, and told`, async () => {
    let returned = 0;
    const source: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: () => {
          returned++;
          return new Promise(() => {});
        },
      }),
    };
    await run(() =>
      supervised(function* () {
        const child = spawn(() => each(source, function* () {}));
        yield* sleep(1);
        by(child);
        try {
          yield* child;
        } catch {}
      }),
    );
    assert.equal(returned, 1);
  });
}

test("a time limit and the cancel of a scope around it leave it early", async () => {
  const log: string[] = [];
  await run(function* () {
    let count = 0;
    yield* scope(function* (block) {
      yield* each(numbers(log, 1_000), function* () {
        if (++count === 3) block.cancel();
      });
    });
    assert.equal(count, 3);
    assert.equal(log.at(-1), "finally");
    const result = yield* moveOnAfter(
      1,
      function* () {
        yield* each(numbers(log, Infinity), function* () {
          yield* yieldNow();
        });
        return "never";
      },
      "in time",
    );
    assert.equal(result, "in time");
  });
});
