// A fiber that is driven by hand
import { Fiber, routine, type Routine } from "fibril";

interface Tree {
  readonly value: number;
  readonly left?: Tree;
  readonly right?: Tree;
}

const walk = routine("walk", function* (tree: Tree): Routine<void, number> {
  if (tree.left) yield* walk(tree.left);
  yield* Fiber.yield(tree.value);
  if (tree.right) yield* walk(tree.right);
});

const tree = { value: 2, left: { value: 1 }, right: { value: 3 } };
for (const value of new Fiber(walk).values(tree)) console.log(value);

const counter = new Fiber(function* (start: number) {
  for (let n = start; ; n += yield* Fiber.yield<number>(n));
});
console.log(counter.resume(1), counter.resume(5));

// Prints:
// 1
// 2
// 3
// 1 6
