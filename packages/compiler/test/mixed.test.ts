/**
 * Plain routines, compiled ones and functions in direct style call each other, and what a fiber does is the same: the
 * lines of the fiber contract, and what stands above fibers. Each case is run in all nine mixtures of caller and callee.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Fiber, run } from "fibril";
import { type Mixture, mixturesOf, type Texts } from "./support/mixed.js";

type AnyFiber = Fiber<any, any, any, any>;
type Log = (...entries: unknown[]) => void;
type Step = readonly ["resume" | "raise" | "kill" | "transfer", ...values: unknown[]];

interface Case extends Texts {
  readonly name: string;
  readonly drive: (mixture: Mixture, log: Log) => unknown;
}

const STEPS = `
export function* inner(log, n) {
  "use fiber";
  try {
    const first = yield* Fiber.yield(n);
    log("first", first);
    return [first, yield* Fiber.yield([n, first])];
  } catch (error) {
    log("inner caught", error);
    const given = yield* Fiber.yield("recovering");
    if (given === undefined) return "recovered";
    throw new RangeError("worse", { cause: error });
  } finally {
    log("cleaning", yield* Fiber.yield("clean-up"));
  }
}`;

const STEPPING = `
export function* outer(inner, log) {
  "use fiber";
  const results = [];
  for (const n of [1, 2]) {
    try {
      results.push(yield* inner(log, n));
    } catch (error) {
      log("outer caught", error, error.cause);
      results.push(yield* Fiber.yield("outer recovering"));
    } finally {
      log("outer", n, results);
    }
  }
  return results;
}`;

/** Takes the steps one after the other, and notes what comes of each. */
function take(fiber: AnyFiber, steps: readonly Step[], log: Log): void {
  for (const [how, ...values] of steps) {
    try {
      log(how, (fiber[how] as (...values: unknown[]) => unknown)(...values));
    } catch (error) {
      log(how, "threw", error);
    }
    log(String(fiber));
  }
}

const stepping = (name: string, ...scripts: (readonly Step[])[]): Case => ({
  name,
  callee: STEPS,
  caller: STEPPING,
  drive({ inner, outer }, log) {
    for (const steps of scripts) {
      const fiber: AnyFiber = new Fiber(outer);
      take(fiber, [["resume", inner, log], ...steps], log);
    }
  },
});

const error = (message: string): Error => new Error(message);

