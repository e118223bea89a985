/** What sets each ready set apart: the order in which it runs what is ready, and starts what is new. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalitySet, START_BUDGET } from "#core/ready/locality";
import { SeededSet } from "#core/ready/seeded";
import {
  ascending,
  ids,
  MANY,
  policies,
  round,
  settle,
  shuffled,
  sorted,
  spawn,
  Task,
  waiting,
} from "./support/policies.ts";

for (const policy of policies.filter(({ strict }) => strict)) {
  test(`${policy.name}: tasks run in the order in which they became ready, however many`, () => {
    const ready = policy.create();
    const tasks = waiting(ready, MANY);
    const order = shuffled(tasks);
    for (const task of order.slice(0, 2_000)) ready.add(task);
    const fresh = spawn(ready, 10);
    for (const task of order.slice(2_000)) ready.add(task);
    assert.deepEqual(
      ids(round(ready)),
      ids([...order.slice(0, 2_000), ...fresh, ...order.slice(2_000)]),
    );
  });
}

test("locality: few tasks run in the order in which they woke, many in that of their creation", () => {
  for (const [count, swept] of [
    [10, false],
    [1_024, false],
    [1_025, true],
    [MANY, true],
  ] as const) {
    const ready = new LocalitySet<Task>();
    const tasks = waiting(ready, count);
    const order = shuffled(tasks);
    for (const task of order) ready.add(task);
    assert.deepEqual(ids(round(ready)), swept ? ascending(count) : ids(order), `${count} tasks`);
  }
});

test("locality: among very many slots more run in the order in which they woke", () => {
  const ready = new LocalitySet<Task>();
  const tasks = waiting(ready, 1_000_000);
  round(ready);
  const some = shuffled(tasks.filter((task) => task.id % 600 === 0));
  for (const task of some) ready.add(task);
  assert.ok(some.length > 1_024);
  assert.deepEqual(ids(round(ready)), ids(some));
});

/** A task of which a sweep that reads ahead counts the field. */
class Counted extends Task {
  readonly _frame = null;
}

test("locality: after halves were replaced, a sweep reads ahead and still runs all in order", () => {
  const COUNT = 20_000;
  const ready = new LocalitySet<Task>();
  const counted = (): number => (ready as unknown as { counted: number }).counted;
  let created = 0;
  const create = (count: number): Task[] => {
    const tasks = Array.from({ length: count }, () => new Counted(created++));
    for (const task of tasks) ready.spawned(task);
    settle(ready);
    return tasks;
  };
  const sweep = (tasks: readonly Task[]): void => {
    for (const task of shuffled(tasks)) ready.add(task);
    assert.deepEqual(ids(round(ready)), sorted(ids(tasks)));
  };
  let tasks = create(COUNT);
  sweep(tasks);
  assert.equal(counted(), 0, "fresh tasks are not read ahead");
  for (let time = 0; time < 3; time++) {
    const order = shuffled(tasks, time);
    for (const task of order.slice(COUNT / 2)) ready.ended(task);
    tasks = [...order.slice(0, COUNT / 2), ...create(COUNT / 2)];
    sweep(tasks);
    assert.ok(counted() > 0, "scattered tasks are");
  }
  // Tasks end and are spawned during the round, so that the table is compacted in the middle of the sweep.
  for (const task of tasks) ready.add(task);
  const before = new Set(tasks);
  const ran = round(ready, (task) => {
    if (!before.has(task)) return;
    if (task.id % 2 === 0) ready.ended(task);
    ready.spawned(new Counted(created++));
  }).filter((task) => before.has(task));
  assert.deepEqual(ids(ran), sorted(ids(tasks)));
});

test("locality: the order changes back only when few are ready again", () => {
  const ready = new LocalitySet<Task>();
  const tasks = waiting(ready, MANY);
  const wake = (count: number): Task[] => {
    const order = shuffled(tasks).slice(0, count);
    for (const task of order) ready.add(task);
    return order;
  };
  const inOrder = (ran: Task[]): boolean =>
    ran.every((task, i) => i === 0 || task.id > (ran[i - 1]?.id ?? 0));
  wake(MANY);
  assert.ok(inOrder(round(ready)));
  for (const count of [600, 600, 500]) {
    wake(count);
    assert.ok(inOrder(round(ready)), `${count} after many`);
  }
  const order = wake(600);
  assert.deepEqual(ids(round(ready)), ids(order), "600 after 500");
});

test("locality: new tasks start before the round goes on, a tree of them depth-first", () => {
  const ready = new LocalitySet<Task>();
  const [a, b] = waiting(ready, 2) as [Task, Task];
  ready.add(a);
  ready.add(b);
  const children = new Map([
    [0, [10, 20]],
    [10, [11, 12]],
    [20, [21, 22]],
  ]);
  const ran = round(ready, ({ id }) => {
    for (const child of children.get(id) ?? []) ready.spawned(new Task(child));
  });
  assert.deepEqual(ids(ran), [0, 10, 11, 12, 20, 21, 22, 1]);
});

test("locality: a chain of spawners without end delays a ready task by a bounded number of starts", () => {
  for (const count of [1, START_BUDGET, MANY]) {
    const ready = new LocalitySet<Task>();
    const tasks = waiting(ready, count);
    for (const task of tasks) ready.add(task);
    const spawner = (): void => ready.spawned(new Task(-1));
    spawner();
    const bound = Math.max(START_BUDGET, count + 1);
    for (let i = 0; i < 3; i++) {
      let starts = 0;
      const ran = round(ready, (task) => {
        if (task.id !== -1) return ready.add(task);
        ready.ended(task);
        spawner();
        starts++;
      });
      assert.equal(ran.length - starts, count, "all that were ready ran");
      // One more: the lowest of the stack is of the round.
      assert.ok(starts <= bound + 1, `${starts} starts in a round of ${count}`);
    }
  }
});

test("locality: a new task starts even if newer ones are spawned without end", () => {
  const ready = new LocalitySet<Task>();
  const old = new Set(spawn(ready, 50));
  const flood = (): void => {
    for (let i = 0; i < 2; i++) ready.spawned(new Task(-1));
  };
  ready.next();
  // On top of the old ones, and growing.
  for (let i = 0; i < 2 * START_BUDGET; i++) flood();
  let rounds = 0;
  while (old.size > 0) {
    assert.ok(++rounds <= 50, "each round starts one of them");
    round(ready, (task) => {
      if (old.delete(task)) return;
      ready.ended(task);
      flood();
    });
  }
});

test("locality: a million spawned at once are all going after a dozen rounds", () => {
  const ready = new LocalitySet<Task>();
  spawn(ready, 1_000_000);
  let rounds = 0;
  let going = 0;
  while (going < 1_000_000) {
    going = round(ready, (task) => ready.add(task)).length;
    rounds++;
  }
  assert.ok(rounds <= 12, `${rounds} rounds`);
});

test("seeded: the seed decides the order, and every order comes about", () => {
  const order = (seed: number): string => {
    const ready = new SeededSet<Task>(seed);
    spawn(ready, 3);
    return ids(round(ready)).join();
  };
  const orders = new Map<string, number>();
  for (let seed = 0; seed < 600; seed++) {
    assert.equal(order(seed), order(seed));
    orders.set(order(seed), (orders.get(order(seed)) ?? 0) + 1);
  }
  assert.equal(orders.size, 6);
  for (const [which, times] of orders) assert.ok(times > 50, `${which} came ${times} times`);
  assert.equal(new SeededSet(42).seed, 42);
});
