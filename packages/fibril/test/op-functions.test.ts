/** A function that only returns an op, `() => sleep(5)`, is a routine wherever one is accepted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  call,
  failAfter,
  Fiber,
  moveOnAfter,
  routine,
  run,
  runSync,
  scope,
  shield,
  spawn,
  supervised,
  yieldNow,
} from "fibril";

test("call runs the op, and so does a wrapped function", () => {
  const ask = routine("ask", (question: string) => Fiber.yield<number>(question));
  const f = new Fiber(function* () {
    const a = yield* call((question: string) => Fiber.yield<number>(question), "one");
    return a + (yield* ask("two"));
  });
  assert.deepEqual([f.resume(), f.resume(1), f.resume(2)], ["one", "two", 3]);
});

test("so do scopes, shields and time limits", async () => {
  const results = await run(function* () {
    const child = spawn(function* () {
      yield* yieldNow();
      return "child";
    });
    return [
      yield* scope(() => child.join()),
      yield* supervised(() => child.join()),
      yield* shield(() => child.join()),
      yield* failAfter(1000, () => child.join()),
      yield* moveOnAfter(1000, () => child.join()),
    ];
  });
  assert.deepEqual(results, ["child", "child", "child", "child", "child"]);
});

test("spawn and run start it", () => {
  const result = runSync(function* () {
    const other = spawn(function* () {
      return 5;
    });
    return yield* spawn(() => other.join());
  });
  assert.equal(result, 5);
  assert.equal(
    runSync(() => yieldNow()),
    undefined,
  );
});