const CASES: readonly Case[] = [
  stepping(
    "resume: values go in and out through the call, to the end and beyond",
    [1, 2, 3, 4, 5, 6, 7].map((n): Step => ["resume", n]),
  ),
  stepping(
    "raise: it is caught in the callee, in the caller, or nowhere",
    [["raise", error("a")], ["resume"], ["resume", 1], ["resume", 2]],
    [["raise", error("a")], ["raise", error("b")], ["resume"], ["raise", error("c")]],
    [["raise", error("a")], ["resume", 1], ["resume"], ["resume", "went on"], ["resume"]],
    [
      ["resume"],
      ["resume"],
      ["raise", error("in the clean-up")],
      ["raise", error("in the caller")],
    ],
  ),
  stepping(
    "kill: every clean-up runs, innermost first, wherever the fiber stands",
    [["kill"], ["resume", 1]],
    [["resume", 1], ["kill"], ["resume"], ["kill"]],
    [["raise", error("a")], ["kill"], ["resume"]],
    [["resume"], ["resume"], ["resume"], ["kill"], ["kill"], ["resume"]],
  ),
  {
    name: "transfer: from fiber to fiber within calls, and back to the root at the end",
    callee: `
export function* inner(log, name, to, given) {
  "use fiber";
  log(name, "got", yield* Fiber.transfer(to, ...given));
  log(name, "then", yield* Fiber.transfer(to, name + " again"));
  log(name, "last", yield* Fiber.transfer(Fiber.root, name + " waits"));
  return name;
}`,
    caller: `
export function* outer(inner, log, name, to, given) {
  "use fiber";
  return [yield* inner(log, name, to, given), Fiber.current === to];
}`,
    drive({ inner, outer }, log) {
      const a: AnyFiber = new Fiber(outer, { name: "a" });
      const b: AnyFiber = new Fiber(outer, { name: "b" });
      take(a, [["transfer", inner, log, "a", b, [inner, log, "b", a, ["hello"]]]], log);
      take(
        b,
        [
          ["transfer", 1],
          ["resume", 2],
          ["transfer", 3],
        ],
        log,
      );
      take(a, [["raise", error("no")], ["transfer"], ["kill"]], log);
    },
  },
  {
    name: "storage: it is the fiber's, whoever sets it, and children get a copy",
    callee: `
export function* inner(log, n) {
  "use fiber";
  log("inner sees", Fiber.get("key"));
  Fiber.set("key", "of the callee " + n);
  const child = new Fiber(function* () {
    "use fiber";
    log("child sees", Fiber.get("key"));
    Fiber.set("key", "of the child");
    yield* Fiber.yield();
    return Fiber.get("key");
  });
  yield* Fiber.resume(child);
  yield* Fiber.yield(n);
  return [yield* Fiber.resume(child), Fiber.get("key")];
}`,
    caller: `
export function* outer(inner, log) {
  "use fiber";
  Fiber.set("key", "of the caller");
  const results = [yield* inner(log, 1), Fiber.get("key")];
  Fiber.set("key", undefined);
  return [...results, yield* inner(log, 2), Fiber.current.storage];
}`,
    drive({ inner, outer }, log) {
      const fiber: AnyFiber = new Fiber(outer, { storage: { other: 1 } });
      take(fiber, [["resume", inner, log], ["resume"], ["resume"]], log);
    },
  },
  {
    name: "ops on other fibers, and what is refused",
    callee: `
export function* inner(log, child, ended) {
  "use fiber";
  const attempts = {
    enter: () => Fiber.resume(child, "entered"),
    self: () => Fiber.resume(Fiber.current),
    ended: () => Fiber.transfer(ended),
    raise: () => Fiber.raise(child, new TypeError("from a fiber")),
    kill: () => Fiber.kill(child),
    again: () => Fiber.kill(child),
    late: () => Fiber.raise(child, new TypeError("too late")),
    yield: () => Fiber.yield("a value"),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    try {
      log(what, yield* call(attempt));
    } catch (error) {
      log(what, "threw", error);
    }
  }
  try {
    yield* Fiber.kill(Fiber.current);
  } finally {
    log("inner ends");
  }
}`,
    caller: `
export function* outer(inner, log, ended) {
  "use fiber";
  const child = new Fiber(function* (given) {
    "use fiber";
    try {
      yield* Fiber.yield(given);
    } catch (error) {
      log("child caught", error);
      yield* Fiber.yield("child recovering");
    } finally {
      log("child ends");
    }
  }, { name: "child" });
  try {
    return yield* inner(log, child, ended);
  } finally {
    log("outer ends");
  }
}`,
    drive({ inner, outer }, log) {
      const ended: AnyFiber = new Fiber(function* ended() {});
      ended.resume();
      take(new Fiber(outer), [["resume", inner, log, ended], ["resume", 1], ["resume"]], log);
    },
  },
  {
    name: "names: a backtrace has every call, of what has a name and of what has none",
    callee: `
const named = routine("a name of its own", function* (n) {
  "use fiber";
  yield* Fiber.yield(n);
  return n;
});
class Job {
  *waits(n) {
    "use fiber";
    return yield* call(named, n);
  }
}
export function* inner(log, n) {
  "use fiber";
  if (n > 0) return yield* call(inner, log, n - 1);
  return yield* call(new Job().waits, 5);
}`,
    caller: `
export function* outer(inner, log) {
  "use fiber";
  const within = function* (n) {
    "use fiber";
    return yield* call(inner, log, n);
  };
  return [
    yield* call(within, 2),
    yield* call(function* () {
      "use fiber";
      return yield* call(inner, log, 0);
    }),
  ];
}`,
    drive({ inner, outer }, log) {
      const fiber: AnyFiber = new Fiber(outer);
      for (const values of [[inner, log], [1], [2]]) {
        log(fiber.backtrace(), fiber.backtrace(1, 2), fiber.name);
        log(fiber.resume(...values));
      }
      log(fiber.backtrace());
    },
  },
  {
    name: "errors: they go up through calls, with and without a wait before them",
    callee: `
export function* inner(log, n) {
  "use fiber";
  try {
    if (n % 2 === 1) yield* Fiber.yield(n);
    if (n < 2) throw new TypeError("thrown " + n);
    if (n < 4) throw "no error at all";
    if (n < 6) null.missing;
    return n;
  } finally {
    log("leaving", n);
    if (n > 5) throw new Error("instead of a result");
  }
}`,
    caller: `
export function* outer(inner, log, n) {
  "use fiber";
  try {
    return yield* inner(log, n);
  } catch (error) {
    log("caught", error);
    if (n === 1) return "handled";
    throw typeof error === "string" ? new Error("from a text", { cause: error }) : error;
  }
}`,
    drive({ inner, outer }, log) {
      for (let n = 0; n < 8; n++) {
        take(new Fiber(outer), [["resume", inner, log, n], ["resume"]], log);
      }
    },
  },
  {
    name: "spawn and join: tasks of either kind, their results and their failures",
    callee: `
export function* inner(log, n) {
  "use fiber";
  log("begins", n, Fiber.current.name);
  for (let turn = 0; turn < n; turn++) yield* yieldNow();
  log("goes on", n);
  if (n === 3) throw new Error("failed");
  return n * 10;
}`,
    caller: `
export function* outer(inner, log) {
  "use fiber";
  return yield* supervised(function* () {
    "use fiber";
    const tasks = [1, 2, 3].map((n) => spawn(inner, log, n));
    const results = [yield* inner(log, 0)];
    for (const task of tasks) {
      try {
        results.push(yield* task.join());
      } catch (error) {
        results.push(error.message);
      }
    }
    return results;
  });
}`,
    drive: async ({ inner, outer }, log) => log(await run(outer, inner, log)),
  },
  {
    name: "scopes: cancelling, time limits, shields and what is deferred",
    callee: `
export function* inner(log, n) {
  "use fiber";
  defer(function* () {
    "use fiber";
    yield* yieldNow();
    log("deferred", n);
  });
  try {
    yield* sleep(100_000);
  } catch (error) {
    log("caught", error.name, error.reason);
    throw error;
  } finally {
    yield* shield(function* () {
      "use fiber";
      yield* yieldNow();
      log("shielded", n);
    });
  }
}`,
    caller: `
export function* outer(inner, log) {
  "use fiber";
  const ended = yield* scope(function* () {
    "use fiber";
    defer((text) => log("deferred by the caller", text), "text");
    const task = spawn(inner, log, 1);
    yield* yieldNow();
    const cancelling = task.cancel("enough");
    log("asked");
    try {
      yield* task.join();
    } catch (error) {
      log("joined", error.name);
    }
    return cancelling !== undefined;
  });
  log("limited", yield* moveOnAfter(1, function* () {
    "use fiber";
    return yield* inner(log, 2);
  }, "too late"));
  yield* scope(function* () {
    "use fiber";
    spawn(inner, log, 3);
    yield* yieldNow();
    throw new Error("of the scope");
  });
  return ended;
}`,
    drive: ({ inner, outer }, log) => run(outer, inner, log).then(log, (error) => log(error)),
  },
];

