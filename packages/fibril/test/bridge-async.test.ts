/** Routines for whoever wants an async function, an async generator or an async disposal. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { Readable } from "node:stream";
import { test } from "node:test";
import {
  call,
  Fiber,
  run,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
  toAsync,
  toAsyncGenerator,
  until,
  use,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";

/** Some time has passed, and the host has gone round, so that what was started has begun. */
const soon = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(() => setImmediate(() => setImmediate(resolve)), 2);
  });

test("toAsync gives a promise of what the routine returns, or throws", async () => {
  const add = toAsync(function* add(a: number, b: number = 10) {
    yield* sleep(1);
    return a + b;
  });
  assert.equal(await add(1, 2), 3);
  assert.equal(await add(1), 11);
  assert.deepEqual([add.name, add.length], ["add", 1]);
  const failure = new Error("why");
  const fails = toAsync(function* () {
    throw failure;
  });
  await assert.rejects(fails(), (error) => error === failure);
  assert.throws(() => toAsync(5 as never), TypeError);
  assert.throws(() => toAsync(function* () {}, { host: undefined, when: 1 } as never), TypeError);
});

test("an AbortSignal as the last argument of toAsync's function cancels it, and is not handed on", async () => {
  const controller = new AbortController();
  const given: unknown[] = [];
  const log: string[] = [];
  const work = toAsync(function* (...args: number[]) {
    given.push(args);
    setImmediate(() => controller.abort("enough"));
    try {
      yield* sleep(1_000);
    } finally {
      yield* shield(() => sleep(1));
      log.push("cleaned up");
    }
  });
  const running = work(1, 2, controller.signal);
  await assert.rejects(running, (reason) => reason === "enough");
  assert.deepEqual(log, ["cleaned up"]);
  assert.deepEqual(given, [[1, 2]]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  await assert.rejects(work(3, AbortSignal.abort("before")), (reason) => reason === "before");
  assert.equal(given.length, 1);
});

test("toAsync takes the options of run, and its promise can be cancelled", async () => {
  const host = new VirtualHost();
  const slow = toAsync(() => sleep(60_000), { host, name: "slow" });
  assert.equal(slow.name, "slow");
  await slow();
  const running = slow();
  await running.cancel();
  await assert.rejects(running);
});

const letters = toAsyncGenerator(function* letters(from: number, log: string[] = []) {
  try {
    for (let i = from; i < from + 3; i++) {
      yield* sleep(1);
      log.push(`yields ${i}`);
      yield* Fiber.yield(String.fromCharCode(97 + i));
    }
    return "end";
  } finally {
    yield* sleep(1);
    log.push("finally");
  }
});

test("for await takes what the coroutine yields, with waits between", async () => {
  const seen: string[] = [];
  for await (const letter of letters(0)) seen.push(letter.toUpperCase());
  assert.deepEqual(seen, ["A", "B", "C"]);
  const by = letters(1);
  const results = [];
  for (let i = 0; i < 5; i++) results.push(await by.next());
  assert.deepEqual(results.at(-2), { done: true, value: "end" });
  assert.deepEqual(results.at(-1), { done: true, value: undefined });
});

test("nothing runs before the first item, and only as far as it was asked", async () => {
  const log: string[] = [];
  const by = letters(0, log);
  await soon();
  assert.deepEqual(log, []);
  await by.next();
  await soon();
  await soon();
  assert.deepEqual(log, ["yields 0"], "back-pressure: the next item is made when it is asked for");
  await by.return("left");
  assert.deepEqual(log, ["yields 0", "finally"]);
  const unused = letters(0, log);
  assert.deepEqual(await unused.return("never begun"), { done: true, value: "never begun" });
  await assert.rejects(letters(0).throw(new Error("before")), /before/);
});

test("an early break runs the finally, waits for it and leaves no fiber", async () => {
  const log: string[] = [];
  for await (const letter of letters(0, log)) {
    if (letter === "b") break;
  }
  assert.deepEqual(log, ["yields 0", "yields 1", "finally"]);
  try {
    for await (const _ of letters(0, log)) throw new Error("the body's");
  } catch (error) {
    assert.equal((error as Error).message, "the body's");
  }
  assert.equal(log.filter((line) => line === "finally").length, 2);
});

test("return ends a wait that is under way, and next, called meanwhile, is done", async () => {
  const log: string[] = [];
  const stuck = toAsyncGenerator(function* (): Generator<any, void, any> {
    try {
      yield* until(new Promise(() => {}));
    } finally {
      log.push("finally");
    }
  })();
  const next = stuck.next();
  await soon();
  assert.deepEqual(await stuck.return(), { done: true, value: undefined });
  assert.deepEqual(await next, { done: true, value: undefined });
  assert.deepEqual(log, ["finally"]);
  assert.deepEqual(await stuck.next(), { done: true, value: undefined });
});

test("values and errors go in, and errors come out", async () => {
  const echo = toAsyncGenerator(function* () {
    let heard = "";
    for (;;) {
      try {
        heard = yield* Fiber.yield<string>(`heard ${heard}`);
        if (heard === "fail") throw new RangeError("as it was told");
      } catch (error) {
        if (error instanceof RangeError) throw error;
        heard = (error as Error).message;
      }
    }
  })();
  await echo.next("ignored, as by every generator");
  assert.deepEqual(await echo.next("hello"), { done: false, value: "heard hello" });
  assert.deepEqual(await echo.throw(new Error("an error")), {
    done: false,
    value: "heard an error",
  });
  await assert.rejects(echo.next("fail"), RangeError);
  assert.deepEqual(await echo.next(), { done: true, value: undefined });
});

test("several calls of next are answered one after the other", async () => {
  const by = letters(0);
  const results = await Promise.all([by.next(), by.next(), by.next(), by.next(), by.next()]);
  assert.deepEqual(
    results.map(({ value }) => value as unknown),
    ["a", "b", "c", "end", undefined],
  );
});

test("an AbortSignal ends it: the reason is thrown once, at the call under way or the next", async () => {
  const controller = new AbortController();
  const log: string[] = [];
  const by = letters(0, log, controller.signal);
  await by.next();
  await soon();
  controller.abort("enough");
  for (let i = 0; i < 1_000 && !log.includes("finally"); i++) await soon();
  assert.ok(log.includes("finally"));
  await assert.rejects(by.next(), (reason) => reason === "enough");
  assert.deepEqual(await by.next(), { done: true, value: undefined });
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("it is a source of Node's streams, and await using disposes of it", async () => {
  const text: string[] = [];
  for await (const chunk of Readable.from(letters(0))) text.push(String(chunk));
  assert.equal(text.join(""), "abc");
  const log: string[] = [];
  {
    await using by = letters(0, log);
    await by.next();
  }
  assert.deepEqual(log.at(-1), "finally");
});

test("coroutines and enumerators work in a task: they wait, and are resumed either way", async () => {
  const result = await run(function* () {
    const producer = new Fiber(function* (n: number) {
      for (let i = 0; i < n; i++) {
        yield* sleep(1);
        yield* Fiber.yield(i);
      }
      return -1;
    });
    const seen: number[] = [yield* Fiber.resume(producer, 3)];
    while (producer.alive) seen.push(yield* Fiber.resume(producer));
    const plain = new Fiber(function* () {
      yield* Fiber.yield(10);
      yield* Fiber.yield(20);
    });
    for (const value of plain.values()) seen.push(value);
    const waits = new Fiber(function* () {
      yield* sleep(1);
    });
    assert.throws(() => waits.resume(), { code: "sync-wait" });
    return seen;
  });
  assert.deepEqual(result, [0, 1, 2, -1, 10, 20]);
});

test("a run of its own inside a callback of a fiber starts no second loop on the first's stack", async () => {
  const log: string[] = [];
  await run(function* () {
    const inner = run(function* () {
      yield* yieldNow();
      log.push("inner");
      return 5;
    });
    log.push("outer");
    assert.equal(yield* until(inner), 5);
  });
  assert.deepEqual(log, ["outer", "inner"]);
});

test("use disposes of what it was given at the end of its scope, last first, and waits", async () => {
  const log: string[] = [];
  const async = (name: string) => ({
    async [Symbol.asyncDispose]() {
      await soon();
      log.push(`async ${name}`);
    },
    [Symbol.dispose]: () => void log.push("never"),
  });
  await run(function* () {
    yield* scope(function* () {
      const first = use(async("1"));
      assert.ok(Symbol.asyncDispose in first);
      use({ [Symbol.dispose]: () => void log.push("sync 2") });
      log.push("body");
    });
    const child = spawn(function* () {
      use(async("of a cancelled fiber"));
      yield* sleep(1_000);
    });
    yield* yieldNow();
    yield* yieldNow();
    yield* child.cancel();
    assert.throws(() => use({} as never), TypeError);
  });
  assert.deepEqual(log, ["body", "sync 2", "async 1", "async of a cancelled fiber"]);
});

test("what a disposal throws comes out of the scope", async () => {
  const failure = new Error("disposal failed");
  for (const key of ["asyncDispose", "dispose"] as const) {
    const failing = { [Symbol[key]]: () => (key === "dispose" ? fail() : Promise.reject(failure)) };
    const running = run(function* () {
      yield* supervised(function* () {
        use(failing as never);
      });
    });
    await assert.rejects(running, (error) => error === failure);
  }
  function fail(): never {
    throw failure;
  }
});

test("using in a routine is done at the end of its block, also by a cancel and a kill", async () => {
  const log: string[] = [];
  const held = (name: string) => ({ [Symbol.dispose]: () => void log.push(name) });
  await run(function* () {
    const holding = function* (name: string) {
      using _ = held(name);
      yield* sleep(1_000);
    };
    yield* call(function* () {
      using _ = held("returned");
      yield* sleep(1);
    });
    const [cancelled, killed] = [spawn(holding, "cancelled"), spawn(holding, "killed")];
    yield* sleep(1);
    yield* cancelled.cancel();
    killed.kill();
    yield* yieldNow();
  });
  assert.deepEqual(log, ["returned", "cancelled", "killed"]);
});
