/** What every ready set does, whatever its order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALMOST_ALL, CANNOT, collected, collectGarbage } from "./support/garbage.ts";
import {
  ascending,
  ids,
  MANY,
  policies,
  type Ready,
  round,
  settle,
  shuffled,
  sorted,
  spawn,
  Task,
  waiting,
} from "./support/policies.ts";

/** Ways for a hundred tasks to come to their end; another one stays. */
const ENDS: Readonly<Record<string, (ready: Ready, tasks: Task[], other: Task) => void>> = {
  "ran and ended": (ready) => settle(ready),
  "were killed before their start": (ready, tasks) => {
    for (const task of tasks) ready.remove(task);
  },
  "were killed before their start while another was ready": (ready, tasks, other) => {
    ready.add(other);
    for (const task of tasks) ready.remove(task);
  },
  "were killed before their turn": (ready, tasks) => {
    settle(ready);
    for (const task of tasks) ready.add(task);
    for (const task of tasks) ready.remove(task);
  },
  "were killed before their turn while another was ready": (ready, tasks, other) => {
    settle(ready);
    for (const task of tasks) ready.add(task);
    ready.add(other);
    for (const task of tasks) ready.remove(task);
  },
  "were killed in their round": (ready, tasks) => {
    settle(ready);
    for (const task of tasks) ready.add(task);
    ready.beginRound();
    for (const task of tasks) ready.remove(task);
  },
  "were killed in their round while another was of it": (ready, tasks, other) => {
    settle(ready);
    ready.add(other);
    for (const task of tasks) ready.add(task);
    ready.beginRound();
    for (const task of tasks) ready.remove(task);
    while (ready.next() !== null);
  },
  "were killed in their round while another was woken": (ready, tasks, other) => {
    settle(ready);
    for (const task of tasks) ready.add(task);
    ready.beginRound();
    ready.add(other);
    for (const task of tasks) ready.remove(task);
  },
};

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

  for (const [how, end] of Object.entries(ENDS)) {
    test(`${policy.name}: nothing is kept of tasks that ${how}`, async (t) => {
      if (!collectGarbage()) return t.skip(CANNOT);
      let gone = 0;
      // A leak keeps them in every try; a stale word on a stack that is scanned conservatively, in one.
      for (let tries = 0; tries < 4 && gone < ALMOST_ALL; tries++) {
        const ready = policy.create();
        const kept = waiting(ready, 1) as [Task];
        const refs: WeakRef<Task>[] = [];
        // In a function of its own, so that no variable holds them.
        (() => {
          const tasks = spawn(ready, 100);
          refs.push(...tasks.map((task) => new WeakRef(task)));
          end(ready, tasks, kept[0]);
          for (const task of tasks) ready.ended(task);
        })();
        round(ready);
        gone = await collected(refs);
        assert.deepEqual([...ready], kept);
      }
      assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
    });
  }
}
