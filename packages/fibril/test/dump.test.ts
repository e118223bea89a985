import assert from "node:assert/strict";
import { test } from "node:test";
import {
  call,
  daemon,
  dump,
  Fiber,
  park,
  routine,
  run,
  runSync,
  scope,
  shield,
  sleep,
  spawn,
  unpark,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";

/** Everything below the running fiber, as it is once all have begun to wait. */
function* dumped() {
  for (let n = 0; n < 5; n++) yield* yieldNow();
  return dump(Fiber.current).split("\n");
}

test("a dump shows, for each fiber, what it waits for, for how long, and its stack", async () => {
  const connect = routine("connect", function* () {
    yield* sleep(100);
  });
  const serve = routine("serve", function* () {
    yield* connect();
  });
  let text = "";
  await run({ name: "main", host: new VirtualHost() }, function* main() {
    spawn(function* serving() {
      spawn("client", park);
      yield* serve();
    });
    spawn("waiting", function* () {
      yield* sleep(30);
    });
    yield* sleep(25);
    text = dump(Fiber.current);
    for (const { children } of Fiber.current.children) for (const fiber of children) unpark(fiber);
  });
  assert.deepEqual(text.split("\n"), [
    'fiber "main" is running',
    "    at main",
    '  fiber "serving" waits for sleep(100 ms), 25 ms so far',
    "      at connect",
    "      at serve",
    "      at serving",
    '    fiber "client" waits for unpark(…)',
    "        at park",
    '  fiber "waiting" waits for sleep(30 ms), 25 ms so far',
    "      at anonymous",
  ]);
});

test("similar fibers share one entry of a dump, with the range of what differs", async () => {
  let lines: string[] = [];
  await run({ host: new VirtualHost() }, function* main() {
    for (let n = 1; n <= 12_000; n++) {
      spawn(`worker ${n}`, function* work() {
        yield* sleep(n % 7);
        yield* sleep(20 + (n % 3));
      });
    }
    yield* sleep(19);
    lines = dump(Fiber.current).split("\n");
  });
  assert.deepEqual(lines, [
    'fiber "main" is running',
    "    at main",
    '  12,000 × fiber "worker …" waits for sleep(… ms), 13 to 19 ms so far',
    "      at work",
  ]);
});

test("whole trees that are alike are one entry too", () => {
  const lines = runSync(function* main() {
    const parked: Fiber[] = [];
    for (let n = 0; n < 3; n++) {
      spawn("connection", function* serve() {
        for (let m = 0; m < 2; m++) parked.push(spawn("handler", park));
      });
    }
    const seen = yield* dumped();
    for (const fiber of parked) unpark(fiber);
    return seen;
  });
  assert.deepEqual(lines.slice(-4), [
    '  3 × fiber "connection" waits for its 2 children, 0 ms so far',
    "      at serve",
    '    6 × fiber "handler" waits for unpark(…)',
    "        at park",
  ]);
});

test("states that are not waits are named", () => {
  const lines = runSync(function* main() {
    const fresh: string[] = [];
    yield* scope(function* () {
      spawn("ready", yieldNow);
      const cancelled = spawn("unwinding", function* clean() {
        try {
          yield* park();
        } finally {
          yield* shield(() => park());
        }
      });
      daemon("beating", park);
      yield* yieldNow();
      yield* yieldNow();
      spawn("new", park);
      cancelled.cancel();
      yield* yieldNow();
      fresh.push(...dump(Fiber.current).split("\n"));
      unpark(cancelled);
      for (const fiber of Fiber.current.children) unpark(fiber);
      for (const fiber of Fiber.current.children) if (fiber.name === "new") fiber.cancel();
    });
    return fresh;
  });
  const states = lines.filter((line) => line.includes("fiber "));
  assert.ok(states.includes('  fiber "beating (daemon)" waits for unpark(…)'), states.join("\n"));
  assert.ok(
    states.some((line) => line.startsWith('  fiber "unwinding" waits for unpark(…), being')),
  );
});

test("a coroutine in which a fiber waits is part of its stack", () => {
  const text = runSync(function* main() {
    const inner = routine("inner", () => park());
    const asked = spawn("asks", function* ask() {
      const generator = new Fiber(function* generate() {
        yield* call(inner);
      });
      yield* Fiber.resume(generator);
    });
    yield* yieldNow();
    const seen = dump(asked);
    unpark(asked);
    return seen;
  });
  assert.equal(
    text,
    'fiber "asks" waits for unpark(…)\n    at generate, of fiber "generate"\n    at ask',
  );
});

test("a coroutine by itself is shown with its status", () => {
  const fiber = new Fiber(function* generate() {
    yield* Fiber.yield();
  });
  assert.equal(dump(fiber), 'fiber "generate" is created');
  fiber.resume();
  assert.equal(dump(fiber), 'fiber "generate" is suspended\n    at generate');
  fiber.resume();
  assert.equal(dump(fiber), 'fiber "generate" is terminated');
});

test("without an argument it tells of all runs that have fibers, and of none that has ended", async () => {
  const host = new VirtualHost({ paused: true });
  const names = (): string[] =>
    dump()
      .split("\n")
      .filter((line) => line.startsWith("fiber "));
  const before = names();
  const first = run({ host, name: "first" }, sleep, 10);
  const second = run({ host, name: "second", budget: { ms: 1 } }, sleep, 20);
  await host.advance(5);
  assert.deepEqual(
    names().filter((line) => !before.includes(line)),
    [
      'fiber "first" waits for sleep(10 ms), 5 ms so far',
      'fiber "second" waits for sleep(20 ms), 5 ms so far',
    ],
  );
  await host.advance(10);
  await first;
  assert.ok(!dump().includes('"first"'));
  await host.advance(10);
  await second;
  assert.ok(!dump().includes('"second"'));
  runSync(function* sync() {
    assert.ok(dump().includes('fiber "sync" is running'));
  });
  assert.ok(!dump().includes('"sync"'));
});

test("it is bounded in the kinds of fibers that it tells apart", () => {
  const text = runSync(function* main() {
    for (let n = 1; n <= 30; n++) spawn("x".repeat(n), park);
    yield* yieldNow();
    const seen = dump(Fiber.current);
    for (const fiber of Fiber.current.children) fiber.cancel();
    return seen;
  });
  assert.match(text, /\n {2}… and 10 fibers of other kinds$/);
});

test("in the levels of the tree", () => {
  function* nest(n: number): Generator<any, void, any> {
    if (n > 0) spawn("x".repeat(n), nest, n - 1);
    else yield* park();
  }
  const text = runSync(function* main() {
    const tree = spawn(nest, 30);
    for (let n = 0; n < 50; n++) yield* yieldNow();
    const seen = dump(Fiber.current);
    tree.cancel();
    return seen;
  });
  assert.match(text, /\n {40}… and fibers below$/);
});

test("in the frames of a stack", () => {
  const down = routine("down", function* (n: number): Generator<any, void, any> {
    if (n === 0) yield* park();
    else yield* down(n - 1);
  });
  const text = runSync(function* main() {
    const deep = spawn(down, 20_000);
    yield* yieldNow();
    yield* yieldNow();
    const seen = dump(deep);
    deep.cancel();
    return seen;
  });
  assert.match(text, /(\n {4}at down){10}\n {4}at …$/);
});

test("and in the fibers that it looks at", () => {
  let all = "";
  let below = "";
  runSync(function* main() {
    yield* scope(function* (block) {
      for (let n = 0; n < 50_009; n++) spawn("many", park);
      all = dump();
      below = dump(Fiber.current);
      block.cancel();
    });
  });
  assert.match(all, /49,999 × fiber "many" has not started\n… and 10 fibers not looked at$/);
  assert.match(below, /… and more fibers not looked at$/);
});
