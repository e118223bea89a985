/** What the stack of an error says of the fibers that it came through. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  defer,
  type End,
  Fiber,
  monitor,
  park,
  run,
  runSync,
  scope,
  spawn,
  supervised,
  yieldNow,
} from "fibril";
import { VirtualHost } from "fibril/testing";
import { thrown } from "./support/expect.ts";

/** The lines of a stack that are not the host's. */
function hopsOf(error: unknown): string[] {
  const lines = ((error as Error).stack ?? "").split("\n");
  return lines.filter((line) => line.startsWith("    in "));
}

function* readConfiguration() {
  throw new Error("no such file");
}

function* loadPlugins() {
  spawn("reader", readConfiguration);
}

test("pain 13: the chain of spawns is part of the stack, below the child's own lines", () => {
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
  assert.deepEqual(lines.slice(hops), [
    '    in fiber "reader", spawned by fiber "loadPlugins"',
    '    in fiber "loadPlugins", spawned by fiber "main"',
    '    in fiber "main"',
  ]);
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
    yield* supervised(function* () {
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
    ],
    ['    in fiber "joined", spawned by fiber "main"'],
  ]);
});

test("a hop is written once, however many are told of the error", async () => {
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
  assert.deepEqual(hopsOf(error), ['    in fiber "main"']);
});

test("pain 34: an error that nobody is told of tells its way to the host", async () => {
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

test("what is no error, or cannot be written, stays as it is", () => {
  const frozen = Object.freeze(new Error("frozen"));
  const before = frozen.stack;
  const odd = Object.assign(new Error("odd"), { stack: 5 });
  const without = Object.assign(new Error("without"), { stack: undefined });
  const angry = Object.defineProperty(new Error("angry"), "stack", {
    get() {
      throw new Error("not to be read");
    },
  });
  for (const value of [
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
  assert.deepEqual(hopsOf(error), ['    in fiber "main"']);
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
      const place = String.raw`.*hops\.test\.[jt]s:\d+:\d+\)?`;
      const [reader, loader, main] = hopsOf(error) as [string, string, string];
      assert.match(
        reader,
        new RegExp(`^    in fiber "reader", spawned by fiber "loader" at loadPlugins ${place}$`),
      );
      assert.match(
        loader,
        new RegExp(`^    in fiber "loader", spawned by fiber "main" at startAll ${place}$`),
      );
      assert.match(main, new RegExp(`^    in fiber "main", started at ${place}$`));
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
