/** How long fibers keep the host from its own work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, scope, spawn, until, yieldNow } from "fibril";
import { VirtualHost } from "fibril/testing";

for (const budget of [{ switches: 1 }, { switches: 0 }, { ms: 0 }, { ms: 0, switches: 1 }]) {
  test(`a budget of ${JSON.stringify(budget)} makes progress`, async () => {
    let switches = 0;
    await run({ budget }, function* () {
      yield* scope(function* () {
        for (let fiber = 0; fiber < 3; fiber++) {
          spawn(function* () {
            for (let n = 0; n < 3; n++, switches++) yield* yieldNow();
          });
        }
      });
    });
    assert.equal(switches, 9);
  });
}

test("with a budget of one switch the host has its turn between any two", async () => {
  const log: string[] = [];
  const immediate = (): void => {
    log.push("host");
    if (log.length < 20) setImmediate(immediate);
  };
  setImmediate(immediate);
  await run({ budget: { switches: 1 } }, function* () {
    for (let n = 0; n < 5; n++) {
      log.push("fiber");
      yield* yieldNow();
    }
  });
  assert.doesNotMatch(log.join(" "), /fiber fiber/);
});

test("promises that resolve at once do not keep the host from its turn, whatever the clock says", async () => {
  const host = { turns: 0 };
  const timer = setInterval(() => void host.turns++, 0);
  for (const clock of [{}, { host: new VirtualHost() }]) {
    host.turns = 0;
    await run({ ...clock, budget: { switches: 10 } }, function* () {
      while (host.turns < 3) yield* until(Promise.resolve());
    });
    assert.ok(host.turns >= 3);
  }
  clearInterval(timer);
});
