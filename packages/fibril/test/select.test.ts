/** What select promises, one behaviour a test. What random histories find is in channel-model.test.ts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Channel,
  fifo,
  FiberError,
  type Op,
  type Routine,
  select,
  sleep,
  spawn,
  suspend,
  trySelect,
  until,
  yieldNow,
} from "fibril";
import { play } from "./support/manual-host.ts";

test("select gives the case that is ready, and does nothing to the others", () => {
  play(function* () {
    const [a, b, out] = [new Channel<number>(1), new Channel<string>(1), new Channel<string>(1)];
    b.trySend("b");
    out.trySend("full");
    const chosen = yield* select({
      a: () => a.receive(),
      b: () => b.receive(),
      out: () => out.send("more"),
      late: () => sleep(10),
    });
    assert.deepEqual(chosen, { key: "b", value: "b" });
    for (const channel of [a, b, out]) {
      assert.equal(channel.stats().receiving + channel.stats().sending, 0);
    }
    assert.equal(out.tryReceive(), "full");
  });
});

test("who waits in select gets the first that comes; the other channels have lost nobody and nothing", () => {
  play(function* () {
    const channels = Array.from({ length: 5 }, () => new Channel<number>());
    const got = spawn(function* () {
      return yield* select(channels.map((channel) => () => channel.receive()));
    });
    yield* yieldNow();
    assert.deepEqual(
      channels.map((channel) => channel.stats().receiving),
      [1, 1, 1, 1, 1],
    );
    assert.equal(channels[3]?.trySend(7), true);
    assert.deepEqual(
      channels.map((channel) => channel.stats().receiving),
      [0, 0, 0, 0, 0],
    );
    assert.equal(channels[2]?.trySend(8), false, "it is not taken by who has chosen already");
    assert.deepEqual(yield* got, { key: 3, value: 7 });
  });
});

test("a select that sends hands its message over once", () => {
  play(function* () {
    const [a, b] = [new Channel<string>(), new Channel<string>()];
    const sent = spawn(function* () {
      return yield* select({ a: () => a.send("for a"), b: () => b.send("for b") });
    });
    yield* yieldNow();
    assert.equal(b.tryReceive(), "for b");
    assert.equal(a.tryReceive(), undefined);
    assert.deepEqual(yield* sent, { key: "b", value: undefined });
  });
});

test("two selects meet each other; one does not meet itself", () => {
  play(function* () {
    const channel = new Channel<string>();
    const both = (name: string) =>
      spawn(function* () {
        return yield* select({ in: () => channel.receive(), out: () => channel.send(name) });
      });
    const first = both("first");
    yield* yieldNow();
    yield* yieldNow();
    assert.deepEqual([channel.stats().receiving, channel.stats().sending], [1, 1]);
    const second = both("second");
    const [one, two] = [yield* first, yield* second];
    assert.deepEqual([one.key, two.key].toSorted(), ["in", "out"]);
    assert.equal(one.key === "in" ? one.value : two.value, one.key === "in" ? "second" : "first");
    assert.deepEqual([channel.stats().receiving, channel.stats().sending], [0, 0]);
  });
});

test("a time limit, a fiber, a promise and a callback are cases as well, and are called off", () => {
  const undone: string[] = [];
  play(function* () {
    const channel = new Channel<number>();
    const fiber = spawn(function* () {
      yield* sleep(50);
      return "result";
    });
    const cases = (ms: number) => ({
      message: () => channel.receive(),
      late: () => sleep(ms),
      joined: () => fiber.join(),
      promise: () =>
        until((signal) => {
          signal.addEventListener("abort", () => undone.push("aborted"));
          return new Promise<void>(() => {});
        }),
      callback: () => suspend<void>(() => () => void undone.push("undone")),
    });
    assert.equal((yield* select(cases(10))).key, "late");
    assert.deepEqual(undone.toSorted(), ["aborted", "undone"]);
    assert.deepEqual(yield* select(cases(1_000)), { key: "joined", value: "result" });
    assert.equal(channel.stats().receiving, 0);
    assert.equal(undone.length, 4);
  });
});

test("priority takes the first that is ready; without it each has its share", () => {
  play(function* () {
    const channels = Array.from({ length: 4 }, () => new Channel<number>(Infinity));
    for (const channel of channels) for (let i = 0; i < 1_000; i++) channel.trySend(i);
    const counts = [0, 0, 0, 0];
    const cases = channels.map((channel) => () => channel.receive());
    for (let i = 0; i < 400; i++) {
      const { key } = yield* select(cases);
      counts[key] = (counts[key] as number) + 1;
    }
    for (const count of counts) assert.ok(count > 50, `each has its share: ${counts.join(" ")}`);
    for (let i = 0; i < 50; i++) {
      assert.equal((yield* select(cases, { priority: true })).key, 0);
    }
  });
});

test("trySelect answers at once, and leaves nothing behind", () => {
  play(function* () {
    const [a, b] = [new Channel<number>(1), new Channel<number>(1)];
    const cases = { a: () => a.receive(), b: () => b.receive(), late: () => sleep(5) };
    assert.equal(trySelect(cases), undefined);
    assert.deepEqual([a.stats().receiving, b.stats().receiving], [0, 0]);
    b.trySend(2);
    assert.deepEqual(trySelect(cases), { key: "b", value: 2 });
    assert.deepEqual(trySelect({ none: () => a.send(3) }), { key: "none", value: undefined });
    b.close();
    assert.throws(
      () => trySelect({ b: () => b.receive() }),
      (error) => error instanceof FiberError && error.code === "ended",
    );
  });
});

test("a channel that has ended is ready, also while others wait, and its error comes out", () => {
  play(function* () {
    const [a, b] = [new Channel<number>(), new Channel<number>()];
    const codes: string[] = [];
    const waits = function* (): Routine {
      try {
        yield* select({ a: () => a.receive(), b: () => b.receive() });
      } catch (error) {
        codes.push((error as FiberError).code);
      }
    };
    spawn(waits);
    yield* yieldNow();
    b.close();
    yield* waits();
    yield* yieldNow();
    assert.deepEqual(codes, ["ended", "ended"]);
    assert.equal(a.stats().receiving, 0);
  });
});

test("an iterable, which would have no cases, is refused instead of waited for without end", () => {
  const late = (): Op<void> => sleep(1);
  for (const wrong of [new Set([late]), new Map([["late", late]]), [late].values()]) {
    assert.throws(() => select(wrong as never), /a list: \[\.\.\.iterable\]$/);
    assert.throws(() => trySelect(wrong as never), /a list: \[\.\.\.iterable\]$/);
  }
});

test("what is no wait is refused, and what had begun is called off", () => {
  play(function* () {
    const channel = new Channel<number>();
    let undone = 0;
    const bad = [() => 5, () => yieldNow(), 5, undefined];
    for (const wrong of bad) {
      const cases = {
        first: () => suspend<void>(() => () => void undone++),
        channel: () => channel.receive(),
        wrong,
      };
      try {
        yield* select(cases as never, { priority: true });
        assert.fail("chosen");
      } catch (error) {
        assert.ok(error instanceof TypeError, String(error));
      }
    }
    assert.equal(undone, bad.length);
    assert.equal(channel.stats().receiving, 0);
  });
});

test("a select is a case of a select", () => {
  play(
    function* () {
      const [a, b] = [new Channel<number>(), new Channel<number>()];
      const chosen = spawn(function* () {
        return yield* select({
          inner: () => select({ a: () => a.receive(), late: () => sleep(1_000) }),
          b: () => b.receive(),
        });
      });
      yield* yieldNow();
      a.trySend(1);
      assert.deepEqual(yield* chosen, { key: "inner", value: { key: "a", value: 1 } });
      assert.equal(b.stats().receiving, 0);
    },
    { policy: fifo },
  );
});
