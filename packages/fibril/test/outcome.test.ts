/** A fiber's end looked at without waiting, and its being asked to end seen from within. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cancellation,
  Cancelled,
  cancelling,
  defer,
  Fiber,
  monitor,
  moveOnAfter,
  resource,
  scope,
  shield,
  sleep,
  spawn,
  supervised,
} from "fibril";
import { fails } from "./support/failing.ts";
import { Log, outcome, play } from "./support/manual-host.ts";

test("the outcome of a fiber: nothing while it lives, then how it ended, and with what", () => {
  play(function* () {
    const error = new Error("why");
    yield* supervised(function* () {
      const returns = spawn(function* () {
        yield* sleep(1);
        return 42;
      });
      const failing = spawn(fails(error, 1));
      const cancelled = spawn(() => sleep(Infinity));
      const killed = spawn(() => sleep(Infinity));
      assert.equal(returns.outcome, undefined);
      yield* sleep(1);
      void cancelled.cancel("early");
      killed.kill();
      monitor(failing, () => {});
      yield* sleep(1);
      assert.deepEqual(returns.outcome, { ending: "returned", value: 42 });
      assert.deepEqual(failing.outcome, { ending: "failed", value: error });
      assert.deepEqual(killed.outcome, { ending: "killed", value: undefined });
      const got = cancelled.outcome;
      assert.equal(got?.ending, "cancelled");
      assert.ok(got?.value instanceof Cancelled);
    });
  });
});

test("reading an outcome does not observe a failure: it is reported to the host", () => {
  const error = new Error("why");
  outcome({ reports: [error] }, function* () {
    yield* supervised(function* () {
      const child = spawn(fails(error, 1));
      yield* sleep(5);
      assert.equal(child.outcome?.value, error);
    });
  });
});

test("a coroutine has no outcome", () => {
  const coroutine = new Fiber(function* () {
    return 1;
  });
  assert.equal(coroutine.outcome, undefined);
  assert.equal(coroutine.resume(), 1);
  assert.equal(coroutine.outcome, undefined);
});

test("cancelling tells which fiber asked and why, also under shield and in deferred work", () => {
  const seen: [string, Cancellation | undefined][] = [];
  const look = (where: string): void => {
    seen.push([where, cancelling()]);
  };
  play(function* () {
    const task = spawn("task", function* () {
      defer(() => look("deferred"));
      yield* scope(function* () {
        defer(() => look("deferred in a scope"));
        look("before");
        try {
          yield* sleep(Infinity);
        } finally {
          look("finally");
          yield* shield(function* () {
            yield* sleep(1);
            look("shield");
          });
          yield* Fiber.resume(
            new Fiber(function* () {
              look("coroutine");
            }),
          );
        }
      });
    });
    yield* sleep(1);
    yield* task.cancel("over");
    look("who asked");
  });
  const request = { source: "fiber", reason: "over", forced: false };
  for (const [where, told] of seen) {
    if (where === "before" || where === "who asked") assert.equal(told, undefined, where);
    else {
      const { by, ...rest } = told as Cancellation;
      assert.deepEqual(rest, request, where);
      assert.match(by ?? "", /^fiber "anonymous/, where);
    }
  }
  assert.deepEqual(
    seen.map(([where]) => where),
    ["before", "finally", "shield", "coroutine", "deferred in a scope", "deferred", "who asked"],
  );
  assert.equal(cancelling(), undefined);
});

test("cancelling tells of the innermost block, and of a grace that is over", () => {
  const log = new Log();
  const say = (where: string): void => {
    const told = cancelling();
    log.say(`${where}: ${told === undefined ? "no" : `${told.source} ${told.forced}`}`);
  };
  play(function* () {
    yield* moveOnAfter(1, function* () {
      try {
        yield* sleep(Infinity);
      } finally {
        say("limit");
      }
    });
    say("after it");
    const task = spawn(function* () {
      try {
        yield* shield(function* () {
          yield* sleep(Infinity);
        });
      } finally {
        say("grace");
      }
    });
    yield* sleep(1);
    yield* task.cancel("enough", { grace: 1 });
    const second = spawn(function* () {
      yield* scope(function* (all) {
        spawn(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            say("child");
          }
        });
        yield* sleep(1);
        all.cancel();
      });
      say("after the scope");
      yield* resource(
        function* () {
          spawn(function* () {
            yield* sleep(2);
            say("a resource's child");
            try {
              yield* sleep(Infinity);
            } finally {
              say("at the release");
            }
          });
        },
        function* () {},
      );
      yield* sleep(1);
      defer(() => sleep(2));
      yield* sleep(Infinity);
    });
    yield* sleep(3);
    yield* second.cancel("over");
  });
  log.is([
    "limit: deadline false",
    "after it: no",
    "grace: fiber true",
    "child: scope false",
    "after the scope: no",
    "a resource's child: no",
    "at the release: parent false",
  ]);
});
