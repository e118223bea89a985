/** Supervised scopes: a child's failure does not cancel its siblings, but it never goes unnoticed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { monitor, sleep, spawn, supervised } from "fibril";
import { thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

test("supervised: a child's failure goes to the fiber that joins it, and its siblings go on", () => {
  const error = new Error("why");
  const log = new Log();
  play(function* () {
    yield* supervised(function* () {
      const child = spawn(fails(error, 1));
      spawn(function* () {
        yield* sleep(5);
        log.say("sibling is done");
      });
      try {
        yield* child;
      } catch (caught) {
        log.say(String(caught === error));
      }
    });
  });
  log.is(["true", "sibling is done"]);
});

test("supervised: a failure that no fiber waits for is reported to the host, once", () => {
  const error = new Error("why");
  const { host } = outcome({ reports: [error] }, function* () {
    yield* supervised(function* () {
      spawn(fails(error, 1));
      yield* sleep(10);
    });
  });
  assert.equal(host.reported.length, 1);
});

test("supervised: a promise or a monitor observes a failure", async () => {
  const error = new Error("why");
  const promises: Promise<unknown>[] = [];
  const log = new Log();
  outcome({}, function* () {
    yield* supervised(function* () {
      promises.push(spawn(fails(error, 1)).promise());
      monitor(spawn(fails(error, 2)), ({ ending, value }) =>
        log.say(`${ending} ${String(value === error)}`),
      );
      yield* sleep(10);
    });
  });
  log.is(["failed true"]);
  await assert.rejects(promises[0] as Promise<unknown>, error);
});

test("supervised: the block's own failure cancels the children and comes out", () => {
  const error = new Error("why");
  const log = new Log();
  const got = thrown(() =>
    play(function* () {
      yield* supervised(function* () {
        spawn(function* () {
          try {
            yield* sleep(Infinity);
          } catch (caught) {
            log.say((caught as Error).name);
            throw caught;
          }
        });
        yield* sleep(1);
        throw error;
      });
    }),
  );
  assert.equal(got, error);
  log.is(["Cancelled"]);
});

test("supervised: an error that ends several fibers, one through the other, is reported once", () => {
  const error = new Error("why");
  outcome({ reports: [error] }, function* () {
    yield* supervised(function* (all) {
      const first = spawn(function* () {
        const child = spawn(fails(error, 1));
        all.spawn(() => child.join());
        yield* child;
      });
      all.spawn(() => first.join());
    });
  });
});
