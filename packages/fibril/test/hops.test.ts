/** What the stack of an error says of the fibers that it came through. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defer,
  type End,
  failAfter,
  Fiber,
  monitor,
  park,
  type Routine,
  routine,
  run,
  runSync,
  scope,
  sleep,
  spawn,
  supervised,
  until,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { thrown } from "./support/expect.ts";
import { hopsOf } from "./support/hops.ts";

function* readConfiguration() {
  throw new Error("no such file");
}

function* loadPlugins() {
  spawn("reader", readConfiguration);
}

test("the chain of spawns is part of the stack, below the child's own lines", () => {
  const error = thrown(() =>
    runSync(function* main() {
      yield* scope(function* () {
        spawn(loadPlugins);
      });
    }),
  ) as Error;
  const lines = (error.stack as string).split("\n");
  const own = lines.findIndex((line) => line.includes("readConfiguration"));
  const hops = lines.findIndex((line) => line.startsWith("    in "));
  assert.ok(own !== -1 && own < hops, error.stack);
  assert.deepEqual(hopsOf(error), [
    '    in fiber "reader", spawned by fiber "loadPlugins"',
    '    in fiber "loadPlugins", spawned by fiber "main"',
    "    in main (…)",
    '    in fiber "main"',
  ]);
  assert.equal(lines.length, hops + 4, "nothing stands below");
});

test("whoever catches it on the way sees the hops up to there", () => {
  const seen: string[][] = [];
  runSync(function* main() {
    try {
      yield* scope(function* () {
        spawn(loadPlugins);
      });
    } catch (error) {
      seen.push(hopsOf(error));
    }
    yield* supervised(function* block() {
      const child = spawn("joined", readConfiguration);
      try {
        yield* child;
      } catch (error) {
        seen.push(hopsOf(error));
      }
    });
  });
  assert.deepEqual(seen, [
    [
      '    in fiber "reader", spawned by fiber "loadPlugins"',
      '    in fiber "loadPlugins", spawned by fiber "main"',
      "    in main (…)",
    ],
    ['    in fiber "joined", spawned by fiber "main"', "    in block (…)"],
  ]);
});

test("a hop is written once, however many fibers receive the error", async () => {
  const told: unknown[] = [];
  const tree = run(function* main() {
    const child = spawn("child", function* () {
      yield* yieldNow();
      throw new Error("once");
    });
    for (let n = 0; n < 3; n++) monitor(child, ({ value }: End) => told.push(value));
    yield* child;
  });
  const [error, same] = await Promise.all(
    [tree, tree.fiber.promise()].map((p) => p.catch((e) => e)),
  );
  assert.equal(error, same);
  assert.deepEqual(told, [error, error, error]);
  assert.deepEqual(hopsOf(error), [
    '    in fiber "child", spawned by fiber "main"',
    "    in main (…)",
    '    in fiber "main"',
  ]);
});

test("several errors of a scope each tell their own way, and together the rest of it", () => {
  const error = thrown(() =>
    runSync(function* main() {
      yield* scope(function* () {
        for (const name of ["a", "b"]) {
          spawn(name, function* () {
            defer(function* () {
              throw new Error(name);
            });
            yield* park();
          });
        }
        yield* yieldNow();
        yield* yieldNow();
        throw new Error("of the block");
      });
    }),
  ) as AggregateError;
  const ways = error.errors.map((each: Error) => `${each.message}: ${hopsOf(each).join()}`);
  assert.deepEqual(
    new Set(ways),
    new Set([
      "of the block: ",
      'a:     in fiber "a", spawned by fiber "main"',
      'b:     in fiber "b", spawned by fiber "main"',
    ]),
  );
  assert.deepEqual(hopsOf(error), ["    in main (…)", '    in fiber "main"']);
});

test("an unobserved error reaches the host with the routines and fibers that it came through", async () => {
  const reported: unknown[] = [];
  const host = new VirtualHost({ report: (error) => reported.push(error) });
  await run({ host }, function* main() {
    yield* supervised(function* () {
      spawn("lonely", readConfiguration);
    });
  });
  assert.deepEqual(reported.map(hopsOf), [['    in fiber "lonely", spawned by fiber "main"']]);
});

test("a long way is cut short", () => {
  function* nest(depth: number): Generator<any, void, any> {
    if (depth === 0) throw new Error("deep");
    spawn("nest", nest, depth - 1);
  }
  const hops = hopsOf(thrown(() => runSync(nest, 1000)));
  assert.equal(hops.length, 17);
  assert.equal(hops[15], '    in fiber "nest", spawned by fiber "nest"');
  assert.equal(hops[16], "    in further fibers");
});

test("of the errors in a scope, the first hundred list their hops: more would not be read", () => {
  const { errors } = thrown(() =>
    runSync(function* main() {
      yield* scope(function* () {
        for (let n = 0; n < 1000; n++) {
          spawn(function* child() {
            defer(readConfiguration);
            yield* park();
          });
        }
        yield* yieldNow();
        yield* yieldNow();
        throw new Error("of the block");
      });
    }),
  ) as AggregateError;
  assert.equal(errors.length, 1001);
  assert.equal(errors.filter((error) => hopsOf(error).length > 0).length, 99);
});

test("a value that is not an error, or cannot be written to, stays as it is", () => {
  const frozen = Object.freeze(new Error("frozen"));
  const before = frozen.stack;
  const odd = Object.assign(new Error("odd"), { stack: 5 });
  const without = Object.assign(new Error("without"), { stack: undefined });
  const angry = Object.defineProperty(new Error("angry"), "stack", {
    get() {
      throw new Error("not to be read");
    },
  });
  const { proxy, revoke } = Proxy.revocable(new Error("revoked"), {});
  revoke();
  for (const value of [
    proxy,
    Object.create(null),
    frozen,
    odd,
    without,
    angry,
    "text",
    undefined,
    null,
    5,
    { stack: "mine" },
  ]) {
    const result = thrown(() =>
      runSync(function* () {
        throw value;
      }),
    );
    assert.equal(result, value);
  }
  assert.equal(frozen.stack, before);
  assert.equal(odd.stack, 5);
});

test("a cancelled fiber's error has no hops: it is not a failure", () => {
  const error = thrown(() =>
    runSync(function* main() {
      const child = spawn("child", function* () {
        for (;;) yield* yieldNow();
      });
      yield* yieldNow();
      child.cancel();
      yield* child;
    }),
  ) as Error;
  assert.deepEqual(hopsOf(error), ["    in main (…)", '    in fiber "main"']);
  assert.deepEqual(hopsOf(error.cause), []);
});

test('with Fiber.debug = "spawns" the hops say where each fiber was spawned', () => {
  for (const what of ["spawns", "all"] as const) {
    Fiber.debug = what;
    try {
      const error = thrown(() => {
        runSync(function* main() {
          yield* scope(function* startAll() {
            spawn("loader", loadPlugins);
          });
        });
        return "not a tail call, which leaves no frame on JavaScriptCore";
      });
      const [reader, loader, routine, main] = hopsOf(error);
      assert.equal(reader, '    in fiber "reader", spawned by fiber "loader" at loadPlugins (…)');
      assert.equal(loader, '    in fiber "loader", spawned by fiber "main" at startAll (…)');
      assert.equal(routine, "    in main (…)");
      assert.match(main as string, /^ {4}in fiber "main", started at .*…\)?$/);
    } finally {
      Fiber.debug = false;
    }
  }
  const error = thrown(() => runSync(loadPlugins));
  assert.deepEqual(hopsOf(error), [
    '    in fiber "reader", spawned by fiber "loadPlugins"',
    '    in fiber "loadPlugins"',
  ]);
});

const rejected = (error: unknown): Promise<never> =>
  new Promise((_, reject) => void setTimeout(reject, 0, error));

function* load(error: unknown): Routine {
  yield* until(rejected(error));
}

function* connect(error: unknown): Routine {
  yield* load(error);
}

/** On the runtime's own frame stack. */
const session = routine("session", function* session(error: unknown): Routine {
  yield* connect(error);
});

