/** Raise and kill of the fibers of a strand that waits: the scheduler's turn brings them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  defer,
  Fiber,
  FiberError,
  moveOnAfter,
  type Routine,
  scope,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { refused } from "./support/expect.ts";
import { Log, play } from "./support/manual-host.ts";
import { nameOf } from "./support/stage.ts";

/** Waits for ever and says how it left. */
function* waits(log: Log, name: string): Routine<string> {
  log.say(`${name} waits`);
  try {
    yield* sleep(Infinity);
  } catch (error) {
    log.say(`${name} catches ${nameOf(error)}`);
    throw error;
  } finally {
    log.say(`${name} ends`);
  }
  return name;
}

/** A task in a supervised scope that hands control to a coroutine that waits. */
function strand(
  log: Log,
  hand: (fiber: AnyFiber) => unknown,
  then: (task: AnyFiber, coroutine: AnyFiber) => Routine<void>,
): void {
  play(function* () {
    yield* supervised(function* () {
      const coroutine: AnyFiber = new Fiber(() => waits(log, "coroutine"), { name: "coroutine" });
      const task: AnyFiber = spawn("task", function* () {
        try {
          yield* hand(coroutine) as Routine<void>;
        } catch (error) {
          log.say(`task catches ${nameOf(error)}`);
        } finally {
          log.say("task ends");
        }
      });
      yield* sleep(1);
      yield* then(task, coroutine);
    });
  });
}
const byResume = (fiber: AnyFiber): unknown => Fiber.resume(fiber);
const byTransfer = (fiber: AnyFiber): unknown => Fiber.transfer(fiber);

for (const [how, hand] of [
  ["resume", byResume],
  ["transfer", byTransfer],
] as const) {
  test(`a raise in the coroutine in which a task waits, by ${how}: it gets it, then the task`, () => {
    const log = new Log();
    strand(log, hand, function* (_task, coroutine) {
      assert.equal(coroutine.raise("why"), undefined);
      log.say("asked");
      yield* yieldNow();
    });
    log.is([
      "coroutine waits",
      "asked",
      "coroutine catches why",
      "coroutine ends",
      "task catches why",
      "task ends",
    ]);
  });

  test(`a kill of the coroutine in which a task waits, by ${how}: it unwinds, the task goes on`, () => {
    const log = new Log();
    strand(log, hand, function* (_task, coroutine) {
      assert.equal(yield* Fiber.kill(coroutine), coroutine);
      assert.equal(coroutine.kill(), false);
    });
    log.is(["coroutine waits", "coroutine ends", "task ends"]);
  });
}

test("a raise in a task that waits in a coroutine that it resumed goes to the deepest, as in Ruby", () => {
  const log = new Log();
  strand(log, byResume, function* (task) {
    task.raise("why");
  });
  log.is([
    "coroutine waits",
    "coroutine catches why",
    "coroutine ends",
    "task catches why",
    "task ends",
  ]);
});

test("a kill of a task that waits in a coroutine that it resumed: the innermost gets an error, then the task unwinds", () => {
  const log = new Log();
  strand(log, byResume, function* (task) {
    task.kill();
  });
  log.is([
    "coroutine waits",
    "coroutine catches unhandled exception",
    "coroutine ends",
    "task ends",
  ]);
});

test("a raise in a task that transferred to a coroutine which waits: the task goes on, the coroutine is left", () => {
  const log = new Log();
  strand(log, byTransfer, function* (task, coroutine) {
    task.raise("why");
    yield* sleep(1);
    assert.equal(coroutine.status, "suspended");
    // No task waits in it any more, so any code that has it may use it.
    assert.equal(yield* Fiber.transfer(coroutine, undefined), "coroutine");
  });
  log.is(["coroutine waits", "task catches why", "task ends", "coroutine ends"]);
});

test("a second error for a strand that has not seen the first is refused, and moves nothing", () => {
  const log = new Log();
  strand(log, byTransfer, function* (task, coroutine) {
    coroutine.raise("first");
    refused(/has not seen the last error/, () => task.raise("second"), "pending");
  });
  log.is([
    "coroutine waits",
    "coroutine catches first",
    "coroutine ends",
    "task catches first",
    "task ends",
  ]);
});

/** A coroutine with a scope open, in which a child runs. */
function* scoped(log: Log): Routine<void> {
  yield* scope(function* () {
    defer(function* () {
      log.say("cleaned up");
    });
    spawn(waits, log, "child");
    yield* sleep(Infinity);
  });
}

for (const [what, hand, leave] of [
  ["yield", byResume, () => Fiber.yield()],
  ["transfer", byTransfer, (home: AnyFiber) => Fiber.transfer(home)],
] as const) {
  test(`a coroutine with a scope open cannot ${what} out of it`, () => {
    const log = new Log();
    play(function* () {
      const home = Fiber.current;
      const coroutine: AnyFiber = new Fiber(
        function* (): Routine<void> {
          yield* scope(function* () {
            try {
              yield* leave(home);
            } catch (error) {
              log.say((error as Error).message);
            }
          });
        },
        { name: "coroutine" },
      );
      yield* hand(coroutine) as Routine<void>;
      assert.equal(coroutine.alive, false);
    });
    log.is([
      'fiber "coroutine" has a scope open and cannot yield or transfer out of it: ' +
        "close it first, or open it in the task that resumes the fiber",
    ]);
  });
}

test("cancelling a task reaches the scopes that its coroutines have open, and their children", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      yield* Fiber.resume(new Fiber(() => scoped(log)));
    });
    yield* sleep(1);
    yield* task.cancel();
    log.say("all is over");
  });
  log.is(["child waits", "child catches Cancelled", "child ends", "cleaned up", "all is over"]);
});

