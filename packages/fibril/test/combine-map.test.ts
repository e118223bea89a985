import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Channel,
  Fiber,
  FiberError,
  forEach,
  map,
  moveOnAfter,
  now,
  type Routine,
  run,
  scope,
  shield,
  sleep,
  spawn,
  until,
  yieldNow,
} from "fibril";
import { frames, KILL, perform, RAISE, RETURN } from "fibril/frames";
import { VirtualHost } from "fibril/testing";
import { ManualHost } from "./support/manual-host.ts";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

function* doubled(n: number): Routine<number, never> {
  yield* sleep(n);
  return 2 * n;
}

/** A generator that says when it is closed. */
function* counting(to: number, log: string[] = []): Generator<number> {
  try {
    for (let n = 1; n <= to; n++) {
      log.push(`takes ${n}`);
      yield n;
    }
  } finally {
    log.push("closed");
  }
}

async function* streaming(to: number, log: string[] = []): AsyncGenerator<number> {
  try {
    for (let n = 1; n <= to; n++) {
      log.push(`takes ${n}`);
      await Promise.resolve();
      yield n;
    }
  } finally {
    log.push("closed");
  }
}

function channelOf(to: number): Channel<number> {
  const channel = new Channel<number>(2);
  spawn(function* () {
    for (let n = 1; n <= to; n++) yield* channel.send(n);
    channel.close();
  });
  return channel;
}

const sources = {
  "a list": (to: number) => [...counting(to)],
  "a generator": (to: number) => counting(to),
  "an async generator": (to: number) => streaming(to),
  "a channel": (to: number) => channelOf(to),
} as const;

for (const [name, source] of Object.entries(sources)) {
  test(`map over ${name}: in the order of the items, or as they are done`, async () => {
    await virtual(function* () {
      const slowFirst = function* (n: number, index: number): Routine<string, never> {
        yield* sleep(100 - n);
        return `${n}@${index}`;
      };
      assert.deepEqual(yield* map(source(3), slowFirst, { concurrency: 3 }), ["1@0", "2@1", "3@2"]);
      assert.deepEqual(yield* map(source(3), slowFirst, { concurrency: 3, ordered: false }), [
        "3@2",
        "2@1",
        "1@0",
      ]);
      assert.deepEqual(yield* map(source(0), doubled, { concurrency: 3 }), []);
      assert.deepEqual(yield* map(source(2), doubled, { concurrency: Infinity }), [2, 4]);
    });
  });

  test(`map over ${name}: never more at once than it may, and as many as it may`, async () => {
    await virtual(function* () {
      let running = 0;
      let most = 0;
      yield* forEach(
        source(20),
        function* () {
          most = Math.max(most, ++running);
          yield* sleep(10);
          running--;
        },
        { concurrency: 4 },
      );
      assert.equal(most, 4);
      assert.equal(running, 0);
      assert.equal(now(), 50);
    });
  });

  test(`map over ${name}: a failure ends what is being done, and is thrown`, async () => {
    const error = new Error("no");
    const log: string[] = [];
    await virtual(function* () {
      try {
        yield* map(
          source(5),
          function* (n) {
            try {
              yield* sleep(n === 2 ? 5 : 1_000);
              throw error;
            } finally {
              yield* shield(() => sleep(n));
              log.push(`${n}`);
            }
          },
          { concurrency: 3 },
        );
        assert.fail("it throws");
      } catch (caught) {
        assert.equal(caught, error);
      }
      // The failure comes with the end of its clean-up at 7; the others then take 1 and 3.
      assert.deepEqual(log, ["2", "1", "3"]);
      assert.equal(now(), 10);
    });
  });
}

test("no more is taken ahead than is worked on, and an early end closes the source", async () => {
  for (const make of [counting, streaming]) {
    const log: string[] = [];
    await virtual(function* () {
      const late = yield* moveOnAfter(
        15,
        () => forEach(make(100, log), () => sleep(10), { concurrency: 2 }),
        "late",
      );
      assert.equal(late, "late");
    });
    assert.deepEqual(log, ["takes 1", "takes 2", "takes 3", "takes 4", "closed"], make.name);
  }
});

