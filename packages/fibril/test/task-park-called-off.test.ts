/** A `park` that ends early: the code that would have called `unpark` learns it from the return value. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DeadlockError,
  type End,
  Fiber,
  monitor,
  moveOnAfter,
  park,
  runSync,
  shield,
  sleep,
  spawn,
  unpark,
  yieldNow,
} from "fibril";
import { thrown } from "./support/expect.ts";
import { begin, Log, outcome, play } from "./support/manual-host.ts";
import { parks } from "./support/parks.ts";

test("a cancelled one's unpark answers false, so that the value can be handed to another", () => {
  const log = new Log();
  play(function* () {
    const waiting = ["first", "second", "third"].map((name) => parks(log, name));
    yield* sleep(1);
    void waiting[0]?.cancel();
    // As a channel does: the next fiber that still waits takes it.
    const taker = waiting.find((fiber) => unpark(fiber, "value"));
    assert.equal(taker, waiting[1]);
    yield* sleep(1);
    void waiting[2]?.cancel();
  });
  log.is([
    "first catches Cancelled",
    "first ends",
    "second gets value",
    "second ends",
    "third catches Cancelled",
    "third ends",
  ]);
});

test("one that is cancelled after its unpark gets the value, and Cancelled at its next wait", () => {
  const log = new Log();
  play(function* () {
    const fiber = spawn(function* () {
      log.say(yield* park<string>());
      try {
        yield* park();
      } catch (error) {
        log.say((error as Error).name);
        throw error;
      }
    });
    yield* sleep(1);
    assert.equal(unpark(fiber, "handed over"), true);
    yield* fiber.cancel();
  });
  log.is(["handed over", "Cancelled"]);
});

test("a park of a fiber that is cancelled already throws at once, so that it cannot be unparked", () => {
  const log = new Log();
  play(function* () {
    const fiber: Fiber = spawn(function* () {
      void Fiber.current.cancel();
      try {
        yield* park();
      } finally {
        log.say("not parked");
      }
    }) as never;
    yield* sleep(1);
    assert.equal(unpark(fiber), false);
  });
  log.is(["not parked"]);
});

test("what was raised or killed is unparked no more, before its turn or after", () => {
  const log = new Log();
  const { end } = outcome({}, function* () {
    const raised = parks(log, "raised");
    const killed = parks(log, "killed");
    const ends: End[] = [];
    monitor(raised, (ended) => ends.push(ended));
    monitor(killed, (ended) => ends.push(ended));
    yield* sleep(1);
    raised.raise(RangeError, "why");
    killed.kill();
    assert.deepEqual([unpark(raised, "value"), unpark(killed, "value")], [false, false]);
    try {
      yield* sleep(1);
    } finally {
      assert.deepEqual(ends.map(({ ending }) => ending).toSorted(), ["failed", "killed"]);
      assert.deepEqual([unpark(raised, "value"), unpark(killed, "value")], [false, false]);
    }
  });
  assert.equal((end.value as Error).name, "RangeError");
  assert.deepEqual(log.lines.toSorted(), [
    "killed ends",
    "raised catches RangeError",
    "raised ends",
  ]);
});

test("a raise or a kill after the unpark wins over the value", () => {
  const log = new Log();
  outcome({}, function* () {
    const raised = parks(log, "raised");
    const killed = parks(log, "killed");
    yield* sleep(1);
    assert.deepEqual([unpark(raised, "value"), unpark(killed, "value")], [true, true]);
    raised.raise(RangeError, "why");
    killed.kill();
    assert.deepEqual([unpark(raised, "value"), unpark(killed, "value")], [false, false]);
  });
  assert.deepEqual(log.lines.toSorted(), [
    "killed ends",
    "raised catches RangeError",
    "raised ends",
  ]);
});

test("a park in a shield is not called off: its unpark still answers true", () => {
  const log = new Log();
  play(function* () {
    const fiber = spawn(function* () {
      log.say(yield* shield(() => park<string>()));
      try {
        yield* park();
      } finally {
        log.say("called off");
      }
    });
    yield* sleep(1);
    void fiber.cancel();
    yield* sleep(1);
    assert.ok(fiber.alive);
    assert.equal(unpark(fiber, "in the shield"), true);
    yield* fiber.cancel();
    assert.equal(unpark(fiber), false);
  });
  log.is(["in the shield", "called off"]);
});

test("when its grace is over a park in clean-up is unwound, and its unpark answers false", () => {
  const log = new Log();
  play(function* () {
    const fiber = spawn(function* () {
      try {
        yield* park();
      } finally {
        log.say("cleans up");
        try {
          yield* shield(function* () {
            yield* park();
            log.say("not reached");
          });
        } finally {
          log.say("unwound");
          assert.equal(unpark(Fiber.current), false);
        }
      }
    });
    yield* sleep(1);
    yield* fiber.cancel("why", { grace: 5 });
    assert.equal(unpark(fiber), false);
  });
  log.is(["cleans up", "unwound"]);
});

test("a time limit ends a park, and a late unpark returns false", () => {
  play(function* () {
    const fiber = spawn(function* () {
      const result = yield* moveOnAfter(5, () => park<string>(), "too late");
      yield* sleep(5);
      return result;
    });
    yield* sleep(7);
    assert.equal(unpark(fiber, "value"), false);
    assert.equal(yield* fiber, "too late");
  });
});

test("dumps and errors call it unpark(…), with the fiber's name", () => {
  const error = thrown(() =>
    runSync(function* main() {
      const sleeper = spawn("sleeper", function* () {
        yield* park();
      });
      yield* yieldNow();
      yield* yieldNow();
      assert.equal(sleeper.waitingOn?.what, "unpark(…)");
      yield* sleeper;
    }),
  );
  assert.ok(error instanceof DeadlockError);
  assert.ok(
    error.waits.some((line) => /fiber "sleeper" waits for unpark\(…\)/.test(line)),
    error.waits.join("\n"),
  );
});

test("a fiber that gets a DeadlockError in its park cannot be unparked any more", async () => {
  const { host, fiber, promise } = begin({}, function* () {
    yield* park();
  });
  while (host.step());
  const told = assert.rejects(promise, DeadlockError);
  host.finish();
  await told;
  assert.equal(unpark(fiber), false);
});
