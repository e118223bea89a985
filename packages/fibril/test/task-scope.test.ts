/** Scopes: what is started in one has ended when it has. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Cancelled,
  daemon,
  defer,
  Fiber,
  moveOnAfter,
  type Routine,
  scope,
  type Scope,
  type ScopeStatistics,
  shield,
  sleep,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import { refused } from "./support/expect.ts";
import { begin, checkIdle, Log, outcome, play } from "./support/manual-host.ts";

const later = (log: Log, line: string, ms: number) =>
  function* later(): Routine<void> {
    yield* sleep(ms);
    log.say(line);
  };

test("a scope ends when its block and all its children have, and gives the block's result", () => {
  const log = new Log();
  play(function* () {
    const result = yield* scope(function* () {
      spawn(later(log, "slow", 10));
      spawn(function* () {
        spawn(later(log, "grandchild", 20));
      });
      log.say("block");
      return 7;
    });
    log.say(`scope ${result}`);
  });
  log.is(["block", "slow", "grandchild", "scope 7"]);
});

test("a fiber ends when the children that it spawned outside of scopes have", () => {
  const log = new Log();
  play(function* () {
    const parent = spawn(function* () {
      spawn(later(log, "child", 10));
      return "result";
    });
    yield* sleep(1);
    assert.equal(parent.alive, true);
    assert.deepEqual(parent.waitingOn?.what, "its child");
    log.say(yield* parent);
  });
  log.is(["child", "result"]);
});

test("a scope handed to a function may be given what outlives the call", () => {
  const log = new Log();
  const serve = function* (all: Scope): Routine<void> {
    all.spawn(later(log, "served", 10));
    yield* sleep(1);
    log.say("returned");
  };
  play(function* () {
    yield* scope(function* (all) {
      yield* serve(all);
      log.say("block ends");
    });
    log.say("scope ends");
  });
  log.is(["returned", "block ends", "served", "scope ends"]);
});

test("a scope may be given children from plain code and from other fibers, while it is open", () => {
  const log = new Log();
  let kept: Scope | undefined;
  const { host, scheduler } = begin({}, function* () {
    yield* scope(function* (all) {
      kept = all;
      yield* sleep(10);
    });
  });
  host.advance(5);
  const child = kept?.spawn(later(log, "from plain code", 20)) as Fiber;
  assert.equal(child.status, "created");
  host.advance(10);
  // The block is over, the child is not: the scope is open.
  kept?.spawn(later(log, "late", 5));
  host.finish();
  log.is(["late", "from plain code"]);
  checkIdle(scheduler);
});

test("cancelling a scope ends everything in it, the block too, which then gives undefined", () => {
  const log = new Log();
  play(function* () {
    const result = yield* scope(function* (all) {
      spawn(function* () {
        try {
          yield* sleep(Infinity);
        } catch (error) {
          log.say((error as Cancelled).message);
          throw error;
        }
      });
      spawn(function* () {
        yield* sleep(5);
        assert.equal(all.cancelled, false);
        all.cancel("enough");
        assert.equal(all.cancelled, true);
      });
      yield* sleep(Infinity);
      return "never";
    });
    assert.equal(result, undefined);
  });
  log.is([
    /^fiber "anonymous( \d+)?" was cancelled with its scope by fiber "anonymous( \d+)?": enough$/,
  ]);
});

test("a scope in a cancelled one is not opened", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      all.cancel();
      for (const open of [scope, supervised]) {
        try {
          yield* open(function* () {
            log.say("never");
          });
        } catch (error) {
          log.say((error as Error).name);
        }
      }
      yield* shield(function* () {
        log.say("shield");
      });
    });
  });
  log.is(["Cancelled", "Cancelled", "shield"]);
});

test("a child that is spawned in a scope that is being cancelled runs up to its first wait", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      all.cancel();
      spawn(function* () {
        log.say("runs");
        yield* sleep(1);
        log.say("never");
      });
    });
  });
  log.is(["runs"]);
});

test("daemons do not keep a scope open; they are cancelled when all others have ended", () => {
  const log = new Log();
  const { host } = outcome({}, function* () {
    yield* scope(function* (all) {
      daemon(function* heartbeat() {
        try {
          for (;;) {
            yield* sleep(3);
            log.say("beat");
          }
        } catch (error) {
          log.say((error as Error).message);
          yield* shield(() => sleep(2));
          throw error;
        }
      });
      all.daemon(() => sleep(Infinity));
      spawn(later(log, "child", 7));
    });
    log.say("over");
  });
  log.is([
    "beat",
    "beat",
    "child",
    'fiber "heartbeat" was cancelled by its parent: its scope has ended',
    "over",
  ]);
  assert.equal(host.time, 9);
});

test("a fiber's own daemons end with it, also when it is what run started", () => {
  const { host } = outcome({}, function* () {
    daemon(() => sleep(Infinity));
    yield* sleep(1);
  });
  assert.equal(host.time, 1);
});

test("a daemon that is started when only daemons are left is cancelled, too", () => {
  for (const foreign of [false, true]) {
    const log = new Log();
    play(function* () {
      const handle: { all?: Scope } = {};
      const late = function* (): Routine<void> {
        try {
          yield* sleep(Infinity);
        } finally {
          log.say("late daemon ends");
        }
      };
      if (foreign) {
        spawn(function* () {
          yield* sleep(6);
          handle.all?.daemon(late);
          yield* sleep(1);
        });
      }
      yield* scope(function* (all) {
        handle.all = all;
        daemon(function* () {
          try {
            yield* sleep(Infinity);
          } finally {
            yield* shield(() => sleep(10));
            if (!foreign) all.daemon(late);
          }
        });
        yield* sleep(5);
      });
      log.say("over");
    });
    assert.equal(log.lines.at(-1), "over");
  }
});

test("a child that is started when only daemons are left is waited for", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      daemon(function* () {
        try {
          yield* sleep(Infinity);
        } finally {
          all.spawn(later(log, "last child", 5));
          all.daemon(() => sleep(Infinity));
        }
      });
      yield* sleep(1);
    });
    log.say("over");
  });
  log.is(["last child", "over"]);
});

test("a scope's children are listed, the oldest first", () => {
  play(function* () {
    yield* scope(function* (all) {
      const children = [1, 2, 3].map((n) => spawn(`child ${n}`, () => sleep(n)));
      assert.deepEqual(all.children, children);
      yield* sleep(1);
      yield* yieldNow();
      assert.deepEqual(all.children, children.slice(1));
    });
  });
});

test("a long-lived scope keeps nothing of children that have ended", () => {
  play(function* () {
    yield* scope(function* (all) {
      for (let i = 0; i < 1000; i++) {
        spawn(function* () {});
        if (i % 10 === 0) yield* moveOnAfter(1, () => yieldNow());
      }
      yield* sleep(1);
      assert.equal(all.children.length, 0);
      const core = (Fiber.current as never as { _scope: Record<string, unknown> })._scope;
      assert.deepEqual(
        [core["first"], core["last"], core["live"], core["errors"], core["deferred"]],
        [null, null, 0, null, null],
      );
    });
  });
});

test("scopes need a scheduler, and a routine", () => {
  for (const [name, open] of [
    ["scope", scope],
    ["supervised", supervised],
    ["shield", shield],
  ] as const) {
    refused(
      `${name}(…) needs a scheduler: use it in a fiber that run(…), main(…) or spawn(…) started`,
      () => open(function* () {}),
      "outside",
    );
  }
  play(function* () {
    assert.throws(() => scope(5 as never), TypeError);
    yield* sleep(1);
  });
});

test("a chain of a hundred thousand fibers, each the child of the one before, is cancelled flatly", () => {
  let ended = 0;
  const link = function* (depth: number): Routine<void> {
    try {
      if (depth > 0) spawn(link, depth - 1);
      yield* sleep(Infinity);
    } finally {
      ended++;
    }
  };
  play(function* () {
    yield* moveOnAfter(10, () => link(99_999));
  });
  assert.equal(ended, 100_000);
});

test("the statistics of a scope are plain numbers", () => {
  play(function* () {
    yield* scope(function* (all) {
      const of = (): Partial<ScopeStatistics> => all.statistics();
      assert.deepEqual(of(), {
        children: 0,
        daemons: 0,
        waiting: 0,
        deferred: 0,
        failures: 0,
        cancelled: false,
      });
      spawn(() => sleep(1));
      daemon(() => sleep(100));
      defer(() => {});
      assert.deepEqual([of().children, of().daemons, of().waiting, of().deferred], [2, 1, 0, 1]);
      yield* yieldNow();
      assert.equal(of().waiting, 2);
      yield* sleep(5);
      assert.deepEqual([of().children, of().daemons], [1, 1]);
      all.cancel();
      assert.equal(of().cancelled, true);
    });
    const error = new Error("why");
    let kept: Scope | undefined;
    yield* supervised(function* () {
      const task = spawn(function* () {
        yield* scope(function* (all) {
          kept = all;
          defer(() => sleep(5));
          throw error;
        });
      });
      yield* sleep(1);
      assert.deepEqual([kept?.statistics().failures, kept?.cancelled], [1, true]);
      try {
        yield* task;
      } catch (got) {
        assert.equal(got, error);
      }
    });
  });
});