test("a source that fails is not closed, and its error is thrown", async () => {
  const error = new Error("source");
  let closed = 0;
  const failing = {
    [Symbol.iterator]: () => ({
      next: (): IteratorResult<number> => {
        throw error;
      },
      return: () => ({ done: true as const, value: closed++ }),
    }),
  };
  const rejecting = {
    [Symbol.asyncIterator]: () => ({
      next: (): Promise<IteratorResult<number>> => Promise.reject(error),
      return: async () => ({ done: true as const, value: closed++ }),
    }),
  };
  await virtual(function* () {
    for (const source of [failing, rejecting]) {
      try {
        yield* map(source, doubled, { concurrency: 2 });
        assert.fail("it throws");
      } catch (caught) {
        assert.equal(caught, error);
      }
    }
  });
  assert.equal(closed, 0);
});

test("cancelled while an async source is silent, it does not wait for that", async () => {
  let returned = 0;
  const silent = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<number>>(() => {}),
      return: () => {
        returned++;
        return new Promise<IteratorResult<number>>(() => {});
      },
    }),
  };
  await virtual(function* () {
    yield* moveOnAfter(5, () => forEach(silent, () => sleep(1), { concurrency: 2 }));
    assert.equal(now(), 5);
  });
  assert.equal(returned, 1);
});

test("a channel that is closed with an error tells that error", async () => {
  const error = new Error("broken pipe");
  await virtual(function* () {
    const channel = new Channel<number>(5);
    channel.trySend(1);
    channel.close(error);
    const seen: number[] = [];
    try {
      yield* forEach(
        channel,
        function* (n) {
          seen.push(n);
        },
        { concurrency: 1 },
      );
      assert.fail("it throws");
    } catch (caught) {
      assert.equal(caught, error);
    }
    assert.deepEqual(seen, [1]);
  });
});

test("no item of a channel is lost when the one that takes it is cancelled", async () => {
  await virtual(function* () {
    const channel = channelOf(100);
    const seen: number[] = [];
    const rounds = 30;
    for (let round = 0; round < rounds; round++) {
      yield* moveOnAfter(2, () =>
        forEach(
          channel,
          function* (n) {
            seen.push(n);
            yield* shield(() => sleep(1));
          },
          { concurrency: 2 },
        ),
      );
    }
    yield* forEach(
      channel,
      function* (n) {
        seen.push(n);
      },
      { concurrency: 2 },
    );
    assert.deepEqual(seen, [...counting(100)]);
  });
});

test("into a channel: in order, with back-pressure, and no look-ahead beyond the concurrency", async () => {
  await virtual(function* () {
    const log: string[] = [];
    const out = new Channel<number>(0);
    yield* scope(function* () {
      spawn(function* () {
        const slowFirst = function* (n: number): Routine<number, never> {
          yield* sleep(n === 1 ? 20 : 1);
          return n;
        };
        yield* map(counting(8, log), slowFirst, { concurrency: 3, into: out });
        out.close();
      });
      yield* sleep(10);
      // The second and third are done, and wait for the first.
      assert.deepEqual(log, ["takes 1", "takes 2", "takes 3"]);
      yield* sleep(100);
      assert.deepEqual(log, ["takes 1", "takes 2", "takes 3"], "nobody has received yet");
      const got: number[] = [];
      yield* out.each((n) => void got.push(n));
      assert.deepEqual(got, [...counting(8)]);
    });
  });
});

const twice = frames<[n: number], number>("twice", (frame, how, value) => {
  if (how === RAISE) throw value;
  if (how === RETURN) return KILL;
  if (frame.pc === 1) return 2 * (frame.a as number);
  frame.pc = 1;
  return perform(sleep(frame.a as number));
});

const atOnce = frames<[n: number], number>("atOnce", (frame) => {
  if (frame.a === 70) throw new RangeError("seventy");
  return 2 * (frame.a as number);
});

