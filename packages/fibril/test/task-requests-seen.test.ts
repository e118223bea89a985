/** Small programs as strangers wrote them, in which a request to end was once lost, late or doubled. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type FiberError,
  checkpoint,
  createContext,
  failAfter,
  moveOnAfter,
  resource,
  type Routine,
  run,
  scope,
  type Scope,
  sleep,
  spawn,
  type Spawned,
  suspend,
  TimeoutError,
  until,
  yieldNow,
} from "fibril";
import { ManualHost, outcome, play } from "./support/manual-host.ts";

const never = new Promise<never>(() => {});

const beginnings: Record<string, (ask: () => void) => Routine<unknown>> = {
  *"the registration of a suspend"(ask) {
    yield* suspend(ask);
  },
  *"the function of an until"(ask) {
    yield* until(() => {
      ask();
      return never;
    });
  },
  *"the then of a thenable"(ask) {
    // oxlint-disable-next-line unicorn/no-thenable -- that is the case
    yield* until({ then: ask } as never);
  },
  *"the time between an op and its yield*"(ask) {
    const op = sleep(Infinity);
    ask();
    yield* op;
  },
};

for (const [where, wait] of Object.entries(beginnings)) {
  test(`a scope that is cancelled in ${where} ends at once`, () => {
    const { host } = outcome({}, function* () {
      yield* scope((block: Scope) => wait(() => block.cancel("no longer needed")));
    });
    assert.equal(host.time, 0);
  });

  test(`a fiber that cancels itself in ${where} ends at once`, () => {
    const { host, result } = outcome({}, function* () {
      const child: Spawned<unknown> = spawn(() => wait(() => void child.cancel("enough")));
      try {
        yield* child;
      } catch (error) {
        return (error as { code: string }).code;
      }
      return "joined";
    });
    assert.deepEqual([host.time, result], [0, "cancelled"]);
  });
}

test("a request that comes while a fiber has given way is met when it comes back", () => {
  let wentOn = false;
  const code = play(function* () {
    const fiber = spawn(function* () {
      yield* yieldNow();
      wentOn = true;
    });
    yield* yieldNow();
    yield* fiber.cancel();
    try {
      yield* fiber;
    } catch (error) {
      return (error as { code: string }).code;
    }
    return "joined";
  });
  assert.deepEqual([code, wentOn], ["cancelled", false]);
});

test("a limit of no time is over when its block has given way", () => {
  const result = play(function* () {
    return yield* moveOnAfter(
      0,
      function* () {
        yield* yieldNow();
        return "in time";
      },
      "timed out",
    );
  });
  assert.equal(result, "timed out");
});

test("a limit that passes while its block computes ends it at a checkpoint", () => {
  const host = new ManualHost();
  assert.throws(
    () =>
      play(
        function* () {
          yield* failAfter(20, function* () {
            for (let n = 0; n < 100_000; n++) {
              host.time++;
              checkpoint();
            }
          });
        },
        { host },
      ),
    TimeoutError,
  );
  assert.ok(host.time < 10_000, `${host.time} ms`);
});

test("what was spawned before the request starts, and can clean up", () => {
  const closed: string[] = [];
  play(function* () {
    const serve = function* (name: string): Routine<void> {
      try {
        yield* sleep(Infinity);
      } finally {
        closed.push(name);
      }
    };
    yield* scope(function* (connections: Scope) {
      spawn(serve, "a");
      spawn(serve, "b");
      connections.cancel();
    });
  });
  assert.deepEqual(closed.toSorted(), ["a", "b"]);
});

test("a loop that catches every request ends with its grace, and the others go on meanwhile", () => {
  // Every turn takes time: the loop leaves none to wait for.
  const { host, result } = outcome({ host: new ManualHost(1) }, function* () {
    let ticks = 0;
    const poller = spawn(function* () {
      for (;;) {
        try {
          yield* sleep(10);
        } catch {
          // as a program does that logs what it caught
        }
      }
    });
    yield* scope(function* (all: Scope) {
      all.daemon(function* () {
        for (;;) {
          yield* sleep(10);
          ticks++;
        }
      });
      yield* sleep(50);
      yield* poller.cancel("stop", { grace: 100 });
    });
    return ticks;
  });
  assert.ok(result >= 13, `${result} ticks`);
  assert.ok(host.time >= 150 && host.time < 200, `after ${host.time} ms`);
});

test("an undo that raises in the fiber that is being cancelled repeats it: the cancellation stands", () => {
  const { end } = outcome({}, function* () {
    const child: Spawned<unknown> = spawn(function* () {
      yield* until((signal) => {
        signal.addEventListener("abort", () => void child.raise(new Error("aborted")));
        return never;
      });
    });
    yield* sleep(1);
    void child.cancel("stop");
    try {
      yield* child;
    } catch (error) {
      return (error as FiberError).code;
    }
    return "no error";
  });
  assert.equal(end.value, "cancelled");
});

test("a probe that cancels a fiber in its turn has it cancelled at its next wait", () => {
  const ended: string[] = [];
  play(
    function* () {
      yield* scope(function* () {
        spawn("kid", function* () {
          yield* sleep(1);
        });
      });
    },
    {
      probe: {
        resume: (fiber) => void (fiber.name === "kid" && fiber.cancel("by the probe")),
        exit: (fiber, ending) => void ended.push(`${fiber.name} ${ending}`),
      },
    },
  );
  assert.equal(ended[0], "kid cancelled");
});

test("a promise given to until in a cancelled fiber causes no unhandled rejection", async (t) => {
  const unhandled = t.mock.fn();
  process.on("unhandledRejection", unhandled);
  t.after(() => process.off("unhandledRejection", unhandled));
  await run(function* () {
    const child = spawn(function* () {
      try {
        yield* sleep(1_000);
      } finally {
        yield* until(Promise.reject(new Error("late")));
      }
    });
    yield* sleep(1);
    yield* child.cancel();
  });
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(unhandled.mock.callCount(), 0);
});

test("what a callback spawns in a scope has the scope's context", () => {
  const logger = createContext("default", "logger");
  const seen: string[] = [];
  const host = new ManualHost();
  play(
    function* () {
      yield* logger.with("server", function* () {
        yield* scope(function* (all: Scope) {
          const says = function* (): Routine<void> {
            seen.push(logger.get());
          };
          spawn(says);
          yield* suspend((wake) => {
            host.post(() => {
              all.spawn(says);
              wake();
            });
          });
        });
      });
    },
    { host },
  );
  assert.deepEqual(seen, ["server", "server"]);
});

test("what was being acquired when its fiber was cancelled is released", async () => {
  let open = 0;
  const handle = { close: (): void => void open-- };
  const acquire = (): Promise<typeof handle> =>
    new Promise((resolve) => {
      setTimeout(() => {
        open++;
        resolve(handle);
      }, 5);
    });
  await run(function* () {
    const child = spawn(function* () {
      yield* resource(
        function* () {
          return yield* until(acquire());
        },
        function* (held) {
          held.close();
        },
      );
    });
    yield* sleep(1);
    yield* child.cancel();
    yield* sleep(20);
  });
  assert.equal(open, 0);
});

test("fibers whose waits end at once do not keep others waiting", () => {
  const host = new ManualHost();
  const late = play(
    function* () {
      let worst = 0;
      yield* scope(function* (all: Scope) {
        all.daemon(function* () {
          for (;;) {
            const due = host.time + 5;
            yield* sleep(5);
            worst = Math.max(worst, host.time - due);
          }
        });
        yield* sleep(20);
        for (let i = 0; i < 300; i++) {
          spawn(function* () {
            for (let k = 0; k < 100; k++) {
              yield* suspend<void>((wake) => wake());
              host.time += 0.01;
            }
          });
        }
      });
      return worst;
    },
    { host },
  );
  assert.ok(late <= 50, `${late} ms late`);
});
