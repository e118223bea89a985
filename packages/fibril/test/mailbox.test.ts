/** What mailboxes promise, one behaviour a test. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  FiberError,
  mailbox,
  receive,
  select,
  send,
  sleep,
  spawn,
  tryReceive,
  trySend,
  yieldNow,
} from "fibril";
import { play } from "./support/manual-host.ts";

const is = (kind: string) => (message: { kind: string }) => message.kind === kind;

test("messages come in the order of their sending, and wait for who does not receive yet", () => {
  play(function* () {
    const reader = spawn(function* () {
      const seen: unknown[] = [];
      for (let i = 0; i < 3; i++) seen.push(yield* receive());
      return seen;
    });
    yield* send(reader, 1);
    yield* send(reader, 2);
    yield* yieldNow();
    assert.equal(trySend(reader, 3), true);
    assert.deepEqual(yield* reader, [1, 2, 3]);
  });
});

test("a selective receive takes the oldest that it wants, and leaves the others in their order", () => {
  play(function* () {
    const reader = spawn(function* () {
      const b = yield* receive(is("b"));
      const rest = [yield* receive(), yield* receive()];
      assert.equal(tryReceive(), undefined);
      return [b, ...rest];
    });
    const messages = [
      { kind: "a", n: 1 },
      { kind: "b", n: 2 },
      { kind: "a", n: 3 },
    ];
    for (const message of messages) yield* send(reader, message);
    assert.deepEqual(yield* reader, [messages[1], messages[0], messages[2]]);
  });
});

test("a match is asked about each message that comes; what it throws is its fiber's", () => {
  play(function* () {
    const reader = spawn(function* () {
      try {
        return [
          yield* receive(() => {
            throw new RangeError("bad match");
          }),
        ];
      } catch (error) {
        return [String(error), yield* receive()];
      }
    });
    yield* yieldNow();
    assert.equal(trySend(reader, "kept"), true);
    assert.deepEqual(yield* reader, ["RangeError: bad match", "kept"]);
  });
});

test("a bounded mailbox makes senders wait, or forgets", () => {
  play(function* () {
    const reader = spawn(function* () {
      yield* sleep(10);
      return [yield* receive(), yield* receive(), yield* receive()];
    });
    mailbox(reader, { capacity: 1 });
    yield* send(reader, 1);
    assert.equal(trySend(reader, 2), false);
    const sending = spawn(() => send(reader, 2));
    yield* yieldNow();
    assert.equal(mailbox(reader).sending, 1);
    mailbox(reader, { capacity: 2, overflow: "sliding" });
    assert.equal(mailbox(reader).messages, 2);
    yield* sending;
    yield* send(reader, 3);
    assert.equal(mailbox(reader).dropped, 1);
    yield* send(reader, 4);
    mailbox(reader, { capacity: 3, overflow: "dropping" });
    yield* send(reader, 5);
    yield* send(reader, 6);
    assert.deepEqual(yield* reader, [3, 4, 5]);
  });
});

test("a fiber that has ended receives nothing, and who waits to send to it is told so", () => {
  const codes: string[] = [];
  play(function* () {
    const reader = spawn(function* () {
      yield* sleep(10);
    });
    mailbox(reader, { capacity: 1 });
    trySend(reader, 1);
    spawn(function* () {
      try {
        yield* send(reader, 2);
      } catch (error) {
        codes.push((error as FiberError).code);
      }
    });
    yield* reader;
    yield* yieldNow();
    assert.throws(() => trySend(reader, 3), FiberError);
    const raw = new Fiber(function* () {});
    assert.throws(() => trySend(raw, 3), FiberError);
    assert.throws(() => trySend({} as never, 3), TypeError);
  });
  assert.deepEqual(codes, ["broken"]);
  assert.throws(() => receive(), FiberError);
});

test("a receive is a case of select", () => {
  play(function* () {
    const reader = spawn(function* () {
      const first = yield* select({ a: () => receive(is("a")), late: () => sleep(5) });
      const second = yield* select({ b: () => receive(is("b")), a: () => receive(is("a")) });
      return [first.key, second.key, second.value];
    });
    yield* yieldNow();
    trySend(reader, { kind: "b" });
    assert.deepEqual(yield* reader, ["late", "b", { kind: "b" }]);
  });
});
