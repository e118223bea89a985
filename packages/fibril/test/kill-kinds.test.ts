/**
 * A kill is lost in no kind of generator: native ones, those of another realm, and those compiled to
 * older JavaScript. One source (fixtures/generators), its helpers plain `yield*` all the way: nothing
 * here is wrapped but what the `finally` blocks call.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInNewContext, runInThisContext } from "node:vm";
import { Fiber, type Routine, routine, run, sleep, spawn, type Spawned } from "fibril";
import { frames, KILL, perform, RETURN, START } from "fibril/frames";
import type { AnyFiber } from "./support/body.ts";

type Op = Iterable<any>;
type Begin = () => Op;
type Helper = (first: Begin, last: Begin) => Routine<void>;
interface Helpers {
  readonly helper: Helper;
  readonly nested: Helper;
  readonly catching: Helper;
  main(inner: Helper, first: Begin, last: Begin): Routine<void>;
}
type Make = (fiber: typeof Fiber, trace: string[]) => Helpers;

const source = (name: string): string =>
  readFileSync(new URL(`../../test/fixtures/generators/${name}.txt`, import.meta.url), "utf8");

const KINDS: [kind: string, make: Make][] = [
  ["native", runInThisContext(source("native"))],
  ["of another realm", runInNewContext(source("native"), { Symbol })],
  ["TypeScript's ES5", runInThisContext(source("typescript-es5"))],
  ["regenerator", runInThisContext(source("regenerator"))],
];

interface Kit {
  readonly trace: string[];
  /** Runs `first`, then, in the `finally` of one helper or more, `last`. */
  readonly fiber: (inner: "helper" | "nested" | "catching", last: Begin, first?: Begin) => AnyFiber;
  readonly helpers: Helpers;
}

function each(name: string, body: (kit: Kit) => void | Promise<void>): void {
  for (const [kind, make] of KINDS) {
    test(`${name} (${kind})`, () => {
      const trace: string[] = [];
      const helpers = make(Fiber, trace);
      return body({
        trace,
        helpers,
        fiber: (inner, last, first = () => Fiber.yield()) =>
          new Fiber(() => helpers.main(helpers[inner], first, last)) as AnyFiber,
      });
    });
  }
}

const ENDED = ["helper ensures", "tidied", "main ensures"];
const tidy = routine("tidy", function* () {
  return "tidied";
});

each(
  "a routine called in the finally of a helper gives its result, and the unwinding goes on",
  ({ fiber, trace }) => {
    const f = fiber("helper", tidy);
    f.resume();
    assert.equal(f.kill(), f);
    assert.deepEqual([trace, f.alive], [ENDED, false]);
  },
);

each(
  "so it is when the kill is an op, of another fiber and of the fiber itself",
  ({ fiber, trace }) => {
    const f = fiber("helper", tidy);
    f.resume();
    const killer = new Fiber(function* () {
      return yield* Fiber.kill(f);
    });
    assert.equal(killer.resume(), f);
    const own = fiber("helper", tidy, () => Fiber.kill(Fiber.current));
    own.resume();
    assert.deepEqual([trace, f.alive, own.alive], [[...ENDED, ...ENDED], false, false]);
  },
);

each("helpers in helpers unwind innermost first", ({ fiber, trace }) => {
  const f = fiber("nested", tidy);
  f.resume();
  f.kill();
  const outer = ["outer helper ensures", "tidied", "main ensures"];
  assert.deepEqual([trace, f.alive], [["helper ensures", "tidied", ...outer], false]);
});

each(
  "what is called there may itself be a helper chain, a machine, or end at once",
  ({ fiber, helpers, trace }) => {
    const machine = frames<[], string>("machine", (_frame, how, value) =>
      how === START ? perform(tidy()) : how === RETURN ? KILL : value,
    );
    const chain = routine("chain", () => helpers.main(helpers.helper, machine, tidy));
    const f = fiber("nested", chain);
    f.resume();
    f.kill();
    const ran = ["helper went on", "helper ensures", "tidied", "main went on"];
    // main then yields "leaked" in the callee: that leaves the fiber, and coming back unwinds.
    assert.deepEqual([trace, f.alive], [["helper ensures", ...ran], true]);
    f.resume();
    const rest = ["main ensures", "outer helper ensures", ...ran];
    assert.deepEqual([trace.slice(5), f.alive], [rest, true]);
    f.resume();
    assert.deepEqual([trace.slice(11), f.alive], [["main ensures", "main ensures"], false]);
  },
);

each("an error of what is called there replaces the kill", ({ fiber, trace }) => {
  const f = fiber(
    "helper",
    routine("failing", function* () {
      throw new Error("untidy");
    }),
  );
  f.resume();
  f.kill();
  assert.deepEqual(
    [trace, f.alive],
    [["helper ensures", "main caught untidy", "main ensures"], false],
  );
});

