/** Timers that a test moves by hand: node:test's, and Sinon's, which vitest and Jest use too. */
import assert from "node:assert/strict";
import { mock, test } from "node:test";
import fakeTimers from "@sinonjs/fake-timers";
import { failAfter, now, run, scope, sleep, spawn, suspend, TimeoutError } from "fibril";

const { setImmediate } = globalThis;

/** So that fibers come to their waits: turns are the real event loop's. */
async function turns(count = 3): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

interface Hand {
  readonly name: string;
  /** Installs the timers. Returns a function that moves the time, and one that removes the timers. */
  readonly begin: () => {
    readonly tick: (ms: number) => void;
    readonly end: () => void;
  };
}

const HANDS: readonly Hand[] = [
  {
    name: "mock.timers of node:test",
    begin() {
      mock.timers.enable();
      return { tick: (ms) => mock.timers.tick(ms), end: () => mock.timers.reset() };
    },
  },
  {
    name: "mock.timers of node:test, setTimeout alone",
    begin() {
      mock.timers.enable({ apis: ["setTimeout"] });
      // The clock is the real one, and has gone on a little while the time stood.
      return { tick: (ms) => mock.timers.tick(ms + 40), end: () => mock.timers.reset() };
    },
  },
  {
    name: "Sinon's fake timers, as vitest installs them",
    begin() {
      const clock = fakeTimers.install({ toNotFake: ["nextTick", "queueMicrotask"] });
      return { tick: (ms) => void clock.tick(ms), end: () => clock.uninstall() };
    },
  },
  {
    name: "Sinon's fake timers, the date among them",
    begin() {
      const toFake = ["setTimeout", "clearTimeout", "Date"] as const;
      const clock = fakeTimers.install({ toFake: [...toFake], now: 1e12 });
      return { tick: (ms) => void clock.tick(ms), end: () => clock.uninstall() };
    },
  },
];

const { Bun, Deno } = globalThis as { Deno?: unknown; Bun?: unknown };

/** Deno has no mock timers; Bun runs all test files in one process, where Sinon's hold up the others. */
function skipped(name: string): string | false {
  if (name.startsWith("mock")) return Deno === undefined ? false : "has no mock timers";
  return Bun === undefined ? false : "test files share a process";
}

for (const { name, begin } of HANDS) {
  const moved = { skip: skipped(name) };
  test(`${name}: a sleep ends when its time is ticked, and not before`, moved, async () => {
    const { tick, end } = begin();
    try {
      let passed = -1;
      const sleeper = run(function* () {
        const before = now();
        yield* sleep(1000);
        passed = now() - before;
      });
      await turns();
      tick(900);
      await turns();
      assert.equal(passed, -1);
      tick(100);
      await sleeper;
      assert.ok(passed >= 1000, `${passed} ms`);
    } finally {
      end();
    }
  });

  test(`${name}: deadlines come in their order, time limits too`, moved, async () => {
    const { tick, end } = begin();
    try {
      const log: string[] = [];
      const all = run(function* () {
        for (const ms of [3000, 1000, 2000]) {
          spawn(function* () {
            yield* sleep(ms);
            log.push(`${ms}`);
          });
        }
        try {
          yield* failAfter(1500, () => sleep(60_000));
        } catch (error) {
          log.push(error instanceof TimeoutError ? "limit" : String(error));
        }
      });
      await turns();
      for (let n = 0; n < 6; n++) {
        tick(500);
        await turns();
      }
      await all;
      assert.deepEqual(log, ["1000", "limit", "2000", "3000"]);
    } finally {
      end();
    }
  });

  test(`${name}: afterwards time passes by itself again`, moved, async () => {
    const { tick, end } = begin();
    const long = run(() => sleep(1e6));
    await turns();
    tick(1e6);
    await long;
    end();
    let passed = 0;
    await run(function* () {
      const before = now();
      yield* sleep(5);
      passed = now() - before;
    });
    assert.ok(passed >= 5 && passed < 1e6, `${passed} ms`);
  });
}

for (const { name, begin } of HANDS) {
  test(
    `${name}: timers that are replaced while a fiber sleeps`,
    { skip: skipped(name) },
    async () => {
      let wake = (): void => {};
      /** Lets the scheduler have a turn, in which the sleeper's deadline stays the same. */
      const stir = async (): Promise<void> => {
        wake();
        await turns();
      };
      const woken: string[] = [];
      const sleeping = run(function* () {
        yield* scope(function* (all) {
          all.daemon(function* () {
            for (;;) yield* suspend<void>((wakeUp) => void (wake = wakeUp));
          });
          spawn(function* () {
            yield* sleep(60_000);
            woken.push("by hand");
          });
          yield* sleep(60_001);
        });
        woken.push("ended");
      });
      await turns();
      const { tick, end } = begin();
      try {
        await stir();
        tick(70_000);
        await turns();
        await stir();
        assert.deepEqual(woken, ["by hand", "ended"]);
      } finally {
        end();
        sleeping.cancel();
        await sleeping.catch(() => {});
      }
    },
  );
}