const WAITED = ["    in load (…)", "    in connect (…)", "    in session (…)"];

test("what a promise rejects with shows the routines that were waiting, the innermost first", async () => {
  const error = new Error("no connection");
  await assert.rejects(
    run(function* main() {
      yield* scope(function* block() {
        yield* session(error);
      });
    }),
    error,
  );
  assert.deepEqual(hopsOf(error), [
    ...WAITED,
    "    in block (…)",
    "    in main (…)",
    '    in fiber "main"',
  ]);
});

test("whoever catches it on the way sees the routines up to there", async () => {
  const error = new Error("no connection");
  await run(function* main() {
    try {
      yield* session(error);
    } catch {
      assert.deepEqual(hopsOf(error), [...WAITED, "    in main (…)"]);
    }
  });
});

test("an error raised, or thrown by a coroutine, shows who was waiting for it", () => {
  const fiber = new Fiber(function* inner() {
    yield* Fiber.yield();
  });
  fiber.resume();
  const error = thrown(() => {
    new Fiber(function* outer() {
      yield* Fiber.raise(fiber, new Error("raised"));
    }).resume();
    return "not a tail call";
  });
  assert.deepEqual(hopsOf(error), ["    in inner (…)", "    in outer (…)"]);
});

test("routines are listed until there are many; the fibers after them are listed still", async () => {
  const recursive = routine("recursive", function* recursive(depth: number): Routine {
    yield* depth === 0 ? until(rejected(error)) : recursive(depth - 1);
  });
  const error = new Error("deep");
  await assert.rejects(run({ name: "main" }, recursive, 1000), error);
  const hops = hopsOf(error);
  assert.ok(hops.length <= 17);
  assert.equal(hops.at(-1), '    in fiber "main"');
});

