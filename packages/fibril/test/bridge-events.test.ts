/** Events and messages of the host: one of them, or all of them as a channel. */
import assert from "node:assert/strict";
import { EventEmitter, getEventListeners } from "node:events";
import { test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import {
  events,
  type Fiber,
  FiberError,
  messages,
  moveOnAfter,
  once,
  type Op,
  type Routine,
  run,
  runSync,
  scope,
  sleep,
  spawn,
  supervised,
  TimeoutError,
  failAfter,
  until,
  type Waitable,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { play } from "./support/manual-host.ts";

function* around(): Routine<void> {
  for (let i = 0; i < 3; i++) yield* until(new Promise((resolve) => setImmediate(resolve)));
}

function* caught(work: () => Waitable<unknown, any, any>): Routine<unknown> {
  try {
    return `no error, but ${String(yield* work())}`;
  } catch (error) {
    return error;
  }
}

const targetCount = (target: EventTarget): number =>
  ["go", "error", "close"].reduce((sum, type) => sum + getEventListeners(target, type).length, 0);
const emitterCount = (emitter: EventEmitter): number =>
  emitter.eventNames().reduce((sum, type) => sum + emitter.listenerCount(type), 0);

class Tagged extends Event {
  readonly tag: number;
  constructor(type: string, tag: number) {
    super(type);
    this.tag = tag;
  }
}

test("once gives the event of a target, the arguments of an emitter, and stops listening", () => {
  const target = new EventTarget();
  const emitter = new EventEmitter();
  play(function* () {
    const first = spawn(() => once<Tagged>(target, "go"));
    const second = spawn(() => once<[number, string]>(emitter, "go"));
    yield* sleep(1);
    assert.equal(first.waitingOn?.what, 'event "go"');
    assert.equal(targetCount(target), 1);
    assert.equal(emitterCount(emitter), 2, "its error is listened to as well");
    for (const tag of [1, 2]) target.dispatchEvent(new Tagged("go", tag));
    for (const n of [1, 2]) emitter.emit("go", n, "x");
    assert.equal((yield* first).tag, 1);
    assert.deepEqual(yield* second, [1, "x"]);
  });
  assert.equal(targetCount(target) + emitterCount(emitter), 0);
});

test("once: when says which event is meant, and what it throws ends the wait", () => {
  const target = new EventTarget();
  play(function* () {
    const waiting = spawn(() =>
      once<Tagged>(target, "go", { when: ({ tag }) => tag === 2, name: "the second" }),
    );
    yield* sleep(1);
    assert.equal(waiting.waitingOn?.what, "the second");
    for (const tag of [1, 2, 3]) target.dispatchEvent(new Tagged("go", tag));
    assert.equal((yield* waiting).tag, 2);
    const failing = spawn(() =>
      caught(() =>
        once(target, "go", {
          when: () => {
            throw new Error("when");
          },
        }),
      ),
    );
    yield* sleep(1);
    target.dispatchEvent(new Tagged("go", 1));
    assert.equal(((yield* failing) as Error).message, "when");
  });
  assert.equal(targetCount(target), 0);
});

test("once: an error event of an emitter is thrown; of a target where that was said", () => {
  const target = new EventTarget();
  const emitter = new EventEmitter();
  const failure = new Error("emitted");
  play(function* () {
    const fibers = [
      spawn(() => caught(() => once(emitter, "go"))),
      spawn(() => caught(() => once(target, "go", { failOn: ["error"] }))),
      spawn(() => caught(() => once(emitter, "error"))),
    ];
    yield* sleep(1);
    emitter.emit("error", failure);
    target.dispatchEvent(new Event("error"));
    const [first, second, third] = [yield* fibers[0]!, yield* fibers[1]!, yield* fibers[2]!];
    assert.equal(first, failure);
    assert.equal((second as FiberError).code, "event");
    assert.match((second as FiberError).message, /"error"/);
    assert.match(String(third), /no error/, "what is waited for by name is no failure");
  });
  assert.equal(targetCount(target) + emitterCount(emitter), 0);
});

test("what is no emitter, and options that are none, are refused at the call", () => {
  play(function* () {
    assert.throws(() => once({} as never, "go"), TypeError);
    assert.throws(() => once(new EventTarget(), "go", { whom: 1 } as never), TypeError);
    assert.throws(() => once(new EventTarget(), "go", { failOn: "error" } as never), TypeError);
    assert.throws(() => events({} as never, "go"), TypeError);
    assert.throws(() => events(new EventTarget(), "go", { overflow: "wait" } as never), TypeError);
    assert.throws(() => events(new EventTarget(), "go", { capacity: -1 }), RangeError);
    assert.throws(() => messages(5 as never), TypeError);
    assert.throws(() => messages(new EventTarget(), { failOn: [] } as never), TypeError);
    yield* sleep(1);
  });
});

const ends: [string, (child: Fiber) => void][] = [
  ["cancel", (child) => void child.cancel()],
  ["kill", (child) => void child.kill()],
  ["raise", (child) => void child.raise(new Error("raised"))],
];
for (const [name, end] of ends) {
  test(`${name} of once and of a receiver of events: no listener is left, and no event lost`, () => {
    const target = new EventTarget();
    const emitter = new EventEmitter();
    play(function* () {
      yield* supervised(function* () {
        for (const wait of [
          (): Op<unknown> => once(target, "go", { failOn: ["error"] }),
          (): Op<unknown> => once(emitter, "go"),
        ]) {
          const child = spawn(wait);
          yield* sleep(1);
          end(child);
          yield* caught(() => child.join());
          assert.equal(targetCount(target) + emitterCount(emitter), 0);
        }
        yield* supervised(function* () {
          const going = events<Tagged>(target, "go");
          const child = spawn(() => going.receive());
          yield* sleep(1);
          end(child);
          target.dispatchEvent(new Tagged("go", 7));
          yield* caught(() => child.join());
          assert.equal((yield* going.receive()).tag, 7);
        });
        assert.equal(targetCount(target), 0);
      });
    });
  });
}

test("once under a time limit leaves no listener", () => {
  const emitter = new EventEmitter();
  play(function* () {
    assert.equal(yield* moveOnAfter(5, () => once(emitter, "go"), "late"), "late");
    const error = yield* caught(() => failAfter(5, () => once(emitter, "go")));
    assert.ok(error instanceof TimeoutError);
  });
  assert.equal(emitterCount(emitter), 0);
});

test("events keeps what comes while nobody receives, and ends with its scope", () => {
  const target = new EventTarget();
  play(function* () {
    const left = yield* scope(function* () {
      const going = events<Tagged>(target, "go", { when: ({ tag }) => tag !== 2 });
      for (const tag of [1, 2, 3]) target.dispatchEvent(new Tagged("go", tag));
      assert.equal((yield* going.receive()).tag, 1);
      assert.equal(going.stats().buffered, 1);
      return going;
    });
    assert.equal(targetCount(target), 0);
    target.dispatchEvent(new Tagged("go", 4));
    const seen: number[] = [];
    yield* left!.each(({ tag }) => void seen.push(tag));
    assert.deepEqual(seen, [3]);
  });
});

test("events: what happens when there is no room, by choice", () => {
  play(function* () {
    for (const [overflow, expected] of [
      ["sliding", [2, 3]],
      ["dropping", [1, 2]],
      ["fail", [1, 2, "overflow"]],
    ] as const) {
      const target = new EventTarget();
      const going = events<Tagged>(target, "go", { capacity: 2, overflow, closeOn: ["close"] });
      for (const tag of [1, 2, 3]) target.dispatchEvent(new Tagged("go", tag));
      target.dispatchEvent(new Event("close"));
      const seen: unknown[] = [];
      try {
        yield* going.each(({ tag }) => void seen.push(tag));
      } catch (error) {
        seen.push((error as FiberError).code);
      }
      assert.deepEqual(seen, expected);
      assert.equal(targetCount(target), 0);
    }
  });
});

test("events: an error event comes after what was there before it", () => {
  const emitter = new EventEmitter();
  const failure = new Error("emitted");
  play(function* () {
    const going = events<[number]>(emitter, "go");
    emitter.emit("go", 1);
    emitter.emit("error", failure);
    assert.equal(emitterCount(emitter), 0);
    assert.deepEqual(yield* going.receive(), [1]);
    assert.equal(yield* caught(() => going.receive()), failure);
  });
});

test("waiting for an event is no deadlock as long as something outside may act, and one where nothing can", async () => {
  const target = new EventTarget();
  const host = new VirtualHost();
  const running = run({ host }, function* () {
    const going = events<Tagged>(target, "go");
    // Not before somebody listens, however long the first turn takes to come.
    setTimeout(() => target.dispatchEvent(new Tagged("go", 5)), 5);
    return (yield* going.receive()).tag;
  });
  assert.equal(await running, 5);
  assert.throws(() => runSync(() => once(new EventTarget(), "go")), { code: "deadlock" });
});

test("a thousand waits for one event each are O(1) listeners at a time", () => {
  const emitter = new EventEmitter();
  play(function* () {
    for (let i = 0; i < 1_000; i++) {
      const waiting = spawn(() => once<[number]>(emitter, "go"));
      yield* sleep(1);
      assert.equal(emitterCount(emitter), 2);
      emitter.emit("go", i);
      assert.deepEqual(yield* waiting, [i]);
    }
  });
});

test("messages of a MessagePort come as they were posted, end with the port, and go both ways", async () => {
  await run(function* () {
    const { port1, port2 } = new MessageChannel();
    spawn(function* echo() {
      yield* messages<number>(port2).each((n) => {
        port2.postMessage(n * 2);
      });
    });
    const inbox = messages<number>(port1);
    const seen: number[] = [];
    for (const n of [1, 2, 3]) {
      port1.postMessage(n);
      seen.push(yield* inbox.receive());
    }
    assert.deepEqual(seen, [2, 4, 6]);
    port1.close();
    yield* inbox.each(() => {});
    assert.equal(inbox.closed, true);
  });
});

test("messages of a BroadcastChannel reach all who listen, and none after their scope", async () => {
  await run(function* () {
    const join = (): InstanceType<typeof BroadcastChannel> => new BroadcastChannel("fibril-test");
    const [one, two, three] = [join(), join(), join()];
    yield* scope(function* () {
      const inboxes = [messages<string>(two), messages<string>(three)];
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
      one.postMessage("hello");
      for (const inbox of inboxes) assert.equal(yield* inbox.receive(), "hello");
    });
    assert.equal(getEventListeners(two as never, "message").length, 0);
    for (const channel of [one, two, three]) channel.close();
  });
});

test("messages of a worker come until it exits, and its error is thrown", async () => {
  const worker = (code: string): Worker => new Worker(code, { eval: true });
  const port = `const { parentPort } = require("node:worker_threads");`;
  await run(function* () {
    const polite = worker(`${port} for (const n of [1, 2]) parentPort.postMessage(n);`);
    const seen: number[] = [];
    yield* messages<number>(polite).each((n) => void seen.push(n));
    assert.deepEqual(seen, [1, 2]);
    const failing = worker(`throw new RangeError("in the worker");`);
    const error = yield* caught(() => messages(failing).receive());
    assert.equal((error as Error).name, "RangeError");
    yield* around();
    assert.equal(failing.listenerCount("message") + failing.listenerCount("error"), 0);
  });
});

test("the ports of Node and the standard's are both taken", async () => {
  await run(function* () {
    const { port1, port2 } = new globalThis.MessageChannel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has none
    port2.postMessage({ text: "structured" });
    assert.deepEqual(yield* messages(port1 as never).receive(), { text: "structured" });
    port1.close();
  });
});
