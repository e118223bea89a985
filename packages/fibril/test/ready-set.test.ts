/** What every ready set does, then what sets each apart. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LocalitySet, START_BUDGET } from "#core/locality";
import type { ReadySet } from "#core/ready-set";
import { SeededSet } from "#core/seeded";
import { Random } from "./differential/random.ts";
import { ALMOST_ALL, CANNOT, collected, collectGarbage } from "./support/garbage.ts";
import { policies, Task } from "./support/policies.ts";

type Ready = ReadySet<Task>;

/** More than any policy keeps in a queue. */
const MANY = 5_000;

const ids = (tasks: Iterable<Task>): number[] => Array.from(tasks, ({ id }) => id);
const ascending = (count: number): number[] => Array.from({ length: count }, (_, id) => id);
const sorted = (numbers: Iterable<number>): number[] => [...numbers].toSorted((a, b) => a - b);

function spawn(ready: Ready, count: number): Task[] {
  const first = ready.live;
  const tasks = Array.from({ length: count }, (_, i) => new Task(first + i));
  for (const task of tasks) ready.spawned(task);
  return tasks;
}

/** One round; `turn` is what each task does in it. Answers who ran. */
function round(ready: Ready, turn?: (task: Task) => void): Task[] {
  const ran: Task[] = [];
  ready.beginRound();
  for (let task = ready.next(); task !== null; task = ready.next()) {
    ran.push(task);
    turn?.(task);
  }
  return ran;
}

/** Runs until nobody is ready. */
function settle(ready: Ready): void {
  while (ready.size > 0) round(ready);
}

/** Tasks that have started and wait. */
function waiting(ready: Ready, count: number): Task[] {
  const tasks = spawn(ready, count);
  settle(ready);
  return tasks;
}

function shuffled<T>(items: readonly T[], seed = 1): T[] {
  const random = new Random(seed);
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}