test("work may be a state machine, whose results are kept or sent", async () => {
  await virtual(function* () {
    const found = yield* map([3, 1, 2], twice, { concurrency: 2 });
    assert.deepEqual(found, [6, 2, 4]);
    const asDone = yield* map([3, 1, 2], twice, { concurrency: 3, ordered: false });
    assert.deepEqual(asDone, [2, 4, 6]);
    const channel = new Channel<number>(3);
    yield* map([3, 1, 2], twice, { concurrency: 2, into: channel });
    assert.deepEqual(channel.tryDrain(), [6, 2, 4]);
    let done = 0;
    const counted = frames("counted", () => void done++);
    yield* forEach(counting(200), counted, { concurrency: 2 });
    assert.equal(done, 200);
  });
});

test("a state machine that fails or is cancelled closes the source", async () => {
  await virtual(function* () {
    const log: string[] = [];
    try {
      yield* map(counting(99, log), atOnce, { concurrency: 1 });
      assert.fail("it did not fail");
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
    assert.deepEqual(log.slice(-2), ["takes 70", "closed"]);
    log.length = 0;
    yield* moveOnAfter(3, () => map(counting(9, log), twice, { concurrency: 2 }));
    assert.deepEqual(log, ["takes 1", "takes 2", "takes 3", "takes 4", "closed"]);
    assert.equal(now(), 3);
  });
});

test("into a channel, as they are done", async () => {
  await virtual(function* () {
    const out = new Channel<number>(10);
    yield* map([3, 1, 2], doubled, { concurrency: 3, ordered: false, into: out });
    out.close();
    const got: number[] = [];
    yield* out.each((n) => void got.push(n));
    assert.deepEqual(got, [2, 4, 6]);
  });
});

test("a worker that somebody else ends leaves no result, and nothing hangs", async () => {
  for (const how of ["cancel", "kill"] as const) {
    for (const source of [sources["a list"], sources["an async generator"]]) {
      await virtual(function* () {
        try {
          yield* map(
            source(6),
            function* (n) {
              const worker = Fiber.current;
              if (n === 2) {
                spawn(function* () {
                  yield* sleep(1);
                  if (how === "kill") worker.kill();
                  else void worker.cancel();
                });
              }
              yield* sleep(5);
            },
            { concurrency: 2 },
          );
          assert.fail("it throws");
        } catch (error) {
          assert.ok(error instanceof FiberError, String(error));
          assert.equal(error.code, how === "kill" ? "killed" : "cancelled");
        }
      });
    }
  }
});

test("a hundred thousand items are done by as few fibers as may work at once", async () => {
  await virtual(function* () {
    let fibers = new Set<unknown>();
    const results = yield* map(
      counting(100_000),
      function* (n) {
        if (n % 1_000 === 0) yield* sleep(1);
        fibers.add(Fiber.current);
        return n;
      },
      { concurrency: 100 },
    );
    assert.equal(results.length, 100_000);
    assert.ok(fibers.size <= 100);
    fibers = new Set();
  });
});

test("it does not keep the host from its turn, however quick the work is", async () => {
  const host = new ManualHost();
  const log: string[] = [];
  const running = run({ host }, function* () {
    spawn(function* () {
      yield* sleep(8);
      log.push("the timer");
    });
    yield* yieldNow();
    yield* forEach(
      counting(4_000),
      function* () {
        host.time += 0.01;
      },
      { concurrency: 10 },
    );
    log.push("the items");
  });
  while (host.step());
  await running;
  assert.deepEqual(log, ["the timer", "the items"]);
});

test("what it is given is checked at once", async () => {
  await virtual(function* () {
    const none = {} as never;
    assert.throws(() => map([1], doubled, none), /how many at once/);
    assert.throws(() => map([1], doubled, { concurrency: 0 }), RangeError);
    assert.throws(() => map([1], doubled, { concurrency: 1.5 }), RangeError);
    assert.throws(() => map([1], doubled, { concurrency: 1, order: true } as never), /no option/);
    assert.throws(() => map([1], 5 as never, { concurrency: 1 }), /generator function/);
    assert.throws(
      () => forEach([1], doubled, { concurrency: 1, ordered: true } as never),
      TypeError,
    );
    yield* until(Promise.resolve());
    try {
      yield* map(5 as never, doubled, { concurrency: 1 });
      assert.fail("it throws");
    } catch (error) {
      assert.match(String(error), /an iterable, an async iterable, a channel or a reader/);
    }
  });
});