each("one that the finally catches does not", ({ fiber, trace }) => {
  const f = fiber(
    "catching",
    routine("failing", function* () {
      yield* tidy();
      throw new Error("untidy");
    }),
  );
  f.resume();
  f.kill();
  assert.deepEqual([trace, f.alive], [["caught untidy", "helper ensured", "main ensures"], false]);
});

each(
  "what leaves the fiber there unwinds when it comes back, and so does its caller",
  ({ fiber, trace }) => {
    const slow = routine("slow", function* () {
      yield* tidy();
      try {
        yield* Fiber.yield("slowly");
        trace.push("slow went on");
      } finally {
        trace.push("slow ensures");
      }
      return "not reached";
    });
    const f = fiber("helper", slow);
    f.resume();
    f.kill();
    assert.deepEqual([trace, f.alive], [["helper ensures"], true]);
    f.resume();
    assert.deepEqual([trace, f.alive], [["helper ensures", "slow ensures", "main ensures"], false]);
  },
);

each(
  "an error that comes up while it unwinds is thrown, and caught, in the finally",
  ({ fiber, trace }) => {
    const failing = routine("failing", function* () {
      try {
        yield* Fiber.yield();
      } finally {
        throw new Error("late"); // oxlint-disable-line no-unsafe-finally
      }
    });
    const f = fiber("catching", failing);
    f.resume();
    f.kill();
    f.resume();
    assert.deepEqual([trace, f.alive], [["caught late", "helper ensured", "main ensures"], false]);
    const g = fiber("helper", failing);
    g.resume();
    g.kill();
    g.resume();
    assert.deepEqual(
      [trace.slice(3), g.alive],
      [["helper ensures", "main caught late", "main ensures"], false],
    );
  },
);

each(
  "a callee that swallows the kill when it comes back does not lose it for its caller",
  ({ fiber, trace }) => {
    const swallowing = routine("swallowing", function* () {
      try {
        yield* Fiber.yield();
      } finally {
        return "swallowed"; // oxlint-disable-line no-unsafe-finally
      }
    });
    const f = fiber("helper", swallowing);
    f.resume();
    f.kill();
    f.resume();
    assert.deepEqual([trace, f.alive], [["helper ensures", "main ensures"], false]);
  },
);

each("a recursion there is as deep as memory", ({ fiber, trace }) => {
  const sum = routine("sum", function* (n: number): Routine<number> {
    return n === 0 ? 0 : n + (yield* sum(n - 1));
  });
  const f = fiber("helper", () => sum(100_000));
  f.resume();
  f.kill();
  assert.deepEqual([trace, f.alive], [["helper ensures", 5000050000, "main ensures"], false]);
});

each(
  "a synchronous call in what is called there unwinds at the next op, callee and caller",
  ({ fiber, trace }) => {
    const f = fiber(
      "helper",
      routine("syncs", function* () {
        new Fiber(function* () {}).resume();
        trace.push("back");
        yield* tidy();
        trace.push("not reached");
      }),
    );
    f.resume();
    f.kill();
    assert.deepEqual([trace, f.alive], [["helper ensures", "back", "main ensures"], false]);
  },
);

each("an op whose outcome is known gives it", ({ fiber, trace }) => {
  const f = fiber("nested", () => Fiber.transfer(Fiber.current, "own"));
  f.resume();
  f.kill();
  const outer = ["outer helper ensures", "own", "main ensures"];
  assert.deepEqual([trace, f.alive], [["helper ensures", "own", ...outer], false]);
});

/** Waits for the end of a fiber that is killed: it has no result. */
function* ending(task: Spawned<unknown>): Routine<void> {
  try {
    yield* task;
  } catch {}
}

each(
  "in a task, a wait in the finally loses no kill, whether it ends at once or lasts",
  async ({ helpers, trace }) => {
    await run(function* () {
      const ended = spawn(function* () {});
      yield* ended;
      for (const last of [() => sleep(1), () => ended.join()]) {
        const task = spawn(() => helpers.main(helpers.helper, () => sleep(1000), last));
        yield* sleep(0);
        task.kill();
        yield* ending(task);
        assert.equal(task.alive, false);
      }
    });
    const unwound = trace.filter((line) => typeof line === "string" && line.endsWith("went on"));
    assert.deepEqual([unwound, trace.at(-1)], [[], "main ensures"]);
  },
);

each(
  "a wait that ends at once gives its value in the finally of a killed task",
  async ({ helpers, trace }) => {
    await run(function* () {
      const ended = spawn(function* () {
        return "its result";
      });
      yield* ended;
      const task = spawn(() =>
        helpers.main(
          helpers.nested,
          () => sleep(1000),
          () => ended.join(),
        ),
      );
      yield* sleep(0);
      task.kill();
      yield* ending(task);
      assert.equal(task.alive, false);
    });
    const outer = ["outer helper ensures", "its result", "main ensures"];
    assert.deepEqual(trace, ["helper ensures", "its result", ...outer]);
  },
);