for (const policy of policies) {
  const its = (behaviour: string, body: (ready: Ready) => void): void => {
    test(`${policy.name}: ${behaviour}`, () => body(policy.create()));
  };

  its("nobody is ready in a new set", (ready) => {
    assert.equal(ready.next(), null);
    assert.equal(ready.beginRound(), 0);
    assert.equal(ready.next(), null);
    assert.deepEqual([ready.size, ready.live, ...ready], [0, 0]);
  });

  its("a spawned task runs once, then waits", (ready) => {
    const [task] = spawn(ready, 1);
    assert.deepEqual([ready.size, ready.live], [1, 1]);
    assert.deepEqual(round(ready), [task]);
    assert.deepEqual([ready.size, ready.live], [0, 1]);
    assert.deepEqual(round(ready), []);
  });

  its("all that were spawned start, each once", (ready) => {
    const tasks = spawn(ready, MANY);
    const ran: Task[] = [];
    while (ready.size > 0) ran.push(...round(ready));
    assert.deepEqual(sorted(ids(ran)), ids(tasks));
  });

  for (const count of [5, MANY]) {
    its(
      `each of ${count} that are ready runs once a round, in whatever order they woke`,
      (ready) => {
        const tasks = waiting(ready, count);
        for (let seed = 0; seed < 3; seed++) {
          for (const task of shuffled(tasks, seed)) ready.add(task);
          assert.equal(ready.size, count);
          assert.deepEqual(sorted(ids(round(ready))), ascending(count));
        }
      },
    );

    its(`what wakes during a round of ${count} runs in the next one`, (ready) => {
      const tasks = waiting(ready, count);
      for (const task of tasks) ready.add(task);
      for (let i = 0; i < 3; i++) {
        const ran = round(ready, (task) => ready.add(task));
        assert.deepEqual(sorted(ids(ran)), ascending(count));
      }
    });

    its(`of ${count}, one that is removed does not run, and others do`, (ready) => {
      const tasks = waiting(ready, count);
      for (const task of tasks) ready.add(task);
      const removed = tasks[count >> 1] as Task;
      ready.remove(removed);
      assert.equal(ready.size, count - 1);
      assert.deepEqual(
        sorted(ids(round(ready))),
        ascending(count).filter((id) => id !== removed.id),
      );
    });

    its(
      `of ${count}, those that are removed in the middle of a round do not run in it`,
      (ready) => {
        const tasks = waiting(ready, count);
        for (const task of tasks) ready.add(task);
        const left = new Set(tasks);
        const ran = round(ready, (task) => {
          left.delete(task);
          const [victim] = left;
          if (victim !== undefined) {
            left.delete(victim);
            ready.remove(victim);
          }
        });
        assert.equal(ran.length, Math.ceil(count / 2));
        assert.equal(ready.size, 0);
      },
    );

    its(`of ${count}, one that is removed and added again in a round runs in the next`, (ready) => {
      const tasks = waiting(ready, count);
      for (const task of tasks) ready.add(task);
      const left = new Set(tasks);
      const late = new Set<Task>();
      const ran = round(ready, (task) => {
        left.delete(task);
        const [other] = left;
        if (other !== undefined) {
          left.delete(other);
          late.add(other);
          ready.remove(other);
          ready.add(other);
        }
      });
      assert.equal(ran.length + late.size, count);
      assert.deepEqual(new Set(round(ready)), late);
    });
  }

  its("a task that is killed before its start never runs", (ready) => {
    const [first, second, third] = spawn(ready, 3) as [Task, Task, Task];
    ready.remove(second);
    ready.ended(second);
    assert.deepEqual([ready.size, ready.live], [2, 2]);
    const ran = new Set<Task>();
    while (ready.size > 0) for (const task of round(ready)) ran.add(task);
    assert.deepEqual(ran, new Set([first, third]));
  });

  its("a round that begins before the last one's end takes its rest along", (ready) => {
    const tasks = waiting(ready, 10);
    for (const task of tasks) ready.add(task);
    ready.beginRound();
    const ran = [ready.next() as Task, ready.next() as Task];
    ready.add(ran[0] as Task);
    assert.equal(ready.beginRound(), 9);
    const rest: Task[] = [];
    for (let task = ready.next(); task !== null; task = ready.next()) rest.push(task);
    assert.deepEqual(
      sorted(ids(rest)),
      ascending(10).filter((id) => id !== ran[1]?.id),
    );
  });

  its("ended tasks are forgotten, the others stay in the order of their creation", (ready) => {
    let tasks = waiting(ready, 1_000);
    let created = tasks.length;
    for (let turn = 0; turn < 5; turn++) {
      const gone = new Set(shuffled(tasks, turn).slice(0, 500));
      for (const task of gone) ready.ended(task);
      const fresh = Array.from({ length: 500 }, () => new Task(created++));
      for (const task of fresh) ready.spawned(task);
      settle(ready);
      tasks = [...tasks.filter((task) => !gone.has(task)), ...fresh];
      assert.deepEqual(ids(ready), ids(tasks));
      const slots = tasks.map((task) => task._slot);
      assert.deepEqual(slots, sorted(new Set(slots)), "a younger task has a higher slot");
      assert.ok([...gone].every((task) => task._slot === -1));
    }
    assert.equal(ready.live, 1_000);
  });

  its("when the table is compacted in the middle of a round nothing is lost", (ready) => {
    const tasks = waiting(ready, 2_000);
    for (const task of tasks) if (task.id % 2 === 0) ready.ended(task);
    const odd = tasks.filter((task) => task.id % 2 === 1);
    for (const task of shuffled(odd)) ready.add(task);
    let seen = 0;
    const ran = round(ready, (task) => {
      if (task.id >= 2_000) return;
      if (++seen % 3 === 0) ready.add(task);
      for (let i = 0; i < 2; i++) ready.spawned(new Task(2_000 + seen * 2 + i));
    });
    const old = ran.filter((task) => task.id < 2_000);
    assert.deepEqual(sorted(ids(old)), ids(odd));
    const again = new Set(old.filter((_, i) => (i + 1) % 3 === 0));
    const then = round(ready).filter((task) => task.id < 2_000);
    assert.deepEqual(new Set(then), again);
  });

  its("a program that spawns and joins in turn uses few slots", (ready) => {
    let highest = 0;
    for (let id = 0; id < 1_000; id++) {
      const task = new Task(id);
      ready.spawned(task);
      round(ready);
      highest = Math.max(highest, task._slot);
      ready.ended(task);
    }
    assert.ok(highest <= 1, `slot ${highest}`);
  });

  its("when a million tasks have ended their places are given back", (ready) => {
    const places = () => (ready as unknown as { capacity: number }).capacity;
    const tasks = waiting(ready, 1_000_000);
    const most = places();
    for (const task of tasks) if (task.id % 1_000 !== 0) ready.ended(task);
    assert.ok(places() <= most / 100, `${places()} of ${most}`);
    const kept = tasks.filter((task) => task.id % 1_000 === 0);
    for (const task of kept) ready.add(task);
    assert.deepEqual(sorted(ids(round(ready))), ids(kept));
  });

  test(`${policy.name}: nothing of a task is kept that has ended, however it came to that`, async (t) => {
    if (!collectGarbage()) return t.skip(CANNOT);
    const ready = policy.create();
    const kept = waiting(ready, 2);
    const refs: WeakRef<Task>[] = [];
    // In turns, so that each place where one may be forgotten has its share.
    for (let i = 0; i < 25; i++) {
      const [ran, killed, cancelled, lost] = spawn(ready, 4) as [Task, Task, Task, Task];
      refs.push(...[ran, killed, cancelled, lost].map((task) => new WeakRef(task)));
      ready.remove(killed);
      ready.ended(killed);
      round(ready, (task) => {
        if (task === cancelled) ready.add(task);
      });
      round(ready);
      ready.add(cancelled);
      ready.add(lost);
      ready.beginRound();
      ready.remove(cancelled);
      ready.remove(lost);
      for (const task of [ran, cancelled, lost]) ready.ended(task);
      assert.equal(ready.next(), null);
    }
    const gone = await collected(refs);
    assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
    assert.deepEqual([...ready], kept);
  });
}

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
