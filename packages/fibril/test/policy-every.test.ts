import assert from "node:assert/strict";
import { test } from "node:test";
import {
  breathe,
  debounce,
  every,
  Fiber,
  FiberMap,
  moveOnAfter,
  now,
  type Routine,
  run,
  scope,
  type Scope,
  shield,
  sleep,
  spawn,
  supervised,
  throttle,
  type Tick,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { ManualHost } from "./support/manual-host.ts";

const virtual = <T>(work: () => Routine<T, never>): Promise<T> =>
  run({ host: new VirtualHost() }, work);

test("every: without drift, and what has been missed is told", async () => {
  await virtual(function* () {
    const ticks: Tick[] = [];
    const works = [0, 7, 25, 10, 1];
    yield* sleep(3);
    yield* moveOnAfter(100, () =>
      every(10, function* (tick) {
        assert.equal(now(), tick.at);
        ticks.push(tick);
        yield* sleep(works[ticks.length - 1] ?? 0);
      }),
    );
    // The third, at 33, ends at 58: those of 43 and 53 are over then. The fourth ends when the next is due.
    assert.deepEqual(ticks.slice(0, 6), [
      { at: 13, missed: 0 },
      { at: 23, missed: 0 },
      { at: 33, missed: 0 },
      { at: 63, missed: 2 },
      { at: 83, missed: 1 },
      { at: 93, missed: 0 },
    ]);
  });
});

test("every: fractions of milliseconds do not drift either", async () => {
  await virtual(function* () {
    let count = 0;
    yield* moveOnAfter(1_000, () =>
      every(100 / 3, function* () {
        count++;
      }),
    );
    assert.equal(count, 29);
  });
});

test("every: aligned to the wall clock, also when that is set meanwhile", async () => {
  await virtual(function* () {
    let offset = 1_234;
    const clock = (): number => now() + offset;
    const at: number[] = [];
    yield* moveOnAfter(5_000, () =>
      every(
        1_000,
        function* (tick) {
          at.push(tick.at);
          if (at.length === 2) offset += 1_500; // the clock is put forward
        },
        { aligned: true, clock },
      ),
    );
    assert.deepEqual(at, [2_000, 3_000, 5_000, 6_000, 7_000]);
  });
});

test("every: at dates that a function gives, such as a cron parser's, until there are none", async () => {
  await virtual(function* () {
    const at: number[] = [];
    const day = 24 * 3_600_000;
    const nextMidnight = (after: Date): Date | null =>
      at.length === 3 ? null : new Date((Math.floor(after.getTime() / day) + 1) * day);
    yield* every(
      nextMidnight,
      function* (tick) {
        at.push(tick.at);
      },
      { clock: now },
    );
    assert.deepEqual(at, [day, 2 * day, 3 * day]);
    assert.equal(now(), 3 * day);
  });
});

test("every: refuses what is no period", async () => {
  await virtual(function* () {
    for (const period of [0, -1, Infinity, Number.NaN, "1s"]) {
      assert.throws(() => every(period as never, function* () {}), RangeError);
    }
    assert.throws(() => every(1, undefined as never), TypeError);
  });
});

test("breathe: gives way only when the fiber has run for a while", async () => {
  const host = new ManualHost();
  const gaveWay: number[] = [];
  const running = run({ host }, function* () {
    let turns = 0;
    const other = spawn(function* () {
      for (; ; turns++) yield* yieldNow();
    });
    yield* yieldNow();
    for (let n = 1; n <= 12; n++) {
      host.time += 0.4;
      const before = turns;
      yield* breathe();
      if (turns > before) gaveWay.push(n);
    }
    yield* other.cancel();
  });
  while (host.step());
  await running;
  assert.deepEqual(gaveWay, [4, 8, 12]);
});

test("debounce: once, when it has been quiet, with the last arguments", async () => {
  await virtual(function* () {
    const log: string[] = [];
    yield* scope(function* (block: Scope) {
      const save = debounce(block, 10, function* (text: string) {
        log.push(`${text} at ${now()}`);
        yield* sleep(3);
      });
      for (const text of ["a", "b", "c"]) {
        save(text);
        yield* sleep(6);
      }
      assert.equal(save.pending, true);
      yield* sleep(5); // c is being saved
      save("d");
      yield* sleep(20);
      assert.equal(save.pending, false);
      save("e");
      save.clear();
      yield* sleep(20);
      save("f");
      yield* sleep(1);
      save.flush();
      yield* sleep(1);
      save("g");
    });
    // The scope has stayed open for the last one.
    assert.deepEqual(log, ["c at 22", "d at 35", "f at 64", "g at 77"]);
  });
});

test("debounce: what it throws fails the scope; a cancelled scope ends it", async () => {
  await virtual(function* () {
    try {
      yield* scope(function* (block: Scope) {
        const fail = debounce(block, 1, function* () {
          throw new Error("no");
        });
        fail();
      });
      assert.fail("it throws");
    } catch (error) {
      assert.equal((error as Error).message, "no");
    }
    yield* scope(function* (block: Scope) {
      const late = debounce(block, 10, function* () {
        assert.fail("it is not done");
      });
      late();
      yield* sleep(1);
      block.cancel();
    });
  });
});

test("throttle: at once, then no more than once in its time, with the last arguments", async () => {
  await virtual(function* () {
    const log: string[] = [];
    yield* scope(function* (block: Scope) {
      const show = throttle(block, 10, function* (n: number) {
        log.push(`${n} at ${now()}`);
      });
      for (let n = 0; n < 9; n++) {
        show(n);
        yield* sleep(3);
      }
      yield* sleep(98);
      show(100);
      yield* sleep(1);
      show(101);
      show.clear();
      yield* sleep(100);
      show(102);
    });
    assert.deepEqual(log, ["0 at 0", "3 at 10", "6 at 20", "8 at 30", "100 at 125", "102 at 226"]);
  });
});

function* job(log: string[], name: string, ms = 10): Routine<string, never> {
  log.push(`${name} begins at ${now()}`);
  try {
    yield* sleep(ms);
    return name;
  } finally {
    yield* shield(() => sleep(2));
    log.push(`${name} ends at ${now()}`);
  }
}

test("FiberMap: the newest wins, and begins when the one before it has cleaned up", async () => {
  await virtual(function* () {
    const log: string[] = [];
    yield* scope(function* (block: Scope) {
      const map = new FiberMap<string>(block);
      map.spawn("k", job, log, "a");
      yield* sleep(5);
      const b = map.spawn("k", job, log, "b");
      const c = map.spawn("k", job, log, "c");
      const other = map.spawn("other", job, log, "x");
      assert.equal(map.size, 2);
      assert.deepEqual([...map.keys()], ["k", "other"]);
      assert.equal(map.get("k"), c);
      assert.equal(yield* c, "c");
      assert.equal(b.outcome?.ending, "cancelled");
      assert.equal(map.has("k"), false);
      yield* other;
      assert.equal(map.size, 0);
    });
    assert.deepEqual(log, [
      "a begins at 0",
      "x begins at 5",
      "a ends at 7",
      "c begins at 7",
      "x ends at 17",
      "c ends at 19",
    ]);
  });
});

test("FiberMap: the first wins, or they queue", async () => {
  await virtual(function* () {
    const log: string[] = [];
    yield* scope(function* (block: Scope) {
      const first = new FiberMap<number>(block, { policy: "first" });
      const a = first.spawn(1, job, log, "a");
      assert.equal(first.spawn(1, job, log, "b"), a);
      yield* a;
      yield* first.spawn(1, job, log, "c");
    });
    assert.deepEqual(log, ["a begins at 0", "a ends at 12", "c begins at 12", "c ends at 24"]);
    log.length = 0;
    yield* scope(function* (block: Scope) {
      const queue = new FiberMap<number>(block, { policy: "queue" });
      for (const name of ["a", "b", "c"]) queue.spawn(1, job, log, name, 1);
      yield* sleep(4);
      assert.equal(queue.cancel(1), true);
      assert.equal(queue.cancel(2), false);
    });
    assert.deepEqual(log, ["a begins at 24", "a ends at 27", "b begins at 27", "b ends at 30"]);
  });
});

test("FiberMap: whoever is ended passes the turn on, and a failure is its scope's", async () => {
  for (const how of ["cancel", "kill"] as const) {
    await virtual(function* () {
      const log: string[] = [];
      yield* scope(function* (block: Scope) {
        const queue = new FiberMap<number>(block, { policy: "queue" });
        const fibers = ["a", "b", "c"].map((name) => queue.spawn(1, job, log, name, 10));
        yield* sleep(1);
        for (const fiber of fibers.slice(0, 2)) {
          if (how === "kill") fiber.kill();
          else void fiber.cancel();
        }
        assert.equal(yield* fibers[2]!, "c");
        assert.equal(queue.size, 0);
      });
    });
  }
  const reported: unknown[] = [];
  const error = new Error("no");
  await run({ host: new VirtualHost({ report: (each) => reported.push(each) }) }, function* () {
    yield* supervised(function* (block: Scope) {
      new FiberMap(block).spawn("k", function* () {
        throw error;
      });
    });
  });
  assert.deepEqual(reported, [error]);
  assert.throws(() => new FiberMap(Fiber as never), TypeError);
});
