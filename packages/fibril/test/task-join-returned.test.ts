/** Joins of fibers that have returned already: they do not suspend, and keep every rule all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, type FiberError, park, type Routine, spawn, yieldNow } from "fibril";
import { frames, KILL, perform, RAISE, RETURN, START } from "fibril/frames";
import { play } from "./support/manual-host.ts";

function* add(a: number, b: number): Routine<number> {
  yield* yieldNow();
  return a + b;
}

test("a join of a fiber that has returned still meets a request that came after the op was made", () => {
  play(function* () {
    const child = spawn(add, 1, 2);
    yield* child;
    let got: unknown;
    const joiner = spawn(function* () {
      const op = child.join();
      Fiber.current.cancel("enough");
      got = "nothing yet";
      got = yield* op;
    });
    yield* yieldNow();
    yield* joiner.cancel();
    assert.equal(joiner.outcome?.ending, "cancelled");
    assert.equal(got, "nothing yet");
  });
});

test("the op of a join that did not suspend is run once", () => {
  play(function* () {
    const child = spawn(add, 1, 2);
    yield* child;
    const op = child.join();
    assert.equal(yield* op, 3);
    let error: unknown;
    try {
      yield* op;
    } catch (caught) {
      error = caught;
    }
    assert.equal((error as FiberError).code, "op-misused");
  });
});

test("who joins many that have returned gives way after each 32", () => {
  play(function* () {
    const children = Array.from({ length: 100 }, (_, i) => spawn(add, i, 0));
    for (const child of children) while (child.alive) yield* yieldNow();
    let turns = 0;
    const other = spawn(function* () {
      for (;;) {
        turns++;
        yield* yieldNow();
      }
    });
    yield* yieldNow();
    const before = turns;
    let sum = 0;
    for (const child of children) sum += yield* child;
    assert.equal(sum, (99 * 100) / 2);
    assert.equal(turns - before, 3);
    yield* other.cancel();
  });
});

test("a join waits in a coroutine, in clean-up after a kill, and in a state machine, as anywhere", () => {
  play(function* () {
    const child = spawn(add, 1, 2);
    yield* child;
    const coroutine = new Fiber(function* () {
      return yield* child;
    });
    assert.equal(yield* Fiber.resume(coroutine), 3);

    let cleaned: unknown;
    const killed = spawn(function* () {
      try {
        yield* park();
      } finally {
        cleaned = yield* child;
      }
    });
    yield* yieldNow();
    killed.kill();
    yield* yieldNow();
    assert.equal(cleaned, 3);
    assert.equal(killed.outcome?.ending, "killed");

    const machine = frames<[], number>("machine", (_frame, how, value) => {
      if (how === RAISE) throw value;
      if (how === RETURN) return KILL;
      return how === START ? perform(child.join()) : (value as number) + 1;
    });
    assert.equal(yield* spawn(machine), 4);
  });
});
