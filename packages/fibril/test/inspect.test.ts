import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, routine } from "fibril";
import { sourcePositions } from "fibril/inspect";

const inner = routine("inner", function* () {
  yield* Fiber.yield();
});

test("with source positions a backtrace tells where each frame stands", (t) => {
  const able = sourcePositions(true);
  try {
    if (!able) return t.skip("this host does not tell where a generator stands");
    const f = new Fiber(function* outer() {
      yield* inner();
    });
    f.resume();
    const [top, bottom] = f.backtrace() as [string, string];
    assert.match(top, /^inner \(file:.*inspect\.test\.[jt]s:\d+:\d+\)$/);
    assert.match(bottom, /^outer \(file:.*inspect\.test\.[jt]s:\d+:\d+\)$/);
    const line = (text: string): number => Number(/:(\d+):\d+\)$/.exec(text)?.[1]);
    assert.ok(line(bottom) > line(top));
  } finally {
    assert.equal(sourcePositions(false), true);
  }
});

test("without them it has the names alone; a second switch-off does no harm", () => {
  sourcePositions(false);
  const f = new Fiber(function* outer() {
    yield* inner();
  });
  f.resume();
  assert.deepEqual(f.backtrace(), ["inner", "outer"]);
});
