/** The order in which new tasks start, against a model that is an array. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { StartStack } from "#core/ready/start-stack";
import { Random } from "./differential/random.ts";

const SLOTS = 100_032;

const bounds = (stack: StartStack): number[] => (stack as unknown as { bounds: number[] }).bounds;

const pushAll = (stack: StartStack, ...slots: number[]): void => {
  for (const slot of slots) stack.push(slot);
};

test("what was spawned between two starts starts in order, before what was spawned earlier", () => {
  const stack = new StartStack(64);
  pushAll(stack, 0, 1, 2);
  assert.equal(stack.pop(), 0);
  pushAll(stack, 3, 4);
  assert.deepEqual([stack.pop(), stack.pop(), stack.pop(), stack.pop()], [3, 4, 1, 2]);
  assert.equal(stack.size, 0);
});

test("the lowest is the one that would start last", () => {
  const stack = new StartStack(64);
  pushAll(stack, 0, 1);
  assert.equal(stack.popLowest(), 1);
  pushAll(stack, 2, 3);
  assert.deepEqual([stack.popLowest(), stack.popLowest(), stack.popLowest()], [0, 3, 2]);
});

test("a slot that became free at the end of the table is given again", () => {
  const stack = new StartStack(64);
  pushAll(stack, 0, 1, 2, 3);
  for (const slot of [3, 2]) stack.delete(slot);
  // The same batch goes on in slots that it had before.
  pushAll(stack, 2, 3, 4);
  assert.equal(stack.pop(), 0);
  pushAll(stack, 5, 6);
  for (const slot of [6, 5, 4, 3]) stack.delete(slot);
  // A new batch takes slots of two earlier ones.
  pushAll(stack, 3, 4, 5);
  assert.deepEqual([stack.pop(), stack.pop(), stack.pop(), stack.pop()], [3, 4, 5, 1]);
  assert.equal(stack.popLowest(), 2);
});

/** A table of slots, as far as the stack knows it: holes at the end are given again, others are compacted. */
class Table {
  readonly tasks: (number | null)[] = [];
  private created = 0;

  admit(): number {
    return this.tasks.push(this.created++) - 1;
  }

  release(slot: number): void {
    this.tasks[slot] = null;
    while (this.tasks.at(-1) === null) this.tasks.pop();
  }

  compact(stack: StartStack): void {
    const { tasks } = this;
    let to = 0;
    for (let from = 0; from < tasks.length; from++) {
      const task = tasks[from] as number | null;
      if (task === null) continue;
      if (from !== to) {
        tasks[to] = task;
        tasks[from] = null;
        stack.moved(from, to);
      }
      to++;
    }
    tasks.length = to;
    stack.compacted(to);
  }
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`spawns, starts from both ends, ends and compactions agree with an array (seed ${seed})`, () => {
    const random = new Random(seed);
    const stack = new StartStack(SLOTS);
    const table = new Table();
    const taskOf = (slot: number): number => table.tasks[slot] as number;
    const started: number[] = [];
    /** The next to start is the first. */
    let model: number[] = [];
    let batch: number[] = [];
    const settle = (): void => {
      model = [...batch, ...model];
      batch = [];
    };
    for (let step = 0; step < 20_000; step++) {
      const deed = random.below(24);
      const size = model.length + batch.length;
      assert.equal(stack.size, size);
      if (deed < 10 || size === 0) {
        const slot = table.admit();
        batch.push(taskOf(slot));
        stack.push(slot);
      } else if (deed < 12) {
        settle();
        const task = taskOf(stack.pop());
        assert.equal(task, model.shift());
        started.push(task);
      } else if (deed < 15) {
        settle();
        const task = taskOf(stack.popLowest());
        assert.equal(task, model.pop());
        started.push(task);
      } else if (deed < 19) {
        const all = [...model, ...batch];
        const victim = random.below(2) === 0 ? random.pick(all) : Math.max(...all);
        const slot = table.tasks.indexOf(victim);
        assert.ok(stack.delete(slot));
        assert.ok(!stack.delete(slot));
        table.release(slot);
        model = model.filter((task) => task !== victim);
        batch = batch.filter((task) => task !== victim);
      } else if (deed < 23 && started.length > 0) {
        const [ended] = started.splice(random.below(started.length), 1);
        table.release(table.tasks.indexOf(ended as number));
      } else table.compact(stack);
    }
  });
}

test("a stack that is never empty does not grow when as many start as are spawned", () => {
  const stack = new StartStack(SLOTS);
  for (let slot = 0; slot < 100; slot++) stack.push(slot);
  for (let i = 0; i < 50_000; i++) {
    stack.push(100 + i);
    if (i % 2 === 0) stack.popLowest();
    else assert.equal(stack.pop(), 100 + i);
  }
  for (let i = 50_000; i < 99_000; i++) {
    stack.push(100 + i);
    assert.equal(stack.pop(), 100 + i);
  }
  assert.equal(stack.size, 100);
  assert.ok(bounds(stack).length < 5_000, `${bounds(stack).length} bounds for 100 tasks`);
});

test("a million tasks that were spawned at once are one batch", () => {
  const stack = new StartStack(1 << 20);
  for (let slot = 0; slot < 1e6; slot++) stack.push(slot);
  assert.equal(bounds(stack).length, 2);
  assert.deepEqual([stack.pop(), stack.popLowest(), stack.size], [0, 999_999, 999_998]);
});

test("an emptied stack gives its room back", () => {
  const stack = new StartStack(SLOTS);
  stack.push(0);
  // Each start spawns two tasks, so each leaves a batch of one.
  for (let slot = 1; slot < SLOTS - 2; slot += 2) {
    stack.pop();
    pushAll(stack, slot, slot + 1);
  }
  assert.ok(bounds(stack).length > 10_000);
  while (stack.size > 0) stack.pop();
  assert.ok(bounds(stack).length <= 1_024);
});
