/** Synchronous calls in the strand of a task: what may be entered across them, and what may not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  monitor,
  type Routine,
  run,
  runSync,
  sleep,
  spawn,
  supervised,
  suspend,
  yieldNow,
} from "fibril";
import { frames, KILL, perform, performYield, RAISE, RETURN } from "fibril/frames";
import type { AnyFiber } from "./support/body.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

test("a task cannot be entered across a synchronous call, because there it could neither wait nor end", () => {
  for (const enter of ["op", "method"] as const) {
    const log = new Log();
    const { end } = outcome({}, function* () {
      const task = Fiber.current;
      const inner: AnyFiber = new Fiber(function* inner(): Routine<void> {
        try {
          if (enter === "op") yield* Fiber.transfer(task);
          else task.transfer();
        } catch (error) {
          log.say((error as FiberError).code);
        }
      });
      const outer: AnyFiber = new Fiber(function* outer(): Routine<void> {
        inner.resume();
        log.say("outer goes on");
      });
      yield* Fiber.transfer(outer);
      log.say("task goes on");
      yield* sleep(1);
      return "end";
    });
    assert.equal(end.value, "end", String(end.value));
    log.is(["native-crossing", "outer goes on", "task goes on"]);
  }
});

test("a coroutine below a synchronous call cannot yield to its task either", () => {
  for (const yields of ["op", "frame"] as const) {
    const log = new Log();
    const { end } = outcome({}, function* () {
      const ending: AnyFiber = new Fiber(function* ending(): Routine<void> {});
      const called: AnyFiber = new Fiber(function* called(): Routine<void> {
        ending.transfer(); // its end gives control to `entered`, the end of the task's chain
        log.say("called goes on");
      });
      const calling: AnyFiber = new Fiber(function* calling(): Routine<void> {
        called.resume();
        log.say("calling goes on");
      });
      const frame = frames<[], void>("entered", (at, how, value) => {
        if (how === RAISE) throw value;
        if (how === RETURN) return KILL;
        switch (at.pc++) {
          case 0:
            return perform(Fiber.transfer(calling));
          case 1:
            return performYield();
          default:
            return undefined;
        }
      });
      const entered: AnyFiber = new Fiber(
        yields === "frame"
          ? frame
          : function* entered(): Routine<void> {
              yield* Fiber.transfer(calling);
              yield* Fiber.yield();
            },
      );
      try {
        yield* Fiber.resume(entered);
      } catch (error) {
        log.say((error as FiberError).code);
      }
      return "end";
    });
    assert.equal(end.value, "end", String(end.value));
    log.is(["native-crossing"]);
  }
});

test("a task that makes the synchronous call itself may be yielded to and transferred to", () => {
  const log = new Log();
  play(function* () {
    const task = Fiber.current;
    const yielding: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* Fiber.yield("by yield");
    });
    const transferring: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* Fiber.transfer(task, "by transfer");
    });
    log.say(String(yielding.resume()));
    log.say(String(transferring.transfer()));
    yield* sleep(1);
  });
  log.is(["by yield", "by transfer"]);
});

test("a program within a program is driven to its end in the caller's turn, and can end the caller", () => {
  const log = new Log();
  play(function* () {
    yield* supervised(function* () {
      const task = spawn("task", function* () {
        const inner = runSync(function* () {
          void task.cancel("from within");
          const child = spawn(function* () {
            yield* yieldNow();
            return "inner result";
          });
          return yield* child;
        });
        log.say(inner);
        try {
          yield* sleep(1);
        } catch (error) {
          log.say((error as Error).message);
          throw error;
        }
      });
      yield* sleep(1);
    });
  });
  log.is(["inner result", /^fiber "task" was cancelled by fiber "anonymous( \d+)?": from within$/]);
});

test("a program within a program cannot enter the outer one's fibers", () => {
  const log = new Log();
  play(function* () {
    const outer = Fiber.current;
    const coroutine: AnyFiber = new Fiber(function* (): Routine<void> {
      runSync(function* () {
        for (const [name, use] of [
          ["transfer", () => Fiber.transfer(outer)],
          ["resume", () => Fiber.resume(outer)],
          ["resume coroutine", () => Fiber.resume(coroutine)],
          ["transfer coroutine", () => Fiber.transfer(coroutine)],
        ] as const) {
          try {
            yield* use();
            log.say(`${name} was let in`);
          } catch (error) {
            assert.ok(error instanceof FiberError, String(error));
          }
        }
        yield* yieldNow();
        log.say("inner ends");
      });
      yield* sleep(1);
    });
    yield* Fiber.resume(coroutine);
    log.say("outer ends");
  });
  log.is(["inner ends", "outer ends"]);
});

for (const [how, enter] of [
  ["an op", (fiber: AnyFiber): Routine<unknown> => Fiber.transfer(fiber) as never],
  ["a method", (fiber: AnyFiber): unknown => fiber.transfer()],
  ["a raise", (fiber: AnyFiber): unknown => fiber.raise("raised")],
] as const) {
  test(`a program within a coroutine of plain code cannot enter that code's other coroutines, by ${how}`, () => {
    const log = new Log();
    const resumed: AnyFiber = new Fiber(function* (): Routine<string> {
      yield* Fiber.transfer(running);
      return "the end of resumed";
    });
    const running: AnyFiber = new Fiber(function* (): Routine<void> {
      runSync(function* (): Routine<void> {
        try {
          const op = enter(resumed);
          if (how === "an op") yield* op as Routine<unknown>;
          log.say("let in");
        } catch (error) {
          log.say((error as FiberError).code);
        }
      });
      log.say("running ends");
    });
    log.say(String(resumed.resume()));
    log.is(["native-crossing", "running ends", "the end of resumed"]);
  });
}

/** Two coroutines that hand control to each other; the second ends without a resumer. */
function handsOver(log: Log): void {
  const first: AnyFiber = new Fiber(function* (): Routine<void> {
    log.say(yield* Fiber.transfer<string>(second));
    log.say(yield* Fiber.transfer<string>(second));
  });
  const second: AnyFiber = new Fiber(function* (): Routine<string> {
    yield* Fiber.transfer(first, "transferred");
    return "ended";
  });
  first.resume();
}

