/**
 * What the compiler infers of channels, and what it refuses. Every `@ts-expect-error` fails the build when the
 * line below it compiles. The bodies run too.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Broadcast, Channel, type Op, receive, select, sleep, spawn } from "fibril";
import { play } from "./support/manual-host.ts";

type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only when the two types are the same. */
function exactly<A, B>(..._same: Same<A, B> extends true ? [] : [never]): void {}

test("what is received has the type of the channel", () => {
  play(function* () {
    const channel = new Channel<number>(Infinity);
    for (let i = 0; i < 5; i++) channel.trySend(i);
    const received = yield* channel.receive();
    exactly<typeof received, number>();
    const next = yield* channel.next();
    exactly<typeof next, number | undefined>();
    const orNone = yield* channel.next(null);
    exactly<typeof orNone, number | null>();
    const tried = channel.tryReceive();
    exactly<typeof tried, number | undefined>();
    const drained = yield* channel.drain();
    exactly<typeof drained, number[]>();
    channel.close();
    yield* channel.each((message) => exactly<typeof message, number>());
    // @ts-expect-error -- a body that gives a promise
    yield* channel.each(async () => {});
  });
});

test("what is sent must have the type of the channel", () => {
  const channel = new Channel<number>(2);
  channel.trySend(1);
  // @ts-expect-error -- no number
  channel.trySend("two");
  const sender = channel.sender();
  // @ts-expect-error -- a sender does not receive
  assert.equal(sender.receive, undefined);
  // @ts-expect-error -- a receiver does not send
  assert.equal(channel.receiver().send, undefined);
  // @ts-expect-error -- a broadcast says how far a subscriber may be behind
  assert.throws(() => new Broadcast<number>(), RangeError);
});

test("select knows which case gives what", () => {
  play(function* () {
    const [texts, numbers] = [new Channel<string>(1), new Channel<number>(1)];
    texts.trySend("text");
    const chosen = yield* select({
      text: () => texts.receive(),
      number: () => numbers.receive(),
      late: () => sleep(5),
    });
    const { key } = chosen;
    exactly<typeof key, "text" | "number" | "late">();
    if (chosen.key === "text") {
      const { value } = chosen;
      exactly<typeof value, string>();
    } else if (chosen.key === "number") {
      const { value } = chosen;
      exactly<typeof value, number>();
    }
    numbers.trySend(1);
    const listed = yield* select([() => numbers.receive(), () => texts.receive()]);
    const { key: index, value } = listed;
    exactly<typeof index, number>();
    exactly<typeof value, number | string>();
    // @ts-expect-error -- an op, and no function that gives one
    const wrong = (): Op<unknown> => select({ text: texts.receive() });
    assert.equal(typeof wrong, "function");
  });
});

test("a match says what is received", () => {
  play(function* () {
    const isText = (message: unknown): message is string => typeof message === "string";
    const reader = spawn(function* () {
      const text = yield* receive(isText);
      exactly<typeof text, string>();
      const anything = yield* receive();
      exactly<typeof anything, unknown>();
      const number = yield* receive<number>();
      exactly<typeof number, number>();
    });
    yield* reader.cancel();
  });
});
