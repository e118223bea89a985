/** What a broadcast promises, one behaviour a test. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Broadcast, FiberError, spawn, yieldNow } from "fibril";
import { play } from "./support/manual-host.ts";

test("every subscriber receives every message, in order", () => {
  const got: Record<string, number[]> = { a: [], b: [], c: [] };
  play(function* () {
    const news = new Broadcast<number>(2);
    for (const [name, seen] of Object.entries(got)) {
      const subscriber = news.subscribe();
      spawn(function* () {
        yield* subscriber.each((message) => void seen.push(message));
        seen.push(-1);
        assert.ok(name);
      });
    }
    for (let i = 0; i < 20; i++) yield* news.send(i);
    news.close();
  });
  const all = [...Array.from({ length: 20 }, (_, i) => i), -1];
  assert.deepEqual(got, { a: all, b: all, c: all });
});

test("a slow subscriber makes senders wait, and then nobody has the message", () => {
  play(function* () {
    const news = new Broadcast<number>(1);
    const [fast, slow] = [news.subscribe(), news.subscribe()];
    yield* news.send(1);
    assert.equal(fast.tryReceive(), 1);
    assert.equal(news.trySend(2), false);
    const sending = spawn(() => news.send(2));
    yield* yieldNow();
    assert.equal(fast.tryReceive(), undefined);
    assert.equal(slow.tryReceive(), 1);
    assert.equal(fast.tryReceive(), 2);
    assert.equal(slow.tryReceive(), 2);
    yield* sending;
    yield* news.send(3);
    const waiting = spawn(() => news.send(4));
    yield* yieldNow();
    assert.equal(fast.tryReceive(), 3);
    assert.equal(news.stats().sending, 1);
    slow.close();
    assert.equal(fast.tryReceive(), 4, "who has left is not waited for");
    yield* waiting;
    assert.equal(news.stats().subscribers, 1);
  });
});

test("a sender that is cancelled has sent to nobody", () => {
  play(function* () {
    const news = new Broadcast<number>(1);
    const [one, two] = [news.subscribe(), news.subscribe()];
    yield* news.send(1);
    const sending = spawn(() => news.send(2));
    yield* yieldNow();
    yield* sending.cancel();
    assert.deepEqual([one.tryDrain(), two.tryDrain()], [[1], [1]]);
    assert.deepEqual([one.tryDrain(), two.tryDrain()], [[], []]);
  });
});

test("sliding, dropping and fail bear a slow subscriber", () => {
  play(function* () {
    const left = (slow: "sliding" | "dropping" | "fail") => {
      const news = new Broadcast<number>(2, { slow, name: "news" });
      const subscriber = news.subscribe();
      for (let i = 0; i < 5; i++) assert.equal(news.trySend(i), true);
      const seen = subscriber.tryDrain();
      if (slow === "fail") {
        assert.throws(
          () => subscriber.tryReceive(),
          (error) => error instanceof FiberError && error.code === "broken",
        );
        assert.equal(news.stats().subscribers, 0);
      }
      return seen;
    };
    assert.deepEqual(left("sliding"), [3, 4]);
    assert.deepEqual(left("dropping"), [0, 1]);
    assert.deepEqual(left("fail"), [0, 1]);
  });
});

test("who comes later receives the last messages first, also after the end", () => {
  play(function* () {
    const news = new Broadcast<number>(4, { replay: 2 });
    for (let i = 0; i < 5; i++) yield* news.send(i);
    const late = news.subscribe();
    yield* news.send(5);
    assert.deepEqual(late.tryDrain(), [3, 4, 5]);
    news.close();
    const last = news.subscribe();
    assert.deepEqual(yield* last.drain(), [4, 5]);
    assert.deepEqual(yield* last.drain(), []);
    assert.equal(news.stats().subscribers, 0);
    assert.throws(() => new Broadcast(2, { replay: 3 }), RangeError);
  });
});
