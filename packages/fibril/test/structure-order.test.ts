/** Orders that programs can rely on: of starts, of clean-up, and of time among fibers that give way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defer, fifo, locality, now, run, scope, sleep, spawn, yieldNow } from "fibril";
import { VirtualHost } from "fibril/testing";
import { Log, play } from "./support/manual-host.ts";

test("children start in the order of their spawning, each with what it spawns in its first turn", () => {
  const tree = (log: Log, name: string, depth: number) =>
    function* (): Generator<never, void, never> {
      log.say(name);
      if (depth === 0) return;
      for (const part of ["1", "2"]) spawn(tree(log, `${name}.${part}`, depth - 1));
    };
  const depthFirst = new Log();
  play(() => tree(depthFirst, "a", 2)(), { policy: locality });
  depthFirst.is(["a", "a.1", "a.1.1", "a.1.2", "a.2", "a.2.1", "a.2.2"]);
  const strict = new Log();
  play(() => tree(strict, "a", 2)(), { policy: fifo });
  strict.is(["a", "a.1", "a.2", "a.1.1", "a.1.2", "a.2.1", "a.2.2"]);
});

test("on cancel, children are asked in the order of their spawning and clean up side by side", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      for (const deferred of ["first deferred", "last deferred"]) {
        defer(function* () {
          yield* sleep(1);
          log.say(deferred);
        });
      }
      for (const [name, ms] of [
        ["a", 3],
        ["b", 1],
        ["c", 2],
      ] as const) {
        spawn(function* () {
          defer(function* () {
            log.say(`${name} begins`);
            yield* sleep(ms);
            log.say(`${name} ends`);
          });
          yield* sleep(Infinity);
        });
      }
      yield* sleep(1);
      all.cancel();
    });
  });
  log.is([
    "a begins",
    "b begins",
    "c begins",
    "b ends",
    "c ends",
    "a ends",
    "last deferred",
    "first deferred",
  ]);
});

test("virtual time stands while a fiber only gives way", async () => {
  const host = new VirtualHost();
  const times = await run({ host }, function* () {
    let woken = -1;
    spawn(function* () {
      yield* sleep(1);
      woken = now();
    });
    for (let i = 0; i < 10_000; i++) yield* yieldNow();
    const standing = [now(), woken];
    yield* sleep(1);
    yield* yieldNow();
    return [...standing, now(), woken];
  });
  assert.deepEqual(times, [0, -1, 1, 1]);
});
