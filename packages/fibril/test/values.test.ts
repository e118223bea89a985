/** A fiber as an external enumerator: `for (const v of fiber.values())`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, type Routine, routine } from "fibril";
import { each } from "./support/body.ts";
import { refused, thrown } from "./support/expect.ts";

each("values() gives what the fiber yields, and not its result", ({ fiber }) => {
  const f = fiber([() => Fiber.yield(1), () => Fiber.yield(2), () => "result"]);
  assert.deepEqual([...f.values()], [1, 2]);
  assert.equal(f.alive, false);
  assert.deepEqual([...f.values()], []);
});

each("its arguments are the routine's", ({ fiber }) => {
  assert.deepEqual([...fiber([(a, b) => Fiber.yield(a + b)]).values(1, 2)], [3]);
});

test("it enumerates from anywhere in the call tree, lazily", () => {
  interface Tree {
    readonly value: number;
    readonly left?: Tree;
    readonly right?: Tree;
  }
  let visited = 0;
  const walk = routine("walk", function* (tree: Tree): Routine<void, number> {
    visited++;
    if (tree.left) yield* walk(tree.left);
    yield* Fiber.yield(tree.value);
    if (tree.right) yield* walk(tree.right);
  });
  const tree: Tree = { value: 2, left: { value: 1 }, right: { value: 4, left: { value: 3 } } };
  const values = new Fiber(walk).values(tree);
  assert.equal(visited, 0);
  assert.equal(values.next().value, 1);
  assert.equal(visited, 2);
  assert.deepEqual([...values], [2, 3, 4]);
});

each("leaving the loop early leaves the fiber suspended where it is", ({ fiber }) => {
  const f = fiber([() => Fiber.yield(1), () => Fiber.yield(2), () => Fiber.yield(3)]);
  for (const value of f.values()) if (value === 2) break;
  assert.equal(f.status, "suspended");
  assert.deepEqual([...f.values()], [3]);
});

each("an error of the fiber comes out of the loop", ({ fiber }) => {
  const f = fiber([() => Fiber.yield(1), () => assert.fail("in the fiber")]);
  const values = f.values();
  values.next();
  assert.equal((thrown(() => values.next()) as Error).message, "in the fiber");
  assert.deepEqual([...values], []);
});

each("two enumerations share the one fiber", ({ fiber }) => {
  const f = fiber([() => Fiber.yield(1), () => Fiber.yield(2), () => Fiber.yield(3)]);
  const [a, b] = [f.values(), f.values()];
  assert.deepEqual([a.next().value, b.next().value, a.next().value], [1, 2, 3]);
});

test("a fiber cannot enumerate itself", () => {
  const f: Fiber = new Fiber(function* (): Routine<void> {
    for (const value of f.values()) assert.ok(value);
  });
  refused("attempt to resume the current fiber", () => f.resume());
});
