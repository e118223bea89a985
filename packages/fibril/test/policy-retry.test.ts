import assert from "node:assert/strict";
import { test } from "node:test";
import {
  all,
  Cancelled,
  Channel,
  exponential,
  fibonacci,
  fixed,
  hedge,
  now,
  retry,
  type Routine,
  routine,
  run,
  type Schedule,
  shield,
  sleep,
  spawn,
  timeout,
  TimeoutError,
} from "fibril";
import { VirtualHost } from "fibril/testing";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

/** The delays that a schedule gives when every attempt fails at once. */
function delays(schedule: Schedule, most = 8): number[] {
  const next = schedule.begin();
  const given: number[] = [];
  let elapsed = 0;
  for (let attempt = 1; attempt <= most; attempt++) {
    const delay = next({ error: new Error(`${attempt}`), attempt, elapsed });
    if (delay === undefined) break;
    given.push(delay);
    elapsed += delay;
  }
  return given;
}

test("the schedules and what limits them", () => {
  assert.deepEqual(delays(fixed(5), 3), [5, 5, 5]);
  assert.deepEqual(delays(exponential(10), 5), [10, 20, 40, 80, 160]);
  assert.deepEqual(delays(exponential(10, { factor: 3, max: 50 }), 4), [10, 30, 50, 50]);
  assert.deepEqual(delays(fibonacci(10), 6), [10, 10, 20, 30, 50, 80]);
  assert.deepEqual(delays(fibonacci(10, { max: 25 }), 4), [10, 10, 20, 25]);
  assert.deepEqual(delays(fixed(5).attempts(3)), [5, 5]);
  assert.deepEqual(delays(fixed(5).attempts(1)), []);
  assert.deepEqual(delays(exponential(10).within(70)), [10, 20, 40]);
  const text = (error: unknown): string => (error as Error).message;
  assert.deepEqual(delays(fixed(5).while((error) => text(error) !== "3")), [5, 5]);
  assert.deepEqual(delays(fixed(5).until((error) => text(error) === "3")), [5, 5]);
  assert.deepEqual(
    delays(fixed(5).adjusted((delay, { attempt }) => (attempt < 3 ? delay * attempt : undefined))),
    [5, 10],
  );
  assert.equal(delays(exponential(0), 2000).at(-1), 0, "never NaN");
  assert.equal(delays(exponential(1, { max: 9 }), 2000).at(-1), 9);
});

test("jitter stays within what its kind says", () => {
  const ends = [() => 0, () => 1 - Number.EPSILON];
  const [low, high] = ends.map((random) => delays(exponential(8).jittered("full", random), 3));
  assert.deepEqual(low, [0, 0, 0]);
  assert.deepEqual(high?.map(Math.round), [8, 16, 32]);
  const [half] = ends.map((random) => delays(exponential(8).jittered("equal", random), 3));
  assert.deepEqual(half, [4, 8, 16]);
  const [least, most] = ends.map((random) =>
    delays(exponential(8, { max: 100 }).jittered("decorrelated", random), 4),
  );
  assert.deepEqual(least, [8, 8, 8, 8]);
  assert.deepEqual(most?.map(Math.round), [24, 72, 100, 100]);
});

test("a schedule is a value: each use begins anew", () => {
  const schedule = fibonacci(1).jittered("decorrelated", () => 0.5);
  assert.deepEqual(delays(schedule), delays(schedule));
});

test("retry: tries again after the delays, and gives the result", async () => {
  await virtual(function* () {
    const at: number[] = [];
    const result = yield* retry(function* (attempt) {
      at.push(now());
      yield* sleep(1);
      if (attempt < 4) throw new Error("no");
      return attempt;
    }, exponential(10));
    assert.equal(result, 4);
    assert.deepEqual(at, [0, 11, 32, 73]);
  });
});

