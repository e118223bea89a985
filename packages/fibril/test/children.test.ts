/** `fiber.children`, `fiber.parent`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cancelled,
  Fiber,
  type FiberError,
  park,
  run,
  runSync,
  scope,
  shield,
  spawn,
  unpark,
  yieldNow,
} from "fibril";

test("a fiber's children are listed however many there are", () => {
  let counted = 0;
  runSync(function* () {
    yield* scope(function* (block) {
      for (let n = 0; n < 200_000; n++) spawn(park);
      counted = Fiber.current.children.length;
      block.cancel();
    });
  });
  assert.equal(counted, 200_000);
});

test("children that a coroutine spawned in a scope of its own are its task's", () => {
  runSync(function* main() {
    const coroutine = new Fiber(function* () {
      yield* scope(function* () {
        const child = spawn("of the coroutine", park);
        assert.deepEqual(child.parent, outer);
        assert.deepEqual(outer.children, [child]);
        yield* yieldNow();
        unpark(child);
      });
    });
    const outer = Fiber.current;
    yield* Fiber.resume(coroutine);
  });
});

test("a grace that ends takes any number of children with it", async () => {
  let children: Fiber[] = [];
  const tree = run(function* () {
    yield* shield(function* () {
      for (let n = 0; n < 150_000; n++) spawn(park);
      ({ children } = Fiber.current);
      tree.cancel("enough", { grace: 0 });
      yield* park();
    });
  });
  await assert.rejects(tree, (error: FiberError) => {
    assert.equal(error.code, "cancelled");
    assert.equal((error.cause as Cancelled).forced, true);
    return true;
  });
  assert.equal(children.length, 150_000);
  assert.ok(children.every(({ alive }) => !alive));
});
