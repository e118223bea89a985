/**
 * Coroutines inside tasks. A task may wait in a coroutine that it resumed or transferred to; then the
 * whole strand waits, and only its scheduler may enter one of its fibers.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  moveOnAfter,
  type Routine,
  scope,
  shield,
  sleep,
  spawn,
  until,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { refused } from "./support/expect.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

test("a coroutine resumed in a task waits, and the task with it", () => {
  const log = new Log();
  const squares = new Fiber(function* () {
    for (let n = 1; n <= 3; n++) {
      yield* sleep(n);
      yield* Fiber.yield(n * n);
    }
    return "end";
  });
  const { host } = outcome({}, function* () {
    spawn(function* other() {
      for (let i = 0; i < 3; i++) {
        yield* sleep(2);
        log.say(`other ${i}`);
      }
    });
    while (squares.alive) log.say(String(yield* Fiber.resume(squares)));
  });
  log.is(["1", "other 0", "4", "other 1", "9", "end", "other 2"]);
  assert.equal(host.time, 6);
});

test("a coroutine that was transferred to waits, and can hand over to the next one meanwhile", () => {
  const log = new Log();
  play(function* () {
    const task = Fiber.current;
    const second: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* sleep(1);
      log.say("second");
      yield* Fiber.transfer(task, "back");
    });
    const first = new Fiber(function* (): Routine<void> {
      yield* yieldNow();
      log.say("first");
      yield* Fiber.transfer(second);
    });
    log.say(yield* Fiber.transfer<string>(first));
  });
  log.is(["first", "second", "back"]);
});

test("a strand of a thousand coroutines waits as one, and an error passes through all of them", () => {
  const log = new Log();
  play(function* () {
    let innermost: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* sleep(1);
      throw new Error("from below");
    });
    for (let i = 0; i < 1000; i++) {
      const below = innermost;
      innermost = new Fiber(function* (): Routine<void> {
        yield* Fiber.resume(below);
      });
    }
    try {
      yield* Fiber.resume(innermost);
    } catch (error) {
      log.say((error as Error).message);
    }
  });
  log.is(["from below"]);
});

test("a wait across a synchronous call is an error in the coroutine that says what to write", () => {
  play(function* () {
    const coroutine: AnyFiber = new Fiber(
      function* (): Routine<void> {
        yield* sleep(1);
      },
      { name: "coroutine" },
    );
    const child = spawn(function* () {});
    refused(
      'fiber "coroutine" cannot wait (sleep(…)) across a synchronous call: ' +
        "enter it with yield* Fiber.resume(…) instead of fiber.resume(…)",
      () => coroutine.resume(),
      "sync-wait",
    );
    for (const wait of [
      yieldNow,
      () => until(Promise.resolve()),
      () => child.join(),
      () => scope(function* () {}),
      () => shield(function* () {}),
      () => moveOnAfter(5, function* () {}),
    ]) {
      const waits: AnyFiber = new Fiber(function* (): Routine<void> {
        yield* wait();
      });
      refused(/across a synchronous call/, () => waits.resume(), "sync-wait");
    }
  });
});

test("a coroutine that only yields may be resumed either way in a task", () => {
  const counting = function* (): Routine<number> {
    yield* Fiber.yield(1);
    yield* Fiber.yield(2);
    return 3;
  };
  const seen = play(function* () {
    const coroutine: AnyFiber = new Fiber(counting);
    const values = [coroutine.resume(), yield* Fiber.resume(coroutine), coroutine.resume()];
    yield* yieldNow();
    return [...values, ...new Fiber(counting).values()];
  });
  assert.deepEqual(seen, [1, 2, 3, 1, 2]);
});

/** How others may try to enter a fiber that its scheduler will enter. */
const ENTRIES: [verb: string, enter: (fiber: AnyFiber) => Routine<unknown>][] = [
  ["resume", (fiber) => Fiber.resume(fiber) as never],
  ["transfer to", (fiber) => Fiber.transfer(fiber) as never],
];

function* caught(work: Routine<unknown>): Routine<unknown> {
  try {
    yield* work;
  } catch (error) {
    return error;
  }
  return undefined;
}

for (const [verb, enter] of ENTRIES) {
  const op = function* (fiber: AnyFiber): Routine<unknown> {
    return yield* enter(fiber);
  };

  test(`${verb} of a task that waits is refused, and says what it waits for`, () => {
    play(function* () {
      const sleeper = spawn("sleeper", function* () {
        yield* sleep(5);
      });
      yield* yieldNow();
      const error = (yield* caught(op(sleeper))) as FiberError;
      assert.equal(error.code, "waiting");
      assert.equal(
        error.message,
        `attempt to ${verb} a waiting fiber: fiber "sleeper" waits for ` +
          "sleep(5 ms), and only its scheduler may resume it",
      );
    });
  });

  test(`${verb} of a task that is ready, or has not started, is refused`, () => {
    play(function* () {
      const fresh = spawn(function* () {
        yield* yieldNow();
        yield* sleep(3);
      });
      assert.equal(((yield* caught(op(fresh))) as FiberError).code, "waiting");
      yield* sleep(0);
      assert.equal(((yield* caught(op(fresh))) as FiberError).code, "waiting");
    });
  });

  for (const [how, hand] of [
    ["resume", (fiber: AnyFiber) => Fiber.resume(fiber)],
    ["transfer", (fiber: AnyFiber) => Fiber.transfer(fiber)],
  ] as const) {
    for (const [state, wait] of [
      ["waits", () => sleep(10)],
      ["has given way", () => yieldNow()],
    ] as const) {
      test(`${verb} of a coroutine in which a task ${state}, by ${how}, is refused`, () => {
        const log = new Log();
        play(function* () {
          const coroutine: AnyFiber = new Fiber(function* (): Routine<string> {
            for (let i = 0; i < 3; i++) yield* wait();
            log.say("coroutine goes on");
            return "its end";
          });
          const owner = spawn(function* () {
            return yield* hand(coroutine);
          });
          yield* yieldNow();
          assert.equal(coroutine.status, "suspended");
          for (let tries = 0; tries < 2; tries++) {
            const error = yield* caught(op(coroutine));
            assert.ok(error instanceof FiberError, String(error));
            assert.match(error.code, /^(?:waiting|double-resume)$/);
            yield* yieldNow();
          }
          assert.equal(yield* owner, "its end");
        });
        log.is(["coroutine goes on"]);
      });
    }
  }
}