test("retry: the last error, or the history of all", async () => {
  await virtual(function* () {
    const errors = [new Error("1"), new Error("2"), new Error("3")];
    const work = function* (attempt: number): Routine<never, never> {
      throw errors[attempt - 1] as Error;
    };
    try {
      yield* retry(work, fixed(1).attempts(3));
      assert.fail("it throws");
    } catch (error) {
      assert.equal(error, errors[2]);
    }
    try {
      yield* retry(work, fixed(1).attempts(3), { history: true });
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof AggregateError);
      assert.deepEqual(error.errors, errors);
      assert.equal(error.cause, errors[2]);
      assert.match(error.message, /3 attempts failed, the last with: .*3/);
    }
  });
});

test("retry: the time that it may take counts from the first attempt", async () => {
  await virtual(function* () {
    let attempts = 0;
    const work = function* (): Routine<never, never> {
      attempts++;
      yield* sleep(40);
      throw new Error("slow");
    };
    try {
      yield* retry(work, fixed(10).within(99));
      assert.fail("it throws");
    } catch (error) {
      assert.equal((error as Error).message, "slow");
    }
    assert.equal(attempts, 2);
    assert.equal(now(), 90);
  });
});

test("retry: a request to end is never answered by another attempt", async () => {
  await virtual(function* () {
    let attempts = 0;
    const fiber = spawn(() =>
      retry(function* () {
        attempts++;
        yield* sleep(10);
      }, fixed(1)),
    );
    const waits = spawn(() =>
      retry(function* () {
        attempts++;
        throw new Error("no");
      }, fixed(1_000)),
    );
    yield* sleep(5);
    yield* fiber.cancel();
    yield* waits.cancel();
    assert.equal(attempts, 2);
    assert.ok(fiber.outcome?.value instanceof Cancelled);
    assert.ok(waits.outcome?.value instanceof Cancelled);
  });
});

test("retry: what clean-up throws when it is cancelled is told, and not tried again", async () => {
  await virtual(function* () {
    let attempts = 0;
    const failure = new Error("clean-up");
    const fiber = spawn(() =>
      retry(function* () {
        attempts++;
        try {
          yield* sleep(100);
        } catch {
          throw failure;
        }
      }, fixed(0)),
    );
    yield* sleep(5);
    try {
      yield* fiber.cancel();
      assert.fail("it throws");
    } catch (error) {
      assert.equal(error, failure);
    }
    assert.equal(attempts, 1);
  }).catch((error: unknown) => assert.equal((error as Error).message, "clean-up"));
});

test("hedge: begins another attempt when one is slow, and ends the losers", async () => {
  await virtual(function* () {
    const log: string[] = [];
    const result = yield* hedge(
      function* (attempt) {
        log.push(`${attempt} begins at ${now()}`);
        try {
          yield* sleep(attempt === 3 ? 4 : 100);
          return attempt;
        } finally {
          yield* shield(() => sleep(1));
          log.push(`${attempt} ends at ${now()}`);
        }
      },
      { after: 10, attempts: 5 },
    );
    assert.equal(result, 3);
    // The winner's result comes after its own clean-up.
    assert.deepEqual(log, [
      "1 begins at 0",
      "2 begins at 10",
      "3 begins at 20",
      "3 ends at 25",
      "1 ends at 26",
      "2 ends at 26",
    ]);
  });
});

test("hedge: a quick one stays alone; a failure begins no other, but waits for one that runs", async () => {
  await virtual(function* () {
    let begun = 0;
    const quick = function* (): Routine<string, never> {
      begun++;
      yield* sleep(1);
      return "quick";
    };
    assert.equal(yield* hedge(quick, { after: 10 }), "quick");
    assert.deepEqual([begun, now()], [1, 1]);

    const error = new Error("no");
    try {
      yield* hedge(
        function* () {
          begun++;
          throw error;
        },
        { after: 10 },
      );
      assert.fail("it throws");
    } catch (caught) {
      assert.equal(caught, error);
    }
    assert.deepEqual([begun, now()], [2, 1]);

    const second = yield* hedge(
      function* (attempt) {
        yield* sleep(15);
        if (attempt === 1) throw error;
        return attempt;
      },
      { after: 10 },
    );
    assert.equal(second, 2);
  });
});