test("a callback may pass control around among coroutines of its own", () => {
  const log = new Log();
  play(function* () {
    yield* supervised(function* () {
      const child = spawn(() => yieldNow());
      monitor(child, () => handsOver(log)); // between turns
      const undone = [1, 2].map(() => spawn(() => suspend(() => () => handsOver(log))));
      yield* sleep(1);
      void undone[0]?.cancel();
      const resumed: AnyFiber = new Fiber(function* (): Routine<void> {
        void undone[1]?.cancel();
        yield* sleep(1);
        log.say("resumed ends");
      });
      yield* Fiber.resume(resumed);
    });
  });
  const passed = ["transferred", "ended"];
  log.is([...passed, ...passed, ...passed, "resumed ends"]);
});

test("run in a fiber starts a program of its own, which has no parent", async () => {
  const order: string[] = [];
  const other = await run(function* () {
    const started = run(function* () {
      assert.equal(Fiber.current.parent, undefined);
      yield* sleep(1);
      order.push("other");
      return "other";
    });
    order.push("first");
    assert.deepEqual(Fiber.current.children, []);
    yield* yieldNow();
    return { started };
  });
  assert.equal(await other.started, "other");
  assert.deepEqual(order, ["first", "other"]);
});

test("a callback at an end runs in no fiber: it cannot wait, nor spawn without a scope", () => {
  const log = new Log();
  play(function* () {
    yield* supervised(function* (all) {
      const child = spawn(function* () {
        yield* sleep(1);
      });
      monitor(child, () => {
        for (const use of [() => sleep(1), () => yieldNow(), () => spawn(function* () {})]) {
          try {
            use();
            log.say("let in");
          } catch (error) {
            log.say((error as FiberError).code);
          }
        }
        all.spawn(function* () {
          log.say("restarted");
        });
      });
      yield* sleep(2);
    });
  });
  log.is(["outside", "outside", "outside", "restarted"]);
});

test("a coroutine's end that would have to go to its task across a synchronous call is an error there", () => {
  const log = new Log();
  const { end } = outcome({}, function* () {
    const ends: AnyFiber = new Fiber(function* ends(): Routine<void> {});
    const outer: AnyFiber = new Fiber(function* outer(): Routine<string> {
      try {
        ends.transfer();
      } catch (error) {
        log.say((error as FiberError).code);
      }
      yield* sleep(1);
      return "outer's end";
    });
    log.say(yield* Fiber.transfer<string>(outer));
    return "end";
  });
  assert.equal(end.value, "end", String(end.value));
  log.is(["native-crossing", "outer's end"]);
});

test("cancelling the task below a synchronous call reaches the scope of the coroutine that made the call", () => {
  const log = new Log();
  outcome({}, function* () {
    const task = Fiber.current;
    const cancels: AnyFiber = new Fiber(function* (): Routine<void> {
      void task.cancel();
    });
    const calls: AnyFiber = new Fiber(function* (): Routine<void> {
      yield* supervised(function* () {
        try {
          cancels.transfer();
        } catch {
          // Its end would have had to go to the task.
        }
        try {
          yield* sleep(Infinity);
        } catch (error) {
          log.say((error as Error).name);
          throw error;
        }
      });
    });
    yield* Fiber.transfer(calls);
  });
  log.is(["Cancelled"]);
});
