/** What is kept of fibers that have ended, waits that were called off, and timers that were cancelled: nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Fiber,
  failAfter,
  monitor,
  moveOnAfter,
  type Routine,
  run,
  scope,
  type Scope,
  shield,
  sleep,
  spawn,
  supervised,
  suspend,
  until,
  yieldNow,
} from "fibril";
import type { AnyFiber } from "./support/body.ts";
import { ALMOST_ALL, CANNOT, collected, collectGarbage } from "./support/garbage.ts";
import { begin, checkIdle, ManualHost } from "./support/manual-host.ts";

/** Ways for a fiber to live and end, in a scope that goes on. `kept` is what the program itself keeps. */
const LIVES: [name: string, live: (all: Scope, kept: unknown[]) => Fiber][] = [
  ["returned", () => spawn(() => sleep(1))],
  [
    "failed",
    (all) => {
      const child = all.spawn(function* () {
        yield* yieldNow();
        throw new Error("why");
      });
      monitor(child, () => {});
      return child;
    },
  ],
  [
    "was cancelled before its start",
    () => {
      const child = spawn(() => sleep(1));
      void child.cancel();
      return child;
    },
  ],
  [
    "was killed",
    () => {
      const child = spawn(() => sleep(Infinity));
      spawn(function* () {
        child.kill();
      });
      return child;
    },
  ],
  ["ran out of time", () => spawn(() => moveOnAfter(1, () => sleep(1e9)))],
  ["was in time", () => spawn(() => failAfter(1e9, () => sleep(1)))],
  [
    "gave up waiting for a promise that lives on",
    (_all, kept) => {
      const promise = (kept[0] ??= new Promise(() => {})) as Promise<void>;
      return spawn(() => moveOnAfter(1, () => until(promise)));
    },
  ],
  [
    "gave up waiting for a callback that is kept",
    (_all, kept) => spawn(() => moveOnAfter(1, () => suspend((wake) => void kept.push(wake)))),
  ],
  [
    "was woken by a callback that is kept",
    (_all, kept) =>
      spawn(() =>
        suspend((wake) => {
          kept.push(wake);
          wake(undefined);
        }),
      ),
  ],
  [
    "gave up joining one that lives on",
    (all, kept) => {
      const target = (kept[0] ??= all.daemon(() => sleep(Infinity))) as Fiber;
      return spawn(() => moveOnAfter(1, () => target.join()));
    },
  ],
  [
    "was joined by one that lives on",
    (all) => {
      const box = [spawn(() => sleep(1))];
      all.daemon(function* (): Routine<void> {
        Fiber.current.storage = null;
        yield* box.pop() as Fiber;
        yield* sleep(Infinity);
      });
      return box[0] as Fiber;
    },
  ],
  [
    "waited in a coroutine that lives on",
    (_all, kept) => {
      const coroutine: AnyFiber = new Fiber(function* (): Routine<void> {
        Fiber.current.storage = null;
        yield* sleep(1);
        yield* Fiber.yield();
      });
      kept.push(coroutine);
      return spawn(() => Fiber.resume(coroutine));
    },
  ],
  ["was shielded", () => spawn(() => shield(() => sleep(1)))],
];

for (const [name, live] of LIVES) {
  test(`nothing is kept of a fiber that ${name}, while its scope goes on`, async (t) => {
    if (!collectGarbage()) return t.skip(CANNOT);
    const refs: WeakRef<object>[] = [];
    const kept: unknown[] = [];
    const { host, fiber, scheduler } = begin({ host: new ManualHost() }, function* () {
      yield* supervised(function* (all) {
        for (let i = 0; i < 100; i++) {
          const held = { i };
          Fiber.set("held", held);
          const child = live(all, kept);
          Fiber.set("held", undefined);
          refs.push(new WeakRef(child), new WeakRef(held));
        }
        yield* sleep(1000);
      });
    });
    host.advance(500);
    assert.equal(fiber.alive, true);
    if (name !== "was joined by one that lives on") assert.ok(fiber.children.length <= 1);
    assert.equal(scheduler.timers.size, 1);
    const gone = await collected(refs);
    assert.ok(gone >= ALMOST_ALL * 2, `${gone} of 200 collected`);
    host.finish();
    checkIdle(scheduler);
  });
}

test("after a hundred thousand fibers have ended nothing retains them", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const sampled: WeakRef<object>[] = [];
  const { host, scheduler } = begin({ host: new ManualHost() }, function* () {
    yield* scope(function* () {
      for (let i = 0; i < 100_000; i++) {
        const child = spawn(function* (n: number) {
          yield* yieldNow();
          yield* failAfter(1000, () => sleep(n % 10));
        }, i);
        if (i % 1000 === 0) sampled.push(new WeakRef(child));
      }
    });
    yield* sleep(1000);
  });
  host.advance(500);
  const gone = await collected(sampled);
  assert.ok(gone >= ALMOST_ALL, `${gone} of 100 sampled fibers collected`);
  assert.equal(scheduler.timers.size, 1);
  host.finish();
  checkIdle(scheduler);
});

test("an ended fiber that is kept holds its result and its name, nothing else", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const refs: WeakRef<object>[] = [];
  const fibers: Fiber[] = [];
  await run(function* () {
    for (let i = 0; i < 100; i++) {
      const held = { i };
      refs.push(new WeakRef(held));
      Fiber.set("held", held);
      fibers.push(
        spawn(function* (given: object) {
          const local = { given };
          yield* moveOnAfter(10, function* () {
            yield* sleep(0);
            assert.ok(local);
          });
          return i;
        }, held),
      );
    }
    Fiber.set("held", undefined);
  });
  const gone = await collected(refs);
  assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
  assert.equal(await fibers[99]?.promise(), 99);
});

test("the run that is over keeps nothing of its program, and no timer of the host", async (t) => {
  if (!collectGarbage()) return t.skip(CANNOT);
  const refs: WeakRef<object>[] = [];
  for (let i = 0; i < 100; i++) {
    const held = { i };
    refs.push(new WeakRef(held));
    await run(function* () {
      yield* moveOnAfter(1e9, () => yieldNow());
      assert.ok(held);
    });
  }
  const gone = await collected(refs);
  assert.ok(gone >= ALMOST_ALL, `${gone} of 100 collected`);
});