test("hedge: when all fail the last failure is thrown as it is", async () => {
  await virtual(function* () {
    try {
      yield* hedge(
        function* (attempt) {
          yield* sleep(30 - 5 * attempt);
          throw new Error(`${attempt}`);
        },
        { after: 10 },
      );
      assert.fail("it throws");
    } catch (error) {
      assert.equal((error as Error).message, "2");
    }
  });
});

test("hedge: cancelled, it ends all attempts", async () => {
  await virtual(function* () {
    let ended = 0;
    const fiber = spawn(() =>
      hedge(
        function* () {
          try {
            yield* sleep(1_000);
          } finally {
            ended++;
          }
        },
        { after: 10 },
      ),
    );
    yield* sleep(20);
    yield* fiber.cancel();
    assert.equal(ended, 2);
    assert.equal(fiber.outcome?.ending, "cancelled");
  });
});

test("timeout: a call with its arguments, and a TimeoutError that names it", async () => {
  await virtual(function* () {
    function* load(ms: number, value: string): Routine<string, never> {
      yield* sleep(ms);
      return value;
    }
    assert.equal(yield* timeout(10, load, 5, "in time"), "in time");
    try {
      yield* timeout(10, load, 50, "late");
      assert.fail("it throws");
    } catch (error) {
      assert.ok(error instanceof TimeoutError);
      assert.match(error.message, /^load was not done in time/);
    }
    assert.throws(() => timeout(-1, load, 1, "x"), RangeError);
  });
});

test("timeout: an op, a generator or a fiber that is waited for", async () => {
  await virtual(function* () {
    const fiber = spawn(function* () {
      yield* sleep(20);
      return "fiber";
    });
    yield* timeout(10, sleep(5));
    assert.equal(now(), 5);
    const generator = function* (): Routine<number, never> {
      yield* sleep(1);
      return 7;
    };
    assert.equal(yield* timeout(10, generator()), 7);
    assert.equal(yield* timeout(10, routine(generator)()), 7);
    const channel = new Channel<string>(1);
    channel.trySend("message");
    assert.equal(yield* timeout(10, channel.receive()), "message");
    for (const wait of [() => timeout(3, sleep(9)), () => timeout(3, channel.receive())]) {
      const from = now();
      try {
        yield* wait();
        assert.fail("it throws");
      } catch (error) {
        assert.ok(error instanceof TimeoutError);
        assert.match(
          error.message,
          /^the wait was not done in time: 3 ms have passed; it was waiting/,
        );
      }
      assert.equal(now() - from, 3);
    }
    channel.trySend("not lost");
    assert.equal(yield* channel.receive(), "not lost");
    assert.equal(yield* timeout(100, fiber), "fiber");
    const cancelled = spawn(() => timeout(1_000, sleep(1_000)));
    yield* sleep(1);
    yield* cancelled.cancel();
    assert.equal(cancelled.outcome?.ending, "cancelled");
    yield* sleep(0);
  });
});

test("what they are given is checked at once", async () => {
  await virtual(function* () {
    assert.throws(() => fixed(-1), RangeError);
    assert.throws(() => exponential(1, { factor: 0.5 }), RangeError);
    assert.throws(() => exponential(1, { base: 2 } as never), /no option/);
    assert.throws(() => fixed(1).attempts(0), RangeError);
    assert.throws(() => fixed(1).within(Number.NaN), RangeError);
    assert.throws(() => fixed(1).while(1 as never), TypeError);
    assert.throws(() => fixed(1).jittered("some" as never), TypeError);
    assert.throws(() => retry(function* () {}, 5 as never), /takes a schedule/);
    assert.throws(() => retry(5 as never, fixed(1)), /generator function/);
    assert.throws(() => hedge(function* () {}, {} as never), /told when/);
    yield* all([]);
  });
});
