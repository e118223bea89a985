/** `suspend`, the wait that all others can be made of, and `until`, the wait for promises. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  moveOnAfter,
  type Fail,
  type Routine,
  run,
  runSync,
  sleep,
  spawn,
  suspend,
  until,
  type Wake,
  yieldNow,
} from "fibril";
import { refused, thrown } from "./support/expect.ts";
import { begin, checkIdle, Log, outcome, play } from "./support/manual-host.ts";

test("suspend waits until its wake is called, with a value or an error; only the first call counts", () => {
  const log = new Log();
  const wakes: Wake<string>[] = [];
  const fails: Fail[] = [];
  const { host, scheduler } = begin({}, function* () {
    for (let i = 0; i < 2; i++) {
      try {
        log.say(
          yield* suspend<string>((wake, fail) => {
            wakes.push(wake);
            fails.push(fail);
          }),
        );
      } catch (error) {
        log.say((error as Error).message);
      }
    }
  });
  host.advance(1);
  wakes[0]?.("value");
  wakes[0]?.("second value");
  fails[0]?.(new Error("late error"));
  host.advance(1);
  wakes[0]?.("stale");
  host.advance(1);
  fails[1]?.(new Error("error"));
  wakes[1]?.("late value");
  host.finish();
  log.is(["value", "error"]);
  checkIdle(scheduler);
});

test("a wake that is called at once costs no switch", () => {
  const log = new Log();
  play(function* () {
    spawn(() => {
      log.say("other");
      return sleep(0);
    });
    log.say(yield* suspend<string>((wake) => wake("at once")));
    try {
      yield* suspend((_wake, fail) => fail(new Error("failed at once")));
    } catch (error) {
      log.say((error as Error).message);
    }
    yield* yieldNow();
  });
  log.is(["at once", "failed at once", "other"]);
});

test("the undo is called once when the wait is called off, and never after the wake", () => {
  const log = new Log();
  play(function* () {
    const wakes: Wake<void>[] = [];
    const waits = (name: string) =>
      spawn(name, function* () {
        yield* suspend((wake) => {
          wakes.push(wake);
          return () => log.say(`undo ${name}`);
        });
        log.say(`${name} goes on`);
        yield* sleep(5);
      });
    const [woken, cancelled] = [waits("woken"), waits("cancelled")];
    yield* sleep(1);
    for (const wake of wakes) if (wake === wakes[0]) wake();
    void woken.cancel();
    void cancelled.cancel();
    void cancelled.cancel();
    wakes[1]?.();
    yield* sleep(1);
  });
  assert.equal(log.lines.filter((line) => line.startsWith("undo")).length, 1);
  assert.equal(log.lines.filter((line) => line.endsWith("goes on")).length, 1);
});

test("what the registration throws is thrown at the wait", () => {
  const error = new Error("cannot register");
  for (const register of [
    () => {
      throw error;
    },
    (wake: Wake<void>) => {
      wake();
      throw error;
    },
  ]) {
    const got = thrown(() => play(() => suspend(register) as never));
    assert.equal(got, error);
  }
});

test("what the undo throws is the fiber's, and the request is not forgotten", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      try {
        yield* suspend(() => () => {
          throw new Error("undo failed");
        });
      } catch (error) {
        log.say((error as Error).message);
      }
      try {
        yield* sleep(1);
      } catch (error) {
        log.say((error as Error).name);
        throw error;
      }
    });
    yield* sleep(1);
    yield* task.cancel();
  });
  log.is(["undo failed", "Cancelled"]);
});

test("an undo may cancel others, cancel the fiber itself, and wake any fiber", () => {
  const log = new Log();
  play(function* () {
    const tasks: Fiber[] = [];
    for (let i = 0; i < 4; i++) {
      tasks.push(
        spawn(function* () {
          try {
            yield* suspend((wake) => () => {
              log.say(`undo ${i}`);
              wake();
              void tasks[i]?.cancel("again");
              void tasks[(i + 1) % 4]?.cancel("next");
            });
          } finally {
            log.say(`end ${i}`);
          }
        }),
      );
    }
    yield* sleep(1);
    void tasks[2]?.cancel("first");
    yield* sleep(1);
    assert.ok(tasks.every((task) => !task.alive));
  });
  assert.deepEqual(
    log.lines.toSorted(),
    [0, 1, 2, 3].flatMap((i) => [`undo ${i}`, `end ${i}`]).toSorted(),
  );
});

test("an op that is created in a registration or an undo, and not run, is reported there", () => {
  for (const register of [
    () => void sleep(1),
    () => void yieldNow(),
    (wake: Wake<void>) => {
      wake();
      void sleep(1);
    },
  ]) {
    const { end } = outcome({}, function* (): Routine<void> {
      yield* suspend(register as never);
      yield* sleep(1);
    });
    assert.equal(end.ending, "failed");
    assert.equal((end.value as FiberError).code, "op-not-run");
  }
});

test("a registration may resume coroutines and run programs of its own", () => {
  const seen = play(function* () {
    return yield* suspend<number>((wake) => {
      const coroutine = new Fiber(function* () {
        yield* Fiber.yield(1);
        return 2;
      });
      const sum = coroutine.resume() + coroutine.resume();
      wake(
        sum +
          runSync(function* () {
            yield* yieldNow();
            return 10;
          }),
      );
    });
  });
  assert.equal(seen, 13);
});

test("what suspend and until cannot take is refused at the call", () => {
  play(function* () {
    assert.throws(() => suspend(5 as never), TypeError);
    assert.throws(() => suspend("name", undefined as never), TypeError);
    assert.throws(() => until(5 as never), TypeError);
    assert.throws(() => until(undefined as never), TypeError);
    let error: unknown;
    try {
      yield* until((() => 5) as never);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof TypeError);
    yield* sleep(1);
  });
  refused(/^until\(…\) needs a scheduler/, () => until(Promise.resolve()), "outside");
});

test("the name of a suspend is what dumps show", () => {
  play(function* () {
    const tasks = [
      spawn(() => suspend("a letter", () => {})),
      spawn(() =>
        suspend(function post() {
          return () => {};
        }),
      ),
      spawn(() => suspend(function post() {})),
    ];
    yield* sleep(1);
    assert.deepEqual(
      tasks.map((task) => task.waitingOn?.what),
      // The last one has nothing to take back: then the wake is all that is kept of it.
      ["a letter", "suspend(post)", "suspend(…)"],
    );
    for (const task of tasks) yield* task.cancel();
  });
});

function answersAtOnce<T>(value: T, then: () => void = () => {}): PromiseLike<T> {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what it is
  return { then: (resolve: (value: T) => void) => (resolve(value), then()) } as PromiseLike<T>;
}

test("until gives a promise's value, or throws its reason", async () => {
  const error = new Error("why");
  const result = await run(function* () {
    const values: unknown[] = [
      yield* until(Promise.resolve(1)),
      yield* until(new Promise((resolve) => setTimeout(resolve, 1, 2))),
      yield* until(() => Promise.resolve(3)),
      yield* until(answersAtOnce(4)),
    ];
    try {
      yield* until(Promise.reject(error));
    } catch (caught) {
      values.push(caught);
    }
    return values;
  });
  assert.deepEqual(result, [1, 2, 3, 4, error]);
});

test("until needs a host to wake the fiber", () => {
  refused(
    "until(…) needs a host to wake the fiber, and runSync has none: use run(…)",
    () => runSync(() => until(Promise.resolve()) as never),
    "needs-host",
  );
});

test("each until(fn) has a signal of its own, which aborts when the wait ends early", async () => {
  const signals: AbortSignal[] = [];
  await run(function* () {
    yield* until((signal) => {
      signals.push(signal);
      return Promise.resolve();
    });
    yield* moveOnAfter(1, () =>
      until((signal) => {
        signals.push(signal);
        return new Promise(() => {});
      }),
    );
  });
  assert.deepEqual(
    signals.map(({ aborted }) => aborted),
    [false, true],
  );
});

test("a promise that rejects after its fiber has gone is not an unhandled rejection", async () => {
  let reject: ((error: Error) => void) | undefined;
  await run(function* () {
    yield* moveOnAfter(1, () =>
      until(
        new Promise((_, no) => {
          reject = no;
        }),
      ),
    );
  });
  reject?.(new Error("late"));
  await new Promise((resolve) => setTimeout(resolve, 2));
});

test("a thenable that answers at once and throws too is heard once, and the count of waits is right", () => {
  const odd = answersAtOnce("value", () => {
    throw new Error("thrown");
  });
  const error = thrown(() => play(() => until(odd) as never));
  assert.equal((error as Error).message, "thrown");
});

test("a long-lived promise gets no new subscriber for each wait that ended early", async () => {
  let subscribers = 0;
  let settle: ((value: string) => void) | undefined;
  const promise = new Promise<string>((resolve) => {
    settle = resolve;
  });
  const then = promise.then.bind(promise);
  // oxlint-disable-next-line unicorn/no-thenable -- to count
  promise.then = ((...args: Parameters<typeof then>) => (subscribers++, then(...args))) as never;
  const results = await run(function* () {
    for (let i = 0; i < 50; i++) {
      const waiters = [1, 2, 3].map(() => spawn(() => until(promise)));
      yield* yieldNow();
      yield* yieldNow();
      for (const waiter of waiters) yield* waiter.cancel();
    }
    const last = [1, 2, 3, 4].map(() => spawn(() => until(promise)));
    yield* yieldNow();
    yield* yieldNow();
    settle?.("value");
    const got: string[] = [];
    for (const waiter of last) got.push(yield* waiter);
    got.push(yield* until(promise));
    return got;
  });
  assert.deepEqual(results, ["value", "value", "value", "value", "value"]);
  assert.equal(subscribers, 5);
});