test("an error that comes out of one place again and again says so once", async () => {
  const error = new Error("shared");
  const shared = rejected(error);
  shared.catch(() => {});
  await run(function* main() {
    yield* supervised(function* block() {
      for (let n = 0; n < 100; n++) {
        const child = spawn(function* waits() {
          yield* until(shared);
        });
        monitor(child, () => {});
      }
    });
  });
  const routines = hopsOf(error).filter((line) => line.includes("waits (…)"));
  assert.deepEqual(routines, ["    in waits (…)"]);
});

test("no line of the library or of its host is left below the program's", async () => {
  const errors: Error[] = [];
  for (const throws of [
    () => run({ name: "main" }, () => sleep("soon" as never)),
    () =>
      run(function* main() {
        yield* sleep("soon" as never);
      }),
    () =>
      run(function* main() {
        yield* failAfter(0, () => sleep(1000));
      }),
    () =>
      run(function* main() {
        yield* until(rejected(new Error("with\n    at most (two:1:1)\nlines")));
      }),
    () =>
      run(function* main() {
        const started = run(() => sleep(Infinity));
        yield* started.fiber.cancel();
        yield* started.fiber;
      }),
  ]) {
    await throws().catch((error: Error) => errors.push(error));
  }
  const kernel = /[/\\](?:dist|src)[/\\]core[/\\]|node:internal/;
  for (const { stack } of errors) assert.doesNotMatch(stack as string, kernel);
  assert.match((errors[1] as Error).stack as string, /at sleep .*\n.*hops\.test/);
  assert.match((errors[3] as Error).stack as string, /at most \(two:1:1\)\nlines\n/);
});

test("what the program does with stacks itself is left alone", async () => {
  const settings = Error as { prepareStackTrace?: unknown; stackTraceLimit?: number };
  const limit = settings.stackTraceLimit;
  const fails = (): never => {
    throw new Error("not to be formatted");
  };
  const cases: readonly (readonly [prepare: unknown, limited: number | undefined])[] = [
    [() => ["no text"], limit],
    [fails, limit],
    [undefined, 0],
    [undefined, undefined],
  ];
  // Bun goes on with a way of formatting that is taken away again, for all that runs after it.
  for (const [prepare, limited] of "Bun" in globalThis ? cases.slice(2) : cases) {
    const error = new Error("as it is");
    void error.stack;
    settings.prepareStackTrace = prepare;
    settings.stackTraceLimit = limited as number;
    try {
      await assert.rejects(run(session, error), (caught) => caught === error);
    } finally {
      delete settings.prepareStackTrace;
      settings.stackTraceLimit = limit as number;
    }
    // Bun makes the text anew.
    if (!("Bun" in globalThis)) assert.deepEqual(hopsOf(error), ['    in fiber "session"']);
  }
});
