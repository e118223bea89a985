/** Scoped context and fiber storage, across spawns, scopes, waits and coroutines. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createContext, Fiber, type Routine, scope, sleep, spawn, suspend, yieldNow } from "fibril";
import { thrown } from "./support/expect.ts";
import { fails } from "./support/failing.ts";
import { begin, Log, ManualHost, outcome, play } from "./support/manual-host.ts";

const user = createContext("nobody", "user");

test("a context has its default, and its value inside with, across waits", () => {
  const log = new Log();
  play(function* () {
    log.say(user.get());
    const result = yield* user.with(
      "ada",
      function* (a: number, b: number) {
        yield* sleep(1);
        log.say(user.get());
        yield* user.with("bob", function* () {
          yield* yieldNow();
          log.say(user.get());
        });
        log.say(user.get());
        return a + b;
      },
      1,
      2,
    );
    log.say(`${user.get()} ${result}`);
  });
  log.is(["nobody", "ada", "bob", "ada", "nobody 3"]);
  assert.equal(user.get(), "nobody");
});

test("children inherit what was set where they were spawned, and keep it", () => {
  const log = new Log();
  play(function* () {
    yield* scope(function* (all) {
      yield* user.with("ada", function* () {
        spawn(function* () {
          yield* sleep(5);
          log.say(`child ${user.get()}`);
        });
        all.spawn(function* () {
          yield* sleep(6);
          log.say(`by handle ${user.get()}`);
        });
        all.daemon(function* () {
          yield* sleep(1);
          log.say(`daemon ${user.get()}`);
        });
      });
      log.say(user.get());
    });
  });
  log.is(["nobody", "daemon ada", "child ada", "by handle ada"]);
});

test("what one fiber sets is not seen by its siblings or its parent", () => {
  const log = new Log();
  play(function* () {
    for (const name of ["ada", "bob"]) {
      spawn(function* () {
        yield* user.with(name, function* () {
          yield* sleep(1);
          log.say(`${name} ${user.get()}`);
        });
        Fiber.set("key", name);
        yield* sleep(1);
        log.say(`${name} ${String(Fiber.get("key"))}`);
      });
    }
    yield* sleep(5);
    log.say(`${user.get()} ${String(Fiber.get("key"))}`);
  });
  assert.deepEqual(log.lines.toSorted(), [
    "ada ada",
    "ada ada",
    "bob bob",
    "bob bob",
    "nobody undefined",
  ]);
});

/** Ways in which the work inside `with` may end. */
const ENDS: [name: string, work: () => Routine<unknown>][] = [
  ["it throws", fails(new Error("why"), 1)],
  [
    "it is cancelled",
    function* () {
      yield* scope(function* (all) {
        all.cancel();
        yield* sleep(1);
      });
      throw new Error("why");
    },
  ],
  [
    "it cannot start",
    () => {
      throw new Error("why");
    },
  ],
  ["it is no routine", 5 as never],
  ["it gives no routine", (() => 5) as never],
];

for (const [name, work] of ENDS) {
  test(`the value before is there again when ${name}`, () => {
    const { end } = outcome({}, function* () {
      yield* user.with("before", function* () {
        try {
          yield* user.with("inside", work);
          assert.fail("it fails");
        } catch (error) {
          assert.match((error as Error).message, /why|generator function/);
        }
        assert.equal(user.get(), "before");
      });
      assert.equal(user.get(), "nobody");
      return "end";
    });
    assert.equal(end.value, "end", String(end.value));
  });
}

test("the value before is there again in the finally of a fiber that is killed", () => {
  const log = new Log();
  play(function* () {
    const task = spawn(function* () {
      try {
        yield* user.with("ada", () => sleep(Infinity));
      } finally {
        log.say(user.get());
      }
    });
    yield* sleep(1);
    task.kill();
  });
  log.is(["nobody"]);
});

test("undefined sets the default again", () => {
  const flag = createContext<number | undefined>(7);
  play(function* () {
    yield* flag.with(1, function* () {
      yield* flag.with(undefined, function* () {
        assert.equal(flag.get(), 7);
      });
      assert.equal(flag.get(), 1);
    });
  });
});

test("coroutines inherit where they were created, also when another task resumes them", () => {
  play(function* () {
    const coroutine = yield* user.with("ada", function* () {
      return new Fiber(function* (): Routine<void> {
        for (;;) {
          yield* sleep(1);
          yield* Fiber.yield(user.get());
        }
      });
    });
    assert.equal(yield* Fiber.resume(coroutine), "ada");
    yield* spawn(function* () {
      yield* user.with("bob", function* () {
        assert.equal(yield* Fiber.resume(coroutine), "ada");
      });
    });
  });
});

test("an ended fiber has let go of its storage", () => {
  play(function* () {
    const child = spawn(function* () {
      Fiber.set("key", "value");
    });
    yield* child;
    assert.equal((child as never as { _storage: unknown })._storage, null);
    assert.ok(thrown(() => child.storage) instanceof TypeError);
  });
});

test("what plain code spawns in a scope has the values with which the scope was opened", () => {
  const log = new Log();
  const host = new ManualHost();
  const { fiber } = begin({ host }, function* () {
    yield* user.with("ada", function* () {
      yield* scope(function* (all) {
        yield* user.with("bob", function* () {
          yield* suspend<void>((wake) => {
            host.post(() => {
              all.spawn("by a callback", function* () {
                log.say(`${Fiber.current.name}: ${user.get()}`);
                yield* user.with("eve", () => sleep(1));
                wake();
              });
              all.daemon("daemon", function* () {
                log.say(`${Fiber.current.name}: ${user.get()}`);
              });
            });
          });
          all.spawn("by the fiber", function* () {
            log.say(`${Fiber.current.name}: ${user.get()}`);
          });
        });
      });
    });
    yield* scope(function* (all) {
      yield* suspend<void>((wake) => {
        host.post(() => {
          all.spawn("where nothing is set", function* () {
            log.say(`${Fiber.current.name}: ${user.get()}`);
            wake();
          });
        });
      });
    });
  });
  host.finish();
  assert.equal(fiber.outcome?.ending, "returned");
  log.is([
    "by a callback: ada",
    "daemon: ada",
    "by the fiber: bob",
    "where nothing is set: nobody",
  ]);
});
