import assert from "node:assert/strict";
import { test } from "node:test";
import {
  exponential,
  Fiber,
  FiberError,
  now,
  type Routine,
  run,
  shield,
  sleep,
  spawn,
  type Supervisor,
  supervisor,
  type SupervisorOptions,
} from "fibril";
import { VirtualHost } from "fibril/testing";

const MANY = { restarts: 1_000, within: 1 };

/** Runs a supervisor in virtual time, with what its children do and what is reported. */
async function supervise(
  options: SupervisorOptions,
  block: (
    children: Supervisor,
    child: (name: string, ...lives: string[]) => void,
  ) => Routine<unknown, never>,
): Promise<{ log: string[]; reported: string[]; error: unknown; result: unknown }> {
  const log: string[] = [];
  const reported: string[] = [];
  const host = new VirtualHost({ report: (error) => reported.push((error as Error).message) });
  let error: unknown;
  const result = await run({ host }, function* () {
    return yield* supervisor({ intensity: MANY, ...options }, function* (children) {
      return yield* block(children, (name, ...lives) => {
        children.start(name, function* (): Routine<void, never> {
          const life = lives.length > 1 ? lives.shift() : lives[0];
          log.push(`${name} ${now()}`);
          try {
            yield* sleep(10);
            if (life === "fails") throw new Error(`${name} failed`);
            if (life === "stays") yield* sleep(Infinity);
          } finally {
            yield* shield(() => sleep(1));
            log.push(`${name} ends ${now()}`);
          }
        });
      });
    });
  }).catch((thrown: unknown) => {
    error = thrown;
  });
  return { log, reported, error, result };
}

test("children are started, listed, stopped and restarted while it runs", async () => {
  const { error, log, reported, result } = await supervise({}, function* (children, child) {
    child("a", "stays");
    child("b", "stays");
    const names = (): string[] => children.children().map(({ name }) => name);
    assert.deepEqual(names(), ["a", "b"]);
    assert.throws(() => child("a"), /already/);
    yield* sleep(20);
    assert.equal(yield* children.stop("a"), true);
    assert.equal(yield* children.stop("a"), false);
    assert.deepEqual(names(), ["b"]);
    const before = children.get("b")?.fiber;
    assert.equal(yield* children.restart("b"), true);
    assert.notEqual(children.get("b")?.fiber, before);
    assert.equal(children.get("b")?.restarts, 1);
    assert.equal(children.get("c"), undefined);
    child("a", "returns");
    yield* sleep(20);
    assert.deepEqual(names(), ["b"]);
    yield* children.stop("b");
    return "done";
  });
  assert.equal(error, undefined);
  assert.equal(result, "done");
  assert.deepEqual(reported, []);
  assert.deepEqual(log, [
    "a 0",
    "b 0",
    "a ends 21",
    "b ends 22",
    "b 22",
    "a 22",
    "a ends 33",
    "b ends 43",
  ]);
});

test("one that fails is started again, alone, also when it is the last and the block is over", async () => {
  const { error, log } = await supervise({}, function* (_children, child) {
    child("a", "fails", "fails", "returns");
  });
  assert.equal(error, undefined);
  assert.deepEqual(log, ["a 0", "a ends 11", "a 11", "a ends 22", "a 22", "a ends 33"]);
});

test("one-for-all and rest-for-one restart the others too, the last ended first", async () => {
  for (const [strategy, again] of [
    ["one-for-all", ["a", "b", "c"]],
    ["rest-for-one", ["b", "c"]],
  ] as const) {
    const { log } = await supervise({ strategy }, function* (children, child) {
      child("a", "stays");
      child("b", "fails", "stays");
      child("c", "stays");
      yield* sleep(40);
      for (const name of ["a", "b", "c"]) yield* children.stop(name);
    });
    const first = log.indexOf("b ends 11");
    const since = log.slice(first + 1);
    const starts = since.filter((line) => !line.includes("ends")).map((line) => line[0]);
    assert.deepEqual(starts, again);
    const ends = since.filter((line) => line.includes("ends")).slice(0, again.length - 1);
    assert.deepEqual(
      ends.map((line) => line[0]),
      again.filter((name) => name !== "b").toReversed(),
    );
  }
});

test("a decision for each end: restart, stop, or escalate", async () => {
  const ends: string[] = [];
  const { error, log, reported } = await supervise(
    {
      decide({ ending, value }, { name, restarts }) {
        ends.push(`${name} ${ending} ${restarts}`);
        if (name === "a") return restarts < 1 ? "restart" : "stop";
        return (value as Error | undefined)?.message === "c failed" ? "escalate" : "stop";
      },
    },
    function* (_children, child) {
      child("a", "fails");
      child("b", "returns");
      yield* sleep(30);
      child("c", "fails");
      child("d", "stays");
    },
  );
  assert.deepEqual(ends, ["a failed 0", "b returned 0", "a failed 1", "c failed 0"]);
  assert.deepEqual(reported, ["a failed"], "one that is stopped is told of");
  assert.equal((error as Error).message, "c failed");
  assert.equal(log.at(-1), "d ends 42");
});

