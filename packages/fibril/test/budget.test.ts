/** How long fibers keep the host from its own work. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { run, scope, spawn, yieldNow } from "fibril";

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