test("the same when the coroutine with the scope has handed control on by a transfer", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      const last: AnyFiber = new Fiber(() => waits(log, "last"));
      const between: AnyFiber = new Fiber(function* (): Routine<void> {
        yield* Fiber.transfer(last);
      });
      const first: AnyFiber = new Fiber(function* (): Routine<void> {
        yield* scope(function* () {
          spawn(waits, log, "child");
          yield* Fiber.resume(between);
        });
      });
      yield* Fiber.resume(first);
    });
    yield* sleep(1);
    yield* task.cancel();
    log.say("all is over");
  });
  log.is([
    "last waits",
    "child waits",
    "last catches Cancelled",
    "last ends",
    "child catches Cancelled",
    "child ends",
    "all is over",
  ]);
});

for (const verb of ["raise", "kill"] as const) {
  test(`a ${verb} that would leave a coroutine with its scope open behind is refused`, () => {
    const log = new Log();
    strand(
      log,
      () => Fiber.transfer(new Fiber(() => scoped(log), { name: "scoped" })),
      function* (task) {
        refused(/"scoped".* has a scope open/, () => task[verb](), "scope-open");
        assert.equal(task.alive, true);
        yield* task.cancel();
      },
    );
    log.is([
      "child waits",
      "child catches Cancelled",
      "child ends",
      "cleaned up",
      "task catches Cancelled",
      "task ends",
    ]);
  });
}

test("a coroutine's own scope ends with it, and cancelling that scope ends only what is in it", () => {
  const log = new Log();
  play(function* () {
    const coroutine: AnyFiber = new Fiber(function* (): Routine<string> {
      const result = yield* scope(function* (inner): Routine<string> {
        spawn(waits, log, "child");
        spawn(function* () {
          yield* sleep(1);
          inner.cancel();
        });
        yield* sleep(Infinity);
        return "never";
      });
      log.say(`the block gives ${result}`);
      yield* sleep(1);
      return "done";
    });
    assert.equal(yield* Fiber.resume(coroutine), "done");
  });
  log.is(["child waits", "child catches Cancelled", "child ends", "the block gives undefined"]);
});

test("what is spawned in a coroutine without a scope belongs to the task, and outlives the coroutine", () => {
  play(function* () {
    const task = Fiber.current;
    const coroutine: AnyFiber = new Fiber(function* (): Routine<AnyFiber> {
      return spawn(function* () {
        yield* sleep(5);
        return "child";
      });
    });
    const child = (yield* Fiber.resume(coroutine)) as AnyFiber;
    assert.equal(coroutine.alive, false);
    assert.equal(child.parent, task);
    assert.equal(yield* child, "child");
  });
});

test("a coroutine may wait in one task after the other", () => {
  const log = new Log();
  play(function* () {
    const shared: AnyFiber = new Fiber(function* (): Routine<void> {
      for (let n = 0; n < 4; n++) {
        yield* sleep(1);
        yield* Fiber.yield(n);
      }
    });
    for (let i = 0; i < 2; i++) {
      const task = spawn(function* () {
        for (let j = 0; j < 2; j++) log.say(`${i}: ${String(yield* Fiber.resume(shared))}`);
      });
      yield* task;
    }
  });
  log.is(["0: 0", "0: 1", "1: 2", "1: 3"]);
});

test("a Cancelled thrown in a coroutine names the task that was cancelled", () => {
  play(function* () {
    let seen: unknown;
    const task = spawn("task", function* () {
      yield* Fiber.resume(
        new Fiber(function* (): Routine<void> {
          try {
            yield* sleep(Infinity);
          } catch (error) {
            seen = error;
            throw error;
          }
        }),
      );
    });
    yield* sleep(1);
    yield* task.cancel("why");
    assert.ok(seen instanceof Cancelled);
    assert.equal(seen.fiber, task);
    assert.equal(seen.reason, "why");
    assert.ok(!(seen instanceof FiberError));
  });
});

test("a fiber that was transferred to stands in the scope where control was handed to it", () => {
  const log = new Log();
  play(function* () {
    const handsOn = function* (): Routine<void> {
      const last: AnyFiber = new Fiber(function* (): Routine<void> {
        spawn(waits, log, "child");
        yield* waits(log, "last");
      });
      yield* Fiber.transfer(last);
    };
    const coroutine: AnyFiber = new Fiber(function* (): Routine<void> {
      const result = yield* moveOnAfter(
        5,
        function* () {
          yield* Fiber.resume(new Fiber(handsOn));
        },
        "moved on",
      );
      log.say(String(result));
    });
    yield* Fiber.resume(coroutine);
  });
  log.is([
    "last waits",
    "child waits",
    "last catches Cancelled",
    "last ends",
    "child catches Cancelled",
    "child ends",
    "moved on",
  ]);
});

test("a fiber resumed within a scope of a coroutine that was transferred to cannot transfer out of it", () => {
  const log = new Log();
  play(function* () {
    const other: AnyFiber = new Fiber(function* (): Routine<void> {});
    const within: AnyFiber = new Fiber(function* (): Routine<void> {
      try {
        yield* Fiber.transfer(other);
      } catch (error) {
        log.say((error as FiberError).code);
      }
    });
    const scoping: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* scope(() => Fiber.resume(within));
    });
    yield* Fiber.transfer(scoping);
    assert.equal(scoping.alive, false);
  });
  log.is(["scope-open"]);
});