test("too many restarts: all are ended, and the last failure is the cause", async () => {
  const { error, log } = await supervise(
    { intensity: { restarts: 2, within: 1_000 } },
    function* (_children, child) {
      child("a", "fails");
      child("b", "stays");
      yield* sleep(Infinity);
    },
  );
  assert.ok(error instanceof FiberError);
  assert.equal(error.code, "intensity");
  assert.equal((error.cause as Error).message, "a failed");
  assert.equal(log.at(-1), "b ends 34");
});

test("delays between restarts; a schedule that gives up escalates", async () => {
  const { error, log } = await supervise(
    { delay: exponential(100).attempts(3) },
    function* (_children, child) {
      child("a", "fails");
    },
  );
  assert.deepEqual(
    log.filter((line) => !line.includes("ends")),
    ["a 0", "a 111", "a 322"],
  );
  assert.equal((error as Error).message, "a failed");
});

test("a failure of the block ends the children; a failure that nothing answers is reported", async () => {
  const { error, log } = await supervise({}, function* (_children, child) {
    child("a", "stays");
    yield* sleep(20);
    throw new Error("block");
  });
  assert.equal((error as Error).message, "block");
  assert.equal(log.at(-1), "a ends 21");
  const { reported } = await supervise({ restart: "never" }, function* (_children, child) {
    child("a", "fails");
  });
  assert.deepEqual(reported, ["a failed"]);
});

test("what a child throws while it is stopped is told to who stops it", async () => {
  const { error, reported } = await supervise({}, function* (children) {
    children.start("a", function* () {
      try {
        yield* sleep(Infinity);
      } catch {
        throw new Error("clean-up");
      }
    });
    yield* sleep(1);
    try {
      yield* children.stop("a");
      assert.fail("it throws");
    } catch (caught) {
      assert.equal((caught as Error).message, "clean-up");
    }
    assert.deepEqual(children.children(), []);
  });
  assert.equal(error, undefined);
  assert.deepEqual(reported, []);
});

test("cancelled, it ends all children and restarts none", async () => {
  const log: string[] = [];
  await run({ host: new VirtualHost() }, function* () {
    const fiber = spawn(() =>
      supervisor({ restart: "always", intensity: MANY }, function* (children) {
        children.start("a", function* () {
          log.push("starts");
          try {
            yield* sleep(Infinity);
          } finally {
            log.push("ends");
          }
        });
        yield* sleep(Infinity);
      }),
    );
    yield* sleep(10);
    yield* fiber.cancel();
    assert.equal(fiber.outcome?.ending, "cancelled");
    assert.ok(Fiber.current.alive);
  });
  assert.deepEqual(log, ["starts", "ends"]);
});

test("stopped while its restart is delayed, it is not started again", async () => {
  const { error, log } = await supervise({ delay: exponential(100) }, function* (children, child) {
    child("a", "fails");
    child("b", "fails");
    yield* sleep(50);
    assert.equal(yield* children.stop("a"), true);
    assert.equal(yield* children.restart("b"), true);
    yield* sleep(5);
    yield* children.stop("b");
  });
  assert.equal(error, undefined);
  assert.deepEqual(
    log.filter((line) => !line.includes("ends")),
    ["a 0", "b 0", "b 50"],
  );
});

test("what a child throws while it is restarted with others is reported, and all go on", async () => {
  let lives = 0;
  const { error, log, reported } = await supervise(
    { strategy: "one-for-all" },
    function* (children, child) {
      children.start("untidy", function* () {
        if (++lives > 1) return;
        try {
          yield* sleep(Infinity);
        } catch {
          throw new Error("clean-up");
        }
      });
      child("a", "fails", "returns");
    },
  );
  assert.equal(error, undefined);
  assert.deepEqual(reported, ["clean-up"]);
  assert.equal(lives, 2);
  assert.deepEqual(log, ["a 0", "a ends 11", "a 11", "a ends 22"]);
});

test("a callback that throws ends the supervisor with its error", async () => {
  const callbacks: SupervisorOptions[] = [
    {
      decide() {
        throw new Error("callback");
      },
    },
    {
      onRestart() {
        throw new Error("callback");
      },
    },
  ];
  for (const options of callbacks) {
    const { error, log } = await supervise(options, function* (_children, child) {
      child("a", "fails");
      child("b", "stays");
    });
    assert.equal((error as Error).message, "callback");
    assert.equal(log.at(-1), "b ends 12");
  }
});
