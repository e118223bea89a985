/** The scheduler whose tasks are woken the fast way: whichever is there first, as long as it has fibers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fifo, park, run, runSync, sleep, spawn, unpark, yieldNow } from "fibril";
import { K } from "#core/kernel/registers";
import { OTHER_SCHEDULER } from "#core/kernel/state";
import { activeSchedulers } from "#core/schedule/scheduler";
import { CANNOT, collected, collectGarbage } from "./support/garbage.ts";

const elsewhere = (fiber: unknown): boolean =>
  ((fiber as { _flags: number })._flags & OTHER_SCHEDULER) !== 0;

/** Turns after the end of what ran. */
async function quiet(): Promise<void> {
  while (activeSchedulers.size > 0) await new Promise((resolve) => setImmediate(resolve));
}

test("after a runSync the tasks of a run are woken the fast way", async () => {
  runSync(() => yieldNow());
  assert.equal(K.mainScheduler, null);
  await run(function* () {
    const child = spawn(() => park());
    yield* yieldNow();
    assert.deepEqual([elsewhere(child), K.mainScheduler === null], [false, false]);
    unpark(child);
  });
  await quiet();
  assert.equal(K.mainScheduler, null);
});

test("a scheduler beside it takes its place when it is empty, and not before", async () => {
  const first = run(function* () {
    yield* sleep(20);
    return elsewhere(spawn(() => sleep(0)));
  });
  const second = run({ policy: fifo }, function* () {
    const early = spawn(() => park());
    yield* yieldNow();
    assert.ok(elsewhere(early));
    yield* sleep(60);
    const late = spawn(() => park());
    yield* yieldNow();
    assert.equal(elsewhere(late), false);
    assert.ok(elsewhere(early), "what was spawned before keeps its way");
    unpark(early, "early");
    unpark(late, "late");
    return [yield* early, yield* late];
  });
  assert.equal(await first, false);
  assert.deepEqual(await second, ["early", "late"]);
  await quiet();
  assert.equal(K.mainScheduler, null);
});

test("a runSync inside a run is elsewhere, and leaves the home as it is", async () => {
  await run(function* () {
    const home = K.mainScheduler;
    const inside = runSync(function* () {
      const child = spawn(() => yieldNow());
      const there = elsewhere(child);
      yield* child;
      return there;
    });
    assert.equal(inside, true);
    assert.equal(K.mainScheduler, home);
    yield* sleep(1);
  });
});

test("a run that starts inside a runSync does not disturb it", async () => {
  let later: Promise<string> | undefined;
  const value = runSync(function* () {
    later = run(function* () {
      yield* yieldNow();
      return "later";
    });
    const child = spawn(function* () {
      yield* yieldNow();
      return "sync";
    });
    return yield* child;
  });
  assert.equal(value, "sync");
  assert.equal(await later, "later");
});

const MANY = 20;

test("a scheduler that has ended is not kept", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const schedulers: WeakRef<object>[] = [];
  const note = (fiber: unknown): void => {
    const { _scope } = fiber as { _scope: { scheduler: object } };
    schedulers.push(new WeakRef(_scope.scheduler));
  };
  for (let n = 0; n < MANY; n++) {
    runSync(function* () {
      note(spawn(() => yieldNow()));
    });
    await run({ policy: fifo }, function* () {
      note(spawn(() => sleep(1)));
    });
  }
  await quiet();
  // What was idle last is known to the host until another one is.
  await run(() => sleep(1));
  const kept = schedulers.length - (await collected(schedulers));
  assert.ok(kept <= 2, `${kept} of ${schedulers.length}`);
});
