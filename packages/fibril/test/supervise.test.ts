import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type End,
  Fiber,
  FiberError,
  fifo,
  now,
  park,
  run,
  shield,
  sleep,
  spawn,
  supervise,
  type SuperviseOptions,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";

const MANY = { restarts: 1000, within: 1 };

/** Runs a supervisor of three children in virtual time, and logs what they do. */
async function supervised(options: SuperviseOptions, script: Record<string, string[]>) {
  const log: string[] = [];
  const reported: string[] = [];
  const host = new VirtualHost({ report: (error) => reported.push((error as Error).message) });
  function* child(name: string) {
    log.push(`${name} starts`);
    try {
      // The first 10, 20, 30 … ms of a life; the last word of a script is for all later lives.
      const words = script[name] ?? ["stays"];
      const word = words.length > 1 ? words.shift() : words[0];
      yield* sleep(10 * (1 + names.indexOf(name)));
      if (word === "fails") throw new Error(`${name} failed`);
      if (word === "stays") yield* sleep(100_000);
    } finally {
      log.push(`${name} ends`);
    }
  }
  const names = ["a", "b", "c"];
  const result = run({ host }, function* () {
    yield* supervise(
      names.map((name) => [name, child, name] as const),
      { intensity: MANY, ...options },
    );
    log.push(`done at ${now()}`);
  });
  return {
    log,
    reported,
    host,
    result,
    error: result.then(
      () => undefined,
      (error: unknown) => error,
    ),
  };
}

test("one-for-one: the child that fails is started again, the others are left alone", async () => {
  const { log, result } = await supervised(
    {},
    { a: ["returns"], b: ["fails", "returns"], c: ["returns"] },
  );
  await result;
  const starts = log.filter((line) => line.endsWith("starts"));
  assert.deepEqual(starts.toSorted(), ["a starts", "b starts", "b starts", "c starts"]);
  assert.equal(log.at(-1), "done at 40");
});

test("one-for-all: all are ended, the last first, and started again in order", async () => {
  const { log, result } = await supervised(
    { strategy: "one-for-all" },
    { a: ["returns"], b: ["fails", "returns"], c: ["stays", "returns"] },
  );
  await result;
  assert.deepEqual(log.slice(3, 6), ["a ends", "b ends", "c ends"]);
  assert.deepEqual(log.slice(6, 9).toSorted(), ["a starts", "b starts", "c starts"]);
  assert.equal(log.at(-1), "done at 50");
});

test("rest-for-one: it and those after it", async () => {
  const { log, result } = await supervised(
    { strategy: "rest-for-one" },
    { a: ["returns"], b: ["fails", "returns"], c: ["stays", "returns"] },
  );
  await result;
  assert.deepEqual(log.slice(3, 6), ["a ends", "b ends", "c ends"]);
  assert.deepEqual(log.slice(6, 8).toSorted(), ["b starts", "c starts"]);
  assert.equal(log.filter((line) => line === "a starts").length, 1);
});

test("those that are restarted with another one are waited for, their clean-up included", async () => {
  const log: string[] = [];
  let lives = 0;
  const host = new VirtualHost();
  await run({ host }, function* () {
    yield* supervise(
      [
        function* fails() {
          if (++lives > 1) return;
          yield* sleep(10);
          throw new Error("once");
        },
        function* slow() {
          log.push(`starts at ${now()}`);
          if (lives > 1) return;
          try {
            yield* park();
          } finally {
            yield* shield(() => sleep(500));
          }
        },
      ],
      { strategy: "one-for-all" },
    );
  });
  assert.deepEqual(log, ["starts at 0", "starts at 510"]);
});

test("a grace ends the patience with their clean-up", async () => {
  let lives = 0;
  const host = new VirtualHost();
  await run({ host }, function* () {
    yield* supervise(
      [
        function* fails() {
          if (++lives > 1) return;
          yield* sleep(10);
          throw new Error("once");
        },
        function* stubborn() {
          if (lives < 2) yield* shield(() => sleep(1e9));
        },
      ],
      { strategy: "one-for-all", grace: 100 },
    );
    assert.equal(now(), 110);
  });
  assert.equal(lives, 2);
});

test("always: a return is answered by a restart, on-failure: it is not, never: nothing is", async () => {
  for (const [restart, expected] of [
    ["always", 3],
    ["on-failure", 1],
    ["never", 1],
  ] as const) {
    let lives = 0;
    const options = { restart, intensity: { restarts: 2, within: 1000 } };
    const error = await run({ host: new VirtualHost() }, function* () {
      yield* supervise([["child", function* () { lives++; }]], options); // prettier-ignore
    }).catch((reason: unknown) => reason as FiberError);
    assert.equal(lives, expected, restart);
    assert.equal(error?.code, restart === "always" ? "intensity" : undefined);
  }
});

test("never: a failure is reported to the host, and the others go on", async () => {
  const { log, reported, result } = await supervised(
    { restart: "never" },
    { a: ["fails"], b: ["returns"], c: ["returns"] },
  );
  await result;
  assert.deepEqual(reported, ["a failed"]);
  assert.equal(log.at(-1), "done at 30");
});

