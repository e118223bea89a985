/** Callbacks of the host in bursts: what they make ready runs together. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  FiberError,
  run,
  type Scope,
  scope,
  spawn,
  supervised,
  suspend,
  until,
  yieldNow,
} from "fibril";
import { gatherer } from "fibril/extend";

test("what a burst wakes and spawns runs after it", async () => {
  const seen: string[] = [];
  await run(function* () {
    const gather = gatherer();
    const wakes: (() => void)[] = [];
    yield* scope(function* () {
      for (const name of ["a", "b"]) {
        spawn(function* () {
          yield* suspend((wake) => void wakes.push(wake));
          seen.push(name);
        });
      }
      while (wakes.length < 2) yield* yieldNow();
      yield* supervised(function* (late: Scope) {
        yield* until(
          new Promise<void>((done) => {
            setTimeout(async () => {
              for (const wake of wakes) {
                gather();
                wake();
                // A fiber that a microtask could reach would have run by now.
                // oxlint-disable-next-line no-await-in-loop -- one callback after the other
                for (let turns = 0; turns < 10; turns++) await Promise.resolve();
                seen.push("callback");
              }
              gather();
              late.spawn(function* () {
                seen.push("c");
              });
              setTimeout(done, 1);
            }, 1);
          }),
        );
      });
    });
  });
  assert.deepEqual(seen.splice(0, 2), ["callback", "callback"]);
  assert.deepEqual(seen.toSorted(), ["a", "b", "c"]);
});

test("a burst that wakes nobody, and one in a turn, do nothing", async () => {
  const result = await run(function* () {
    const gather = gatherer();
    gather();
    yield* suspend<void>((wake) => {
      setTimeout(() => {
        gather();
        gather();
        setTimeout(wake, 1);
      }, 1);
    });
    return 7;
  });
  assert.equal(result, 7);
  assert.throws(gatherer, (error) => error instanceof FiberError && error.code === "outside");
});
