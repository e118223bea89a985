/**
 * A coroutine that was transferred to opens a scope and makes a synchronous call in it. Whatever runs in that
 * call runs in the scope: control does not go to code outside of it, and a request finds it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  type Routine,
  type RoutineFunction,
  runSync,
  scope,
  sleep,
  spawn,
  supervised,
  suspend,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

interface Strand {
  readonly task: AnyFiber;
  /** The end of the task's own chain, outside of the scope. */
  readonly outside: AnyFiber;
}

/** A task that resumes a fiber, which transfers to another one, which does the work in a scope. */
function inTransferred(log: Log, work: (strand: Strand) => Routine<void>): void {
  const { end } = outcome({}, function* () {
    const task = Fiber.current;
    const scoped: AnyFiber = new Fiber(function* scoped(): Routine<void> {
      yield* scope(() => work({ task, outside }));
      log.say("scope ends");
    });
    const outside: AnyFiber = new Fiber(function* outside(): Routine<void> {
      try {
        yield* Fiber.transfer(scoped);
      } finally {
        log.say("outside goes on");
      }
    });
    yield* Fiber.resume(outside);
  });
  if (end.ending === "failed") throw end.value;
}

const wrong = new Error("wrong");

const called = (routine: RoutineFunction<[], any, any, any>): AnyFiber =>
  new Fiber(routine, { name: "called" });

/** Each would give control to `outside` while the scope is open. */
const leaving: readonly [string, (outside: AnyFiber) => void][] = [
  ["a transfer", (outside) => outside.transfer()],
  ["a raise", (outside) => outside.raise(wrong)],
  ["a kill", (outside) => outside.kill()],
  ["a transfer further in", (outside) => called(() => Fiber.transfer(outside)).transfer()],
  [
    "a call further in",
    (outside) =>
      called(function* () {
        outside.transfer();
      }).transfer(),
  ],
  ["the end of a fiber", () => called(function* () {}).transfer()],
  [
    "the end of a fiber two calls further in",
    () =>
      called(function* () {
        called(function* () {}).transfer();
      }).transfer(),
  ],
  [
    "the failure of a fiber",
    () =>
      called(function* () {
        throw wrong;
      }).transfer(),
  ],
];

for (const [what, leave] of leaving) {
  test(`${what} does not give control to code outside of a scope in which a synchronous call was made`, () => {
    const log = new Log();
    inTransferred(log, function* ({ outside }) {
      try {
        leave(outside);
        log.say("let out");
      } catch (error) {
        log.say((error as FiberError).code);
        if (what === "the failure of a fiber") assert.equal((error as FiberError).cause, wrong);
      }
      yield* sleep(1);
    });
    log.is(["scope-open", "scope ends", "outside goes on"]);
  });
}

test("the error says whose scope is open and which end would have left it", () => {
  const log = new Log();
  inTransferred(log, function* () {
    assert.throws(() => called(function* () {}).transfer(), {
      code: "scope-open",
      message:
        /^fiber "scoped".* has a scope open, and the end of fiber "called".* would give control to a fiber outside/,
    });
  });
});

test("a fiber that is resumed in the scope ends in it, and so does one that transfers back", () => {
  const log = new Log();
  inTransferred(log, function* () {
    const scoped = Fiber.current;
    called(function* () {
      log.say("resumed");
    }).resume();
    called(() => Fiber.transfer(scoped)).transfer();
    log.say("transferred back");
  });
  log.is(["resumed", "transferred back", "scope ends", "outside goes on"]);
});

function* waits(log: Log, name: string): Routine<void> {
  try {
    yield* sleep(1);
    log.say(`${name} slept`);
  } catch (error) {
    log.say(`${name}: ${(error as Error).name}`);
    throw error;
  }
}

/** Each runs while the scope is open, in another fiber, another program or no fiber. */
const places: readonly [string, (act: () => void) => Routine<void>][] = [
  [
    "in a call of a call",
    function* (act) {
      const scoped = Fiber.current;
      const innermost = called(function* () {
        act();
        yield* Fiber.yield();
      });
      called(function* () {
        innermost.resume();
        yield* Fiber.transfer(scoped);
      }).transfer();
    },
  ],
  [
    "in a program within the program",
    function* (act) {
      runSync(function* () {
        act();
      });
    },
  ],
  [
    "in a call of a program within a program",
    function* (act) {
      runSync(function* () {
        runSync(function* () {
          called(function* () {
            act();
          }).resume();
        });
      });
    },
  ],
  [
    "in a callback",
    function* (act) {
      const other = spawn(() => suspend(() => act));
      yield* yieldNow();
      void other.cancel();
    },
  ],
];

for (const [where, at] of places) {
  test(`cancelling the task ${where} reaches the scope of a coroutine that was transferred to`, () => {
    const log = new Log();
    inTransferred(log, function* ({ task }) {
      spawn(() => waits(log, "child"));
      yield* at(() => void task.cancel());
      yield* waits(log, "scoped");
    });
    log.is(["scoped: Cancelled", "child: Cancelled", "outside goes on"]);
  });
}

test("what is spawned in a call of a call lies in the scope of the coroutine that made the first call", () => {
  const log = new Log();
  const [[, inCall] = assert.fail()] = places;
  inTransferred(log, function* () {
    yield* inCall(() => void spawn(() => waits(log, "child")));
  });
  log.is(["child slept", "scope ends", "outside goes on"]);
});

test("the end of a fiber that a callback enters does not give control to a fiber of the interrupted task", () => {
  const log = new Log();
  play(function* () {
    yield* supervised(function* () {
      const other = spawn(() =>
        suspend(() => () => {
          try {
            called(function* () {}).transfer();
          } catch (error) {
            log.say((error as FiberError).code);
          }
        }),
      );
      yield* yieldNow();
      const cancels: AnyFiber = new Fiber(function* (): Routine<void> {
        void other.cancel();
        log.say("cancelled");
      });
      const resumed: AnyFiber = new Fiber(function* (): Routine<void> {
        yield* Fiber.transfer(cancels);
        log.say("resumed goes on");
      });
      yield* Fiber.resume(resumed);
    });
  });
  log.is(["native-crossing", "cancelled", "resumed goes on"]);
});