test("a child that other code cancels or kills is started again only by always", async () => {
  for (const how of ["cancel", "kill"] as const) {
    for (const restart of ["always", "on-failure"] as const) {
      let lives = 0;
      const host = new VirtualHost();
      await run({ host }, function* () {
        yield* supervise(
          [
            function* child() {
              const self = Fiber.current;
              if (++lives === 1) {
                queueMicrotask(() => void self[how]());
                yield* sleep(10);
              }
              if (restart === "always") yield* sleep(1000);
            },
            function* ends() {
              yield* sleep(100);
              if (restart === "always") throw new Error("stop");
            },
          ],
          { restart, intensity: { restarts: 1, within: 1e6 } },
        );
      }).catch((error: unknown) => assert.equal((error as FiberError).code, "intensity"));
      assert.equal(lives, restart === "always" ? 2 : 1, `${how}, ${restart}`);
    }
  }
});

test("too many restarts: it gives up, with the last failure as the cause, and all are ended", async () => {
  const { log, error } = await supervised(
    { intensity: { restarts: 2, within: 1000 } },
    { a: ["stays"], b: ["fails"], c: ["stays"] },
  );
  const given = (await error) as FiberError;
  assert.ok(given instanceof FiberError);
  assert.equal(given.code, "intensity");
  assert.equal(
    given.message,
    'more than 2 restarts within 1000 ms: the supervisor gave up when fiber "b" failed: b failed',
  );
  assert.equal((given.cause as Error).message, "b failed");
  assert.equal(log.filter((line) => line === "b starts").length, 3);
  assert.deepEqual(log.slice(-2).toSorted(), ["a ends", "c ends"]);
});

test("restarts that lie far enough apart are never too many", async () => {
  let lives = 0;
  await run({ host: new VirtualHost() }, function* () {
    yield* supervise(
      [
        function* child() {
          if (++lives === 50) return;
          yield* sleep(600);
          throw new Error("again");
        },
      ],
      { intensity: { restarts: 2, within: 1000 } },
    );
  });
  assert.equal(lives, 50);
});

test("no restart at all may be allowed", async () => {
  const { error } = await supervised({ intensity: { restarts: 0, within: 1 } }, { a: ["fails"] });
  assert.match(((await error) as Error).message, /^more than 0 restarts within 1 ms/);
});

test("cancelling the supervisor ends the children, and restarts none", async () => {
  const { log, result, host } = await supervised({ restart: "always" }, {});
  await new Promise((resolve) => setImmediate(resolve));
  result.cancel("enough");
  await assert.rejects(result, { code: "cancelled" });
  assert.deepEqual(log.slice(3).toSorted(), ["a ends", "b ends", "c ends"]);
  assert.ok(host.now() < 1000);
});

test("what children throw while they are ended is reported, whatever ends them", async () => {
  for (const why of ["restart", "cancel", "intensity"]) {
    const reported: string[] = [];
    const host = new VirtualHost({ report: (error) => reported.push((error as Error).message) });
    let lives = 0;
    const tree = run({ host }, function* () {
      yield* supervise(
        [
          function* fails() {
            if (why === "cancel" || ++lives > 1) return;
            yield* sleep(10);
            throw new Error("answered");
          },
          function* dirty() {
            if (lives > 1) return;
            try {
              yield* park();
            } catch {
              throw new Error("of clean-up");
            }
          },
        ],
        {
          strategy: "one-for-all",
          intensity: { restarts: why === "intensity" ? 0 : 5, within: 10 },
        },
      );
    });
    if (why === "cancel") setImmediate(() => tree.cancel());
    await tree.catch(() => {});
    assert.deepEqual(reported, ["of clean-up"], why);
  }
});

test("a failure in the moment in which the supervisor is cancelled is not lost", async () => {
  const reported: string[] = [];
  const host = new VirtualHost({ report: (error) => reported.push((error as Error).message) });
  const child = { failed: false };
  await run({ host, policy: fifo }, function* () {
    const supervisor = spawn(() =>
      supervise(
        [
          function* fails() {
            yield* yieldNow();
            child.failed = true;
            throw new Error("unanswered");
          },
        ],
        { onRestart: () => assert.fail("it was cancelled before") },
      ),
    );
    do yield* yieldNow();
    while (!child.failed);
    yield* supervisor.cancel();
  });
  assert.deepEqual(reported, ["unanswered"]);
});

test("onRestart is called with every end that leads to a restart, before the restart", async () => {
  const told: string[] = [];
  const options: SuperviseOptions = {
    onRestart: ({ fiber, ending, value }: End) =>
      told.push(`${fiber.name} ${ending}: ${(value as Error).message}`),
  };
  const { result } = await supervised(options, {
    a: ["returns"],
    b: ["fails", "fails", "returns"],
    c: ["returns"],
  });
  await result;
  assert.deepEqual(told, ["b failed: b failed", "b failed: b failed"]);
});

test("no children, nothing to do", async () => {
  await run(function* () {
    yield* supervise([]);
  });
});

test("wrong children and intensities are refused", () => {
  assert.throws(() => supervise([5 as never]), TypeError);
  assert.throws(() => supervise([["name" as never]] as never), TypeError);
  assert.throws(() => supervise([], { intensity: { restarts: -1, within: 5 } }), RangeError);
});
