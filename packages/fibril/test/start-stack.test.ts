/** The order in which new tasks start, against an array. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StartStack } from "#core/ready/start-stack";
import { Random } from "./differential/random.ts";
import { Task } from "./support/policies.ts";

const SLOTS = 100_032;

function tasks(): () => Task {
  let created = 0;
  return () => {
    const task = new Task(created);
    task._slot = created++;
    return task;
  };
}

const items = (stack: StartStack<Task>): (Task | null)[] =>
  (stack as unknown as { items: (Task | null)[] }).items;

test("what was spawned between two starts starts in order, before what was spawned earlier", () => {
  const stack = new StartStack<Task>(64);
  const create = tasks();
  const [a, b, c, d, e] = [create(), create(), create(), create(), create()];
  for (const task of [a, b, c]) stack.push(task);
  assert.equal(stack.pop(), a);
  for (const task of [d, e]) stack.push(task);
  assert.deepEqual([stack.pop(), stack.pop(), stack.pop(), stack.pop()], [d, e, b, c]);
  assert.equal(stack.size, 0);
});

test("the lowest is the one that would start last", () => {
  const stack = new StartStack<Task>(64);
  const create = tasks();
  const [a, b, c, d] = [create(), create(), create(), create()];
  for (const task of [a, b]) stack.push(task);
  assert.equal(stack.popLowest(), b);
  for (const task of [c, d]) stack.push(task);
  assert.deepEqual([stack.popLowest(), stack.popLowest(), stack.popLowest()], [a, d, c]);
});

for (const seed of [1, 2, 3]) {
  test(`random pushes, starts from both ends and removals agree with an array (seed ${seed})`, () => {
    const random = new Random(seed);
    const stack = new StartStack<Task>(SLOTS);
    const create = tasks();
    /** The next to start is the first. */
    let model: Task[] = [];
    let batch: Task[] = [];
    const settle = (): void => {
      model = [...batch, ...model];
      batch = [];
    };
    for (let step = 0; step < 20_000; step++) {
      const deed = random.below(10);
      const size = model.length + batch.length;
      assert.equal(stack.size, size);
      if (deed < 5 || size === 0) {
        const task = create();
        batch.push(task);
        stack.push(task);
      } else if (deed < 6) {
        settle();
        assert.equal(stack.pop(), model.shift());
      } else if (deed < 9) {
        settle();
        assert.equal(stack.popLowest(), model.pop());
      } else {
        const all = [...model, ...batch];
        const victim = random.pick(all);
        assert.ok(stack.delete(victim));
        assert.ok(!stack.delete(victim));
        model = model.filter((task) => task !== victim);
        batch = batch.filter((task) => task !== victim);
      }
    }
  });
}

test("a stack that is never empty does not grow when as many start as are spawned", () => {
  const stack = new StartStack<Task>(SLOTS);
  const create = tasks();
  for (let i = 0; i < 100; i++) stack.push(create());
  for (let i = 0; i < 50_000; i++) {
    stack.push(create());
    if (i % 2 === 0) stack.popLowest();
    else assert.equal(stack.pop()._slot, 100 + i);
  }
  assert.equal(stack.size, 100);
  assert.ok(items(stack).length < 5_000, `${items(stack).length} entries for 100 tasks`);
  const held = items(stack).filter((task) => task !== null);
  assert.equal(held.length, 100, "those that have started are let go of");
});

test("an emptied stack gives its room back", () => {
  const stack = new StartStack<Task>(SLOTS);
  const create = tasks();
  const all = Array.from({ length: 100_000 }, create);
  for (const task of all) stack.push(task);
  assert.equal(stack.pop(), all[0]);
  for (const task of all.slice(1)) assert.ok(stack.delete(task));
  assert.equal(stack.size, 0);
  assert.ok(items(stack).length <= 1_024);
});
