/** What a channel promises, one behaviour a test. What random histories find is in channel-model.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Cancelled,
  Channel,
  DeadlockError,
  dump,
  FiberError,
  type Routine,
  runSync,
  spawn,
  yieldNow,
} from "fibril";
import { putBack } from "fibril/extend";
import { play } from "./support/manual-host.ts";

const code =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof FiberError && error.code === code;

test("a rendezvous: who sends waits until the message is received, and they come in order", () => {
  const log: string[] = [];
  play(function* () {
    const channel = new Channel<number>();
    spawn(function* () {
      for (let i = 0; i < 3; i++) {
        yield* channel.send(i);
        log.push(`sent ${i}`);
      }
    });
    yield* yieldNow();
    assert.equal(log.length, 0, "nobody has received");
    assert.equal(channel.stats().sending, 1);
    for (let i = 0; i < 3; i++) log.push(`got ${yield* channel.receive()}`);
  });
  assert.deepEqual(
    log.filter((line) => line.startsWith("got")),
    ["got 0", "got 1", "got 2"],
  );
  assert.equal(log.indexOf("sent 0") > log.indexOf("got 0"), true);
});

test("a buffered channel takes as many as its capacity before who sends has to wait", () => {
  play(function* () {
    const channel = new Channel<number>(2);
    assert.equal(channel.trySend(1), true);
    assert.equal(channel.trySend(2), true);
    assert.equal(channel.trySend(3), false);
    spawn(function* () {
      yield* channel.send(3);
    });
    yield* yieldNow();
    assert.equal(channel.stats().sending, 1);
    assert.equal(channel.tryReceive(), 1);
    assert.equal(channel.stats().sending, 0, "its message has the room that came free");
    assert.deepEqual([channel.tryReceive(), channel.tryReceive()], [2, 3]);
    assert.equal(channel.tryReceive(), undefined);
    assert.equal(channel.tryReceive("none"), "none");
  });
});

test("sliding forgets the oldest, dropping the newest, and both count what is lost", () => {
  const sliding = new Channel<number>(2, { overflow: "sliding" });
  const dropping = new Channel<number>(2, { overflow: "dropping" });
  for (let i = 0; i < 5; i++) {
    assert.equal(sliding.trySend(i), true);
    assert.equal(dropping.trySend(i), true);
  }
  assert.deepEqual([sliding.tryReceive(), sliding.tryReceive()], [3, 4]);
  assert.deepEqual([dropping.tryReceive(), dropping.tryReceive()], [0, 1]);
  assert.equal(sliding.stats().dropped, 3);
  assert.equal(dropping.stats().dropped, 3);
});

test("a closed channel gives what is left, then says that it has ended", () => {
  play(function* () {
    const channel = new Channel<string>(4, { name: "jobs" });
    yield* channel.send("a");
    channel.close();
    assert.throws(() => channel.trySend("b"), code("closed"));
    try {
      yield* channel.send("b");
      assert.fail("sent");
    } catch (error) {
      assert.ok(code("closed")(error), String(error));
      assert.match((error as Error).message, /channel "jobs" was closed/);
    }
    assert.equal(yield* channel.receive(), "a");
    for (let times = 0; times < 2; times++) {
      try {
        yield* channel.receive();
        assert.fail("received");
      } catch (error) {
        assert.ok(code("ended")(error), String(error));
      }
    }
    assert.throws(() => channel.tryReceive(), code("ended"));
  });
});

test("a close tells everybody who waits: senders that theirs was not sent, receivers that nothing comes", () => {
  const log: string[] = [];
  play(function* () {
    const full = new Channel<string>();
    const empty = new Channel<string>();
    const wrong = new Channel<string>();
    const tell = function* (wait: () => Routine<unknown>): Routine {
      try {
        yield* wait();
      } catch (error) {
        log.push(error instanceof FiberError ? error.code : String(error));
      }
    };
    spawn(tell, function* () {
      yield* full.send("a");
    });
    spawn(tell, function* () {
      return yield* empty.receive();
    });
    spawn(tell, function* () {
      return yield* wrong.receive();
    });
    yield* yieldNow();
    full.close();
    empty.close();
    wrong.close(new RangeError("no more"));
  });
  assert.deepEqual(log, ["closed", "ended", "RangeError: no more"]);
});

test("each runs its body for every message, one after the other, and ends with the channel", () => {
  const log: string[] = [];
  play(function* () {
    const channel = new Channel<number>(1);
    spawn(function* () {
      for (let i = 0; i < 3; i++) yield* channel.send(i);
      channel.close();
    });
    yield* channel.each(function* (i) {
      log.push(`begins ${i}`);
      yield* yieldNow();
      log.push(`ends ${i}`);
    });
    yield* channel.each(() => assert.fail("it has ended"));
  });
  assert.deepEqual(
    log,
    [0, 1, 2].flatMap((i) => [`begins ${i}`, `ends ${i}`]),
  );
});

test("a plain body of each is called as long as nobody asks the fiber to end", () => {
  const got: number[] = [];
  play(function* () {
    const channel = new Channel<number>(100);
    for (let i = 0; i < 100; i++) channel.trySend(i);
    const fiber = spawn(function* (): Routine {
      yield* channel.each((i) => {
        got.push(i);
        if (i === 3) void fiber.cancel();
      });
    });
    while (fiber.alive) yield* yieldNow();
  });
  assert.deepEqual(got, [0, 1, 2, 3]);
});

test("a receiver that is cancelled leaves the message to the next one", () => {
  const got: string[] = [];
  play(function* () {
    const channel = new Channel<string>();
    const receiver = (name: string) =>
      spawn(function* () {
        try {
          got.push(`${name} ${yield* channel.receive()}`);
        } catch (error) {
          assert.ok(error instanceof Cancelled);
          throw error;
        }
      });
    const first = receiver("first");
    receiver("second");
    yield* yieldNow();
    yield* first.cancel();
    yield* channel.send("message");
    assert.equal(channel.stats().receiving, 0);
  });
  assert.deepEqual(got, ["second message"]);
});

test("wrong options are refused", () => {
  assert.throws(() => new Channel(-1), RangeError);
  assert.throws(() => new Channel(1.5), RangeError);
  assert.throws(() => new Channel(Number.NaN), RangeError);
  assert.throws(() => new Channel(0, { overflow: "sliding" }), RangeError);
  assert.throws(() => new Channel(Infinity, { overflow: "dropping" }), RangeError);
  assert.throws(() => new Channel(1, { overflow: "never" as never }), TypeError);
  assert.throws(() => new Channel(1, { nam: "x" } as never), TypeError);
});

test("the last sender that closes ends the channel; who waits through a half that is closed is told so", () => {
  const log: string[] = [];
  play(function* () {
    const channel = new Channel<number>();
    const first = channel.sender();
    const second = first.clone();
    assert.equal(channel.stats().senders, 2);
    spawn(function* () {
      try {
        yield* first.send(1);
      } catch (error) {
        log.push((error as FiberError).code);
      }
    });
    spawn(function* () {
      yield* second.send(2);
      log.push("sent 2");
    });
    yield* yieldNow();
    first.close();
    first.close();
    assert.equal(channel.closed, false);
    assert.throws(() => first.trySend(1), code("closed"));
    assert.throws(() => first.clone(), code("closed"));
    log.push(`got ${yield* channel.receive()}`);
    second.close();
    assert.equal(channel.closed, true);
    assert.equal(yield* channel.next("over"), "over");
  });
  assert.deepEqual(log.toSorted(), ["closed", "got 2", "sent 2"]);
});

test("the last receiver that closes breaks the senders, and a receiver that was closed is told that it was", () => {
  const log: string[] = [];
  play(function* () {
    const channel = new Channel<number>(1);
    const receiver = channel.receiver();
    const other = receiver.clone();
    channel.trySend(1);
    spawn(function* () {
      try {
        yield* channel.send(2);
      } catch (error) {
        log.push((error as FiberError).code);
      }
    });
    yield* yieldNow();
    receiver.close();
    assert.throws(() => receiver.tryReceive(), code("closed"));
    assert.equal(channel.closed, false);
    other.close();
    assert.throws(() => channel.trySend(3), code("broken"));
    assert.throws(() => channel.tryReceive(), code("closed"));
    assert.equal(channel.stats().buffered, 0, "nobody will receive it");
    yield* yieldNow();
  });
  assert.deepEqual(log, ["broken"]);
});

test("a sender that closes with an error breaks the channel for all", () => {
  play(function* () {
    const channel = new Channel<number>(4);
    const [one, two] = [channel.sender(), channel.sender()];
    one.trySend(1);
    one.close(new RangeError("lost the source"));
    assert.throws(
      () => two.trySend(2),
      (error) =>
        code("closed")(error) && ((error as Error).cause as Error).message === "lost the source",
    );
    assert.equal(yield* channel.receive(), 1);
    assert.throws(() => channel.tryReceive(), RangeError);
  });
});

test("drain takes what is there at once, and nothing at the end", () => {
  play(function* () {
    const channel = new Channel<number>(Infinity);
    spawn(function* () {
      for (let i = 0; i < 5; i++) channel.trySend(i);
      yield* yieldNow();
      channel.close();
    });
    assert.deepEqual(yield* channel.drain(2), [0, 1]);
    assert.deepEqual(channel.tryDrain(1), [2]);
    assert.deepEqual(yield* channel.drain(), [3, 4]);
    assert.deepEqual(channel.tryDrain(), []);
    assert.deepEqual(yield* channel.drain(), []);
  });
});

test("for await gives the messages to plain code; a loop that is left early leaves nobody in line", async () => {
  const channel = new Channel<number>(Infinity);
  const seen: number[] = [];
  const reading = (async () => {
    for await (const message of channel) {
      seen.push(message);
      if (message === 2) break;
    }
  })();
  await Promise.resolve();
  assert.equal(channel.stats().receiving, 1);
  for (let i = 0; i < 5; i++) channel.trySend(i);
  await reading;
  assert.deepEqual(seen, [0, 1, 2]);
  const messages = channel[Symbol.asyncIterator]();
  assert.deepEqual(channel.tryDrain(), [3, 4]);
  const asked = messages.next();
  assert.equal(channel.stats().receiving, 1);
  await messages.return?.();
  assert.deepEqual(await asked, { done: true, value: undefined });
  assert.equal(channel.stats().receiving, 0);
  channel.close(new RangeError("why"));
  await assert.rejects(async () => {
    for await (const message of channel) assert.fail(String(message));
  }, RangeError);
});

test("dumps and deadlocks name the channel", () => {
  const jobs = new Channel<number>(0, { name: "jobs" });
  const work = (): unknown =>
    runSync(function* () {
      spawn(function* worker() {
        yield* jobs.receive();
      });
      yield* yieldNow();
      assert.match(dump(), /a message of channel "jobs"/);
      yield* new Channel<number>(1, { name: "results" }).receive();
    });
  assert.throws(work, (error) => {
    assert.ok(error instanceof DeadlockError);
    assert.match(error.message, /worker" waits for a message of channel "jobs"/);
    assert.match(error.message, /a message of channel "results"/);
    return true;
  });
});

test("messages that are put back are received first, or last, also when the channel is full", () => {
  play(function* () {
    const channel = new Channel<number>(2);
    const [receiver, sender] = [channel.receiver(), channel.sender()];
    for (const n of [1, 2]) channel.trySend(n);
    const taken = receiver.tryDrain();
    for (const n of [3, 4]) channel.trySend(n);
    const waiting = spawn(() => sender.send(5));
    yield* yieldNow();
    putBack(receiver, taken);
    assert.deepEqual(channel.stats().buffered, 4);
    putBack(sender, [6]);
    assert.equal(channel.tryReceive(), 1);
    assert.equal(channel.stats().sending, 1, "there is no room yet");
    assert.deepEqual(receiver.tryDrain(), [2, 3, 4, 6, 5]);
    yield* waiting;
  });
});

test("messages that are put back into a rendezvous stay before those who wait to send", () => {
  play(function* () {
    const channel = new Channel<string>();
    const receiver = channel.receiver();
    putBack(receiver, ["a", "b"]);
    const waiting = spawn(() => channel.send("c"));
    yield* yieldNow();
    assert.equal(channel.tryReceive(), "a");
    assert.equal(channel.stats().sending, 1);
    assert.deepEqual(receiver.tryDrain(), ["b", "c"]);
    yield* waiting;
  });
});

test("what is put back goes to those who wait, and to nobody in a broken channel", () => {
  play(function* () {
    const channel = new Channel<string>(1);
    const receiver = channel.receiver();
    const waiting = spawn(() => receiver.receive());
    yield* yieldNow();
    putBack(receiver, ["a", "b"]);
    assert.equal(yield* waiting, "a");
    assert.equal(channel.stats().buffered, 1);
    receiver.close();
    putBack(receiver, ["c"]);
    assert.equal(channel.stats().buffered, 0);
  });
});
