/** Nothing is starved: not the host by its fibers, and no fiber by another one. */
import assert from "node:assert/strict";
import { stat } from "node:fs";
import { test } from "node:test";
import {
  daemon,
  moveOnAfter,
  type Routine,
  run,
  scope,
  sleep,
  spawn,
  suspend,
  until,
  yieldNow,
} from "fibril";
import { Log, ManualHost, outcome, play } from "./support/manual-host.ts";

/** Gives way until the host has done something. */
function* until_(done: () => boolean): Routine<number> {
  let turns = 0;
  while (!done()) {
    turns++;
    yield* yieldNow();
  }
  return turns;
}

/** Things of the host's own that have to have their turn while fibers are busy. */
const HOST: [name: string, begin: (done: () => void) => void][] = [
  ["a timer", (done) => setTimeout(done, 1)],
  ["an immediate", (done) => setImmediate(done)],
  [
    "I/O",
    (done) => {
      stat(".", done);
    },
  ],
];

for (const [name, begin] of HOST) {
  test(`${name} of the host has its turn during a storm of yields`, async () => {
    let done = false;
    await run(function* () {
      yield* scope(function* () {
        begin(() => {
          done = true;
        });
        for (let i = 0; i < 100; i++) spawn(until_, () => done);
      });
    });
    assert.ok(done);
  });

  test(`${name} of the host has its turn while waits end at once, or by promises`, async () => {
    for (const wait of [
      () => suspend((wake) => wake(undefined)),
      () => until(Promise.resolve()),
      () => suspend((wake) => void Promise.resolve().then(wake)),
    ]) {
      const host = { done: false };
      begin(() => {
        host.done = true;
      });
      await run(function* () {
        while (!host.done) yield* wait();
      });
    }
  });
}

test("a sleeper and a time limit have their turn during a storm of yields", async () => {
  const result = await run(function* () {
    return yield* moveOnAfter(
      5,
      function* () {
        let asleep = true;
        spawn(function* () {
          yield* sleep(1);
          asleep = false;
        });
        yield* until_(() => !asleep);
        for (;;) yield* yieldNow();
      },
      "moved on",
    );
  });
  assert.equal(result, "moved on");
});

test("a fiber whose waits all end at once gives way to others now and then", () => {
  const log = new Log();
  play(function* () {
    const other = { done: false };
    const ended = spawn(function* () {});
    yield* ended;
    spawn(function* () {
      yield* yieldNow();
      other.done = true;
      log.say("other");
    });
    while (!other.done) yield* ended;
    log.say("first");
  });
  log.is(["other", "first"]);
});

test("fibers that wake each other at once do not starve a third", () => {
  const { end } = outcome({}, function* () {
    const state = { over: false };
    let wakeLeft = (): void => {};
    let wakeRight = (): void => {};
    daemon(function* () {
      while (!state.over) {
        wakeRight();
        yield* suspend<void>((wake) => {
          wakeLeft = () => wake();
        });
      }
    });
    daemon(function* () {
      while (!state.over) {
        wakeLeft();
        yield* suspend<void>((wake) => {
          wakeRight = () => wake();
        });
      }
    });
    for (let i = 0; i < 100; i++) yield* yieldNow();
    state.over = true;
    return "had its turns";
  });
  assert.equal(end.value, "had its turns");
});

test("a budget of switches: when it is spent, the host has its turn", async () => {
  for (const switches of [1, 10, 127, 128, 129, 1000]) {
    let turns = 0;
    const host = new ManualHost();
    const post = host.post.bind(host);
    host.post = (callback) => {
      turns++;
      post(callback);
    };
    const done = run({ host, budget: { ms: 1e9, switches } }, function* () {
      for (let i = 0; i < 5000; i++) yield* yieldNow();
    });
    host.finish();
    await done;
    const least = Math.floor(5000 / (switches + 2));
    assert.ok(turns >= least, `${turns} turns of the host in 5000 switches of ${switches}`);
    assert.ok(turns <= 5000 / switches + 3, `${turns} turns of the host in 5000 switches`);
  }
});

test("a budget of time: fibers that compute for long give the host its turn soon after it is spent", async () => {
  const host = new ManualHost();
  const times: number[] = [];
  const post = host.post.bind(host);
  host.post = (callback) => {
    times.push(host.time);
    post(callback);
  };
  const done = run({ host, budget: { ms: 5 } }, function* () {
    for (let i = 0; i < 1000; i++) {
      host.time += 1; // computes for a millisecond
      yield* yieldNow();
    }
  });
  host.finish();
  await done;
  const longest = Math.max(...times.slice(1).map((time, i) => time - (times[i] as number)));
  // The clock is looked at the more often, the longer the turns of the fibers are.
  assert.ok(longest <= 20, `the host waited ${longest} ms`);
});