/** What can be compared: an error by its class, its text and its code. */
function shown(value: unknown): unknown {
  if (value instanceof Error) {
    return [value.name, value.message, (value as { code?: unknown }).code];
  }
  if (value instanceof Fiber) return String(value);
  return Array.isArray(value) ? value.map((each) => shown(each)) : value;
}

for (const { name, drive, ...texts } of CASES) {
  test(name, async () => {
    const traces: [styles: string, trace: unknown[]][] = [];
    for (const mixture of await mixturesOf(texts)) {
      const trace: unknown[] = [];
      // oxlint-disable-next-line no-await-in-loop -- a run at a time, so that none disturbs the order of another
      await drive(mixture, (...entries) => void trace.push(shown(entries)));
      traces.push([mixture.styles, trace]);
    }
    const [[first, expected], ...others] = traces as [(typeof traces)[0], ...typeof traces];
    assert.equal(first, "plain calls plain");
    assert.ok(expected.length > 5, JSON.stringify(expected));
    for (const [styles, trace] of others) assert.deepEqual(trace, expected, styles);
  });
}

test("a compiled routine shows in its backtrace that it waits for a plain generator", async () => {
  const { callee, caller } = CASES[0] as Case;
  const all = await mixturesOf({ callee, caller });
  const found = all.find(({ styles }) => styles === "compiled calls plain") as Mixture;
  const fiber: AnyFiber = new Fiber(found.outer);
  fiber.resume(found.inner, () => undefined);
  assert.deepEqual(fiber.backtrace(), ["generator", "outer"]);
});
