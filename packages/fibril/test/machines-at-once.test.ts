/** State machines that need not wait: ops with a result at once, first turns, and calls by the library. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Channel, Fiber, map, Mutex, park, type Routine, run, spawn, yieldNow } from "fibril";
import { FAST_PATHS } from "#core/kernel/fast-paths";
import { type Code, frames, KILL, performNow, RAISE, RETURN, START, SUSPEND } from "fibril/frames";

test("performNow answers with what is there, and suspends for what is not", async () => {
  const channel = new Channel<number>(2);
  channel.trySend(1);
  channel.trySend(2);
  const answers: unknown[] = [];
  const taking = frames<[], number>("taking", (frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    let sum = how === START ? 0 : (frame.a as number) + (value as number);
    while (sum < 6) {
      const answer = performNow(channel.receive());
      answers.push(answer);
      frame.a = sum;
      if (answer === SUSPEND) return SUSPEND;
      sum += answer as number;
    }
    return sum;
  });
  const sum = await run(function* (): Routine<number> {
    const task = spawn(taking);
    while (answers.length < 3) yield* yieldNow();
    channel.trySend(3);
    return yield* task;
  });
  assert.equal(sum, 6);
  assert.deepEqual(answers, [1, 2, SUSPEND]);
});

test("performNow of a free lock runs the block at once, throws its error, and is killed with it", async () => {
  const mutex = new Mutex();
  const answers: unknown[] = [];
  const holding = (block: () => Routine<unknown>): Code =>
    function holds(_frame, how, value) {
      if (how === RAISE) return `threw: ${(value as Error).message}`;
      if (how === RETURN) return KILL;
      if (how !== START) return value;
      try {
        const answer = performNow(mutex.with(block));
        answers.push(answer);
        return answer;
      } catch (error) {
        return `threw: ${(error as Error).message}`;
      }
    };
  const holds = (block: () => Routine<unknown>) => spawn(frames("holds", holding(block)) as never);
  await run(function* (): Routine<void> {
    // oxlint-disable-next-line require-yield -- it ends at once
    assert.equal(
      yield* holds(function* () {
        return "block";
      }),
      "block",
    );
    // oxlint-disable-next-line require-yield -- it fails at once
    assert.equal(
      yield* holds(function* () {
        throw new Error("block's");
      }),
      "threw: block's",
    );
    const killed = holds(() => park() as never);
    yield* yieldNow();
    assert.equal(mutex.locked, true);
    yield* Fiber.kill(killed);
    yield* yieldNow();
    assert.equal(mutex.locked, false);
  });
  if (FAST_PATHS) assert.deepEqual(answers, ["block", SUSPEND]);
  else assert.deepEqual(answers, [SUSPEND, SUSPEND, SUSPEND]);
});

test("the first turn of a task's machine: its arguments, its result, its error, its children", async () => {
  const list = frames<any[], unknown>("list", ({ a, b, c, d }) => [a, b, c, d]);
  const failing = frames<[], never>("failing", () => {
    throw new Error("machine's");
  });
  const parent = frames<[unknown[]], string>("parent", ({ a }) => {
    spawn(function* () {
      yield* yieldNow();
      (a as unknown[]).push("child");
    });
    return "parent";
  });
  const forgets = frames<[], void>("forgets", () => {
    yieldNow();
  });
  await run(function* (): Routine<void> {
    assert.deepEqual(yield* spawn(list), [undefined, undefined, undefined, undefined]);
    assert.deepEqual(yield* spawn(list, [1]), [[1], undefined, undefined, undefined]);
    assert.deepEqual(yield* spawn(list, 1, 2, 3, 4), [1, 2, 3, 4]);
    const heard: unknown[] = [];
    assert.equal(yield* spawn(parent, heard), "parent");
    assert.deepEqual(heard, ["child"]);
  });
  await assert.rejects(
    run(() => failing() as never),
    /machine's/,
  );
  await assert.rejects(run(forgets as never), { code: "op-not-run" });
});

test("what the library calls may be a machine: it stands on the frame stack", async () => {
  const traces: string[][] = [];
  const doubling = frames<[number, number], number>("doubling", (frame, how, value) => {
    if (how === RAISE) throw value;
    if (how === RETURN) return KILL;
    if (how === START) {
      traces.push(Fiber.current.backtrace() ?? []);
      if (frame.a !== 2) return performNow(yieldNow());
    }
    return (frame.a as number) * 2;
  });
  const doubled = await run(() => map([1, 2, 3], doubling as never, { concurrency: 2 }));
  assert.deepEqual(doubled, [2, 4, 6]);
  assert.deepEqual(
    traces.map(([top]) => top),
    ["doubling", "doubling", "doubling"],
  );
});

// Bun scans the stack conservatively, and may keep the message by accident.
const skip =
  (globalThis as { Bun?: unknown }).Bun !== undefined && "this host may keep some by accident";

test("performNow keeps nothing of what it has answered", { skip }, async () => {
  const channel = new Channel<object>(1);
  const seen: WeakRef<object>[] = [];
  (() => {
    const message = {};
    seen.push(new WeakRef(message));
    channel.trySend(message);
  })();
  const takes = frames<[], string>("takes", () => {
    assert.equal(typeof performNow(channel.receive()), "object");
    return "over";
  });
  assert.equal(await run(takes as never), "over");
  for (let n = 0; n < 10 && seen[0]?.deref() !== undefined; n++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  assert.equal(seen[0]?.deref(), undefined);
});
